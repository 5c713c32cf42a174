//! The made-up chain: which events there are in each slot, and when.

use esse_encoder::EventType;
use serde::Serialize;

use crate::payload::{self, Hex, Quoted};
use crate::random::Random;
use crate::topics;

const SLOTS_PER_EPOCH: u64 = 32;
const FIRST_SLOT: u64 = 10_000_000 * SLOTS_PER_EPOCH - 2;
const ROOT: usize = 32;
const SIGNATURE: usize = 96;
const VALIDATORS: u64 = 1_000_000;
const SYNC_SUBCOMMITTEES: u64 = 4;
/// A withdrawal as JSON, and a root in a list.
const WITHDRAWAL_LEN: usize = 140;
const ROOT_LEN: usize = 69;

/// What there is to publish.
#[derive(Debug)]
pub(crate) struct Event {
    /// Unlike any other, and in no order.
    pub(crate) id: Hex,
    pub(crate) topic: EventType,
    pub(crate) data: String,
}

/// How much there is of what a node can be flooded with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Volume {
    /// Attestations in a slot.
    pub(crate) attestations: u64,
    /// The largest payload, in bytes.
    pub(crate) large: usize,
}

pub(crate) struct Chain {
    random: Random,
    volume: Volume,
    slot: u64,
    head: Hex,
    state: Hex,
}

/// What happens in the three thirds of a slot, in this order.
pub(crate) const THIRDS: [fn(&mut Chain) -> Vec<Event>; 3] =
    [Chain::proposal, Chain::attestations, Chain::aggregates];

impl Chain {
    pub(crate) fn new(seed: u64, volume: Volume) -> Self {
        let mut random = Random::new(seed);
        Self {
            head: random.hex(ROOT),
            state: random.hex(ROOT),
            random,
            volume,
            slot: FIRST_SLOT,
        }
    }

    /// A new slot and its block, and what follows from that.
    fn proposal(&mut self) -> Vec<Event> {
        self.slot += 1;
        let mut events = Vec::new();
        if self.random.once_in(SLOTS_PER_EPOCH) {
            events.push(self.chain_reorg());
        }
        self.head = self.random.hex(ROOT);
        self.state = self.random.hex(ROOT);
        events.extend([self.block(), self.new_head(), self.payload_attributes()]);
        if self.slot % SLOTS_PER_EPOCH == 0 {
            events.push(self.finalized_checkpoint());
        }
        events
    }

    /// What a third of a slot later says about the block; and what validators ask for, at any
    /// time.
    fn attestations(&mut self) -> Vec<Event> {
        let attestations = 0..self.volume.attestations;
        let mut events: Vec<_> = attestations.map(|index| self.attestation(index)).collect();
        if self.random.once_in(4) {
            events.push(self.voluntary_exit());
        }
        if self.random.once_in(4) {
            events.push(self.bls_to_execution_change());
        }
        events
    }

    /// The sync committee's word, and what light clients make of it.
    fn aggregates(&mut self) -> Vec<Event> {
        let subcommittees = 0..SYNC_SUBCOMMITTEES;
        let mut events: Vec<_> = subcommittees
            .map(|index| self.contribution(index))
            .collect();
        events.extend([self.optimistic_update(), self.finality_update()]);
        events
    }

    fn chain_reorg(&mut self) -> Event {
        let payload = payload::ChainReorg {
            slot: Quoted(self.slot),
            depth: Quoted(1 + self.random.below(3)),
            old_head_block: self.head.clone(),
            new_head_block: self.random.hex(ROOT),
            old_head_state: self.state.clone(),
            new_head_state: self.random.hex(ROOT),
            epoch: Quoted(self.epoch()),
            execution_optimistic: false,
        };
        self.event(topics::CHAIN_REORG, &payload)
    }

    fn block(&mut self) -> Event {
        let payload = payload::Block {
            slot: Quoted(self.slot),
            block: self.head.clone(),
            execution_optimistic: false,
        };
        self.event(topics::BLOCK, &payload)
    }

    fn new_head(&mut self) -> Event {
        let payload = payload::Head {
            slot: Quoted(self.slot),
            block: self.head.clone(),
            state: self.state.clone(),
            epoch_transition: self.slot % SLOTS_PER_EPOCH == 0,
            previous_duty_dependent_root: self.random.hex(ROOT),
            current_duty_dependent_root: self.random.hex(ROOT),
            execution_optimistic: false,
        };
        self.event(topics::HEAD, &payload)
    }

    fn finalized_checkpoint(&mut self) -> Event {
        let payload = payload::FinalizedCheckpoint {
            block: self.random.hex(ROOT),
            state: self.random.hex(ROOT),
            epoch: Quoted(self.epoch() - 2),
            execution_optimistic: false,
        };
        self.event(topics::FINALIZED_CHECKPOINT, &payload)
    }

    fn attestation(&mut self, index: u64) -> Event {
        let payload = payload::Attestation {
            aggregation_bits: self.random.hex(64),
            data: payload::AttestationData {
                slot: Quoted(self.slot),
                index: Quoted(index),
                beacon_block_root: self.head.clone(),
                source: self.checkpoint(1),
                target: self.checkpoint(0),
            },
            signature: self.random.hex(SIGNATURE),
        };
        self.event(topics::ATTESTATION, &payload)
    }

    fn checkpoint(&mut self, epochs_ago: u64) -> payload::Checkpoint {
        payload::Checkpoint {
            epoch: Quoted(self.epoch() - epochs_ago),
            root: self.random.hex(ROOT),
        }
    }

