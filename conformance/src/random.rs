//! A small seeded generator: the cuts of a vector must be the same on every machine and in
//! every run, whatever else the run holds.

/// The generator known as `SplitMix64`.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator for one vector: seeded by the run's seed and the vector's ID, so that a
    /// vector is cut the same way when it is run alone.
    ///
    /// ```
    /// use esse_conformance::random::Random;
    ///
    /// let mut one = Random::new(1, "bom/alone");
    /// let mut again = Random::new(1, "bom/alone");
    /// assert_eq!(one.below(1000), again.below(1000));
    /// ```
    pub fn new(seed: u64, id: &str) -> Self {
        // FNV-1a over the ID.
        let name = id.bytes().fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        Self(seed ^ name)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to and without `end`; 0 where `end` is 0. The bias of the remainder
    /// does not matter for making cuts.
    ///
    /// ```
    /// assert!(esse_conformance::random::Random::new(1, "x").below(3) < 3);
    /// ```
    pub fn below(&mut self, end: usize) -> usize {
        let end = (end as u64).max(1);
        // The remainder is below `end`, which came from a usize.
        usize::try_from(self.next() % end).unwrap_or_default()
    }
}
