//! A small seeded generator: the cuts of a vector must be the same on every machine and in
//! every run, whichever other vectors run.

/// The generator known as `SplitMix64`.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// A generator for one vector, seeded with the run's seed and the vector's ID, so that a
    /// vector is cut the same way when it runs alone.
    pub(crate) fn new(seed: u64, id: &str) -> Self {
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

    /// A number from 0 up to but not including `end`; 0 if `end` is 0. The bias of the remainder
    /// does not matter for cuts.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = (end as u64).max(1);
        // The remainder is below `end`, which came from a usize.
        usize::try_from(self.next() % end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn one_seed_gives_one_sequence_within_its_bounds() {
        let numbers = |seed| {
            let mut random = Random::new(seed, "bom/alone");
            [1000, 3, 1, 0].map(|end| random.below(end))
        };
        assert_eq!(numbers(1), numbers(1));
        assert!(numbers(1)[0] < 1000 && numbers(1)[1] < 3);
        assert_eq!(numbers(1)[2..], [0, 0]);
    }
}