    fn voluntary_exit(&mut self) -> Event {
        let message = payload::VoluntaryExit {
            epoch: Quoted(self.epoch()),
            validator_index: self.validator(),
        };
        let payload = self.signed(message);
        self.event(topics::VOLUNTARY_EXIT, &payload)
    }

    fn bls_to_execution_change(&mut self) -> Event {
        let message = payload::BlsToExecutionChange {
            validator_index: self.validator(),
            from_bls_pubkey: self.random.hex(48),
            to_execution_address: self.random.hex(20),
        };
        let payload = self.signed(message);
        self.event(topics::BLS_TO_EXECUTION_CHANGE, &payload)
    }

    fn contribution(&mut self, subcommittee: u64) -> Event {
        let size = self.large_size();
        let message = payload::ContributionAndProof {
            aggregator_index: self.validator(),
            contribution: payload::Contribution {
                slot: Quoted(self.slot),
                beacon_block_root: self.head.clone(),
                subcommittee_index: Quoted(subcommittee),
                aggregation_bits: self.random.hex(size / 2),
                signature: self.random.hex(SIGNATURE),
            },
            selection_proof: self.random.hex(SIGNATURE),
        };
        let payload = self.signed(message);
        self.event(topics::CONTRIBUTION_AND_PROOF, &payload)
    }

    fn optimistic_update(&mut self) -> Event {
        let size = self.large_size();
        let payload = self.light_client_update(size, None);
        self.event(topics::LIGHT_CLIENT_OPTIMISTIC_UPDATE, &payload)
    }

    fn finality_update(&mut self) -> Event {
        let size = self.large_size() / 2;
        let finality = payload::Finality {
            finalized_header: self.light_client_header(size),
            finality_branch: self.roots(7),
        };
        let payload = self.light_client_update(size, Some(finality));
        self.event(topics::LIGHT_CLIENT_FINALITY_UPDATE, &payload)
    }

    fn light_client_update(
        &mut self,
        size: usize,
        finality: Option<payload::Finality>,
    ) -> payload::Versioned<payload::LightClientUpdate> {
        let data = payload::LightClientUpdate {
            attested_header: self.light_client_header(size),
            finality,
            sync_aggregate: payload::SyncAggregate {
                sync_committee_bits: self.random.hex(64),
                sync_committee_signature: self.random.hex(SIGNATURE),
            },
            signature_slot: Quoted(self.slot),
        };
        electra(data)
    }

    fn light_client_header(&mut self, size: usize) -> payload::LightClientHeader {
        payload::LightClientHeader {
            beacon: payload::BeaconHeader {
                slot: Quoted(self.slot - 1),
                proposer_index: self.validator(),
                parent_root: self.random.hex(ROOT),
                state_root: self.random.hex(ROOT),
                body_root: self.random.hex(ROOT),
            },
            execution_branch: self.roots(size / ROOT_LEN),
        }
    }

    fn payload_attributes(&mut self) -> Event {
        let withdrawals = self.large_size() / WITHDRAWAL_LEN;
        let payload = payload::NextPayload {
            proposer_index: self.validator(),
            proposal_slot: Quoted(self.slot + 1),
            parent_block_number: Quoted(self.slot - 5_000_000),
            parent_block_root: self.head.clone(),
            parent_block_hash: self.random.hex(ROOT),
            payload_attributes: payload::PayloadAttributes {
                timestamp: Quoted(1_606_824_023 + 12 * (self.slot + 1)),
                prev_randao: self.random.hex(ROOT),
                suggested_fee_recipient: self.random.hex(20),
                withdrawals: (0..withdrawals).map(|_| self.withdrawal()).collect(),
                parent_beacon_block_root: self.head.clone(),
            },
        };
        self.event(topics::PAYLOAD_ATTRIBUTES, &electra(payload))
    }

    fn withdrawal(&mut self) -> payload::Withdrawal {
        payload::Withdrawal {
            index: Quoted(10_000_000 + self.random.below(90_000_000)),
            validator_index: self.validator(),
            address: self.random.hex(20),
            amount: Quoted(10_000_000 + self.random.below(20_000_000)),
        }
    }

    fn event(&mut self, topic: EventType, payload: &impl Serialize) -> Event {
        Event {
            id: self.random.hex(ROOT),
            topic,
            // Strings, numbers and lists of them: nothing that JSON cannot say.
            data: serde_json::to_string(payload).unwrap_or_default(),
        }
    }

    fn signed<T>(&mut self, message: T) -> payload::Signed<T> {
        payload::Signed {
            message,
            signature: self.random.hex(SIGNATURE),
        }
    }

    fn roots(&mut self, count: usize) -> Vec<Hex> {
        (0..count).map(|_| self.random.hex(ROOT)).collect()
    }

    fn validator(&mut self) -> Quoted {
        Quoted(self.random.below(VALIDATORS))
    }

    fn epoch(&self) -> u64 {
        self.slot / SLOTS_PER_EPOCH
    }

    /// Between a quarter of the largest size and all of it.
    fn large_size(&mut self) -> usize {
        let quarter = self.volume.large / 4;
        let more = self.random.below(3 * quarter as u64 + 1);
        quarter + usize::try_from(more).unwrap_or(0)
    }
}

fn electra<T>(data: T) -> payload::Versioned<T> {
    payload::Versioned {
        version: "electra",
        data,
    }
}
