//! The values that payloads are made of. Numbers are strings in the Beacon API, and bytes are
//! hexadecimal.

use esse_testkit::Random;
use serde_json::Value;

use crate::chain::{Chain, SLOTS_PER_EPOCH, Third};

const GENESIS: u64 = 1_606_824_023;
const SECONDS_PER_SLOT: u64 = 12;
const VALIDATORS: u64 = 1_000_000;

/// One payload in the making.
pub(crate) struct Payload<'a> {
    pub(crate) chain: &'a Chain,
    pub(crate) third: Third,
    /// How many payloads of its topic came before, in this third of the slot.
    pub(crate) index: u64,
    pub(crate) random: Random,
}

impl Payload<'_> {
    /// The current slot, or one that is this much later.
    pub(crate) fn slot(&self, later: i64) -> String {
        self.chain.slot.saturating_add_signed(later).to_string()
    }

    /// The current epoch, or one that was this much earlier.
    pub(crate) fn epoch(&self, ago: u64) -> String {
        (self.chain.slot / SLOTS_PER_EPOCH - ago).to_string()
    }

    /// The time at which this slot begins, or one that is this much later.
    pub(crate) fn timestamp(&self, later: u64) -> String {
        (GENESIS + SECONDS_PER_SLOT * (self.chain.slot + later)).to_string()
    }

    pub(crate) fn root(&mut self) -> String {
        self.hex(32)
    }

    pub(crate) fn signature(&mut self) -> String {
        self.hex(96)
    }

    pub(crate) fn address(&mut self) -> String {
        self.hex(20)
    }

    pub(crate) fn hex(&mut self, bytes: usize) -> String {
        hex(&mut self.random, bytes)
    }

    pub(crate) fn validator(&mut self) -> String {
        self.number(VALIDATORS)
    }

    /// A number below `end`.
    pub(crate) fn number(&mut self, end: u64) -> String {
        self.random.below(end).to_string()
    }

    pub(crate) fn list<T: Into<Value>>(
        &mut self,
        len: usize,
        item: impl Fn(&mut Self) -> T,
    ) -> Value {
        (0..len).map(|_| item(self).into()).collect()
    }

    /// Between a quarter of the largest size and all of it, in bytes.
    pub(crate) fn large_size(&mut self) -> usize {
        let largest = self.chain.volume.large;
        self.random.between(largest / 4, largest + 1)
    }
}

/// This many bytes in hexadecimal, as the Beacon API writes them.
pub(crate) fn hex(random: &mut Random, bytes: usize) -> String {
    format!("0x{}", random.hex(2 * bytes))
}
