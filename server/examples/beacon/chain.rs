//! The made-up chain: its blocks, and which events there are in each third of a slot.

use std::mem;

use esse_encoder::{Block, EventType};
use esse_testkit::Random;

use crate::payload::{Payload, hex};
use crate::topics::{self, Often, Row};

pub(crate) const SLOTS_PER_EPOCH: u64 = 32;
const FIRST_SLOT: u64 = 500_000 * SLOTS_PER_EPOCH - 2;

/// How much there is of what a node can be flooded with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Volume {
    /// Attestations in a slot.
    pub(crate) attestations: u64,
    /// The largest payload, in bytes.
    pub(crate) large: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Third {
    /// A new slot, its block, and what follows from that.
    Proposal,
    /// The block's payload, votes on the block, and what validators ask for at any time.
    Votes,
    /// Aggregated votes, and the updates for light clients.
    Aggregates,
}

impl Third {
    pub(crate) const ALL: [Self; 3] = [Self::Proposal, Self::Votes, Self::Aggregates];
}

pub(crate) struct Chain {
    random: Random,
    pub(crate) volume: Volume,
    pub(crate) slot: u64,
    pub(crate) head: Tip,
    pub(crate) parent: Tip,
    /// The index of the builder that makes the payload of the head.
    pub(crate) builder: String,
}

/// The roots of a block and of the state after it, and the hash of its payload.
pub(crate) struct Tip {
    pub(crate) block: String,
    pub(crate) state: String,
    pub(crate) hash: String,
}

/// An event that is due. Its payload follows from the seed, so that a chain stays the same if a
/// payload is not made.
pub(crate) struct Due {
    pub(crate) row: &'static Row,
    third: Third,
    index: u64,
    seed: u64,
}

impl Chain {
    pub(crate) fn new(seed: u64, volume: Volume) -> Self {
        let mut random = Random::new(seed);
        Self {
            head: Tip::new(&mut random),
            parent: Tip::new(&mut random),
            builder: String::new(),
            random,
            volume,
            slot: FIRST_SLOT,
        }
    }

    /// What is due in this third, in order. A slot begins with its first third.
    pub(crate) fn due(&mut self, third: Third) -> Vec<Due> {
        if third == Third::Proposal {
            self.slot += 1;
            self.parent = mem::replace(&mut self.head, Tip::new(&mut self.random));
            self.builder = self.random.below(100_u64).to_string();
        }
        let mut due = Vec::new();
        for row in topics::ALL.iter().filter(|row| row.thirds.contains(&third)) {
            let indices = 0..self.count(&row.often);
            due.extend(indices.map(|index| Due {
                row,
                third,
                index,
                seed: self.random.next(),
            }));
        }
        due
    }

    fn count(&mut self, often: &Often) -> u64 {
        match *often {
            Often::Times(times) => times,
            Often::OneFor(attestations) => self.volume.attestations.div_ceil(attestations),
            Often::OnceIn(slots) => u64::from(self.random.once_in(slots)),
            Often::Epoch => u64::from(self.is_first_of_epoch()),
        }
    }

    pub(crate) fn is_first_of_epoch(&self) -> bool {
        self.slot % SLOTS_PER_EPOCH == 0
    }

    pub(crate) fn block(&self, due: &Due) -> Block<'static> {
        let mut payload = Payload {
            chain: self,
            third: due.third,
            index: due.index,
            random: Random::new(due.seed),
        };
        let data = (due.row.payload)(&mut payload).to_string();
        Block::event(data).event_type(EventType::from_static(due.row.name))
    }
}

impl Tip {
    fn new(random: &mut Random) -> Self {
        let mut root = || hex(random, 32);
        Self {
            block: root(),
            state: root(),
            hash: root(),
        }
    }
}
