//! Random numbers that are the same everywhere for the same seed.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// A generator. It need not be good, only repeatable.
#[derive(Clone, Debug)]
pub struct Random(SplitMix64);

impl Random {
    /// A generator that starts from this seed.
    pub fn new(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed))
    }

    /// Any number.
    #[allow(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `end`, or 0 if that is 0.
    pub fn below<N: Copy + TryInto<u64> + TryFrom<u64>>(&mut self, end: N) -> N {
        let numbers = end.try_into().unwrap_or_default().max(1);
        N::try_from(self.next() % numbers).unwrap_or(end)
    }

    /// A number in `low..high`.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low)
    }

    /// True once in so many times, on average.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of them.
    pub fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// `low..high` of the texts, one after another.
    pub fn join(&mut self, texts: &[&str], low: usize, high: usize) -> String {
        let count = self.between(low, high);
        (0..count).map(|_| self.pick(texts)).collect()
    }

    /// So many hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        let numbers = (0..digits.div_ceil(16)).map(|_| format!("{:016x}", self.next()));
        let mut text: String = numbers.collect();
        text.truncate(digits);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the reference implementation, <https://prng.di.unimi.it/splitmix64.c>.
    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        let mut random = Random::new(1_234_567);
        let numbers = [(); 3].map(|()| random.next());
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!(numbers, expected);
    }
}
