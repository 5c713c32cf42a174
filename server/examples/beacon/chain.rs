//! The made-up chain: which events there are in each slot, with payloads in the shapes of the
//! Beacon API. Numbers are strings there, and bytes are hexadecimal.

use esse_encoder::EventType;
use esse_testkit::Random;
use serde_json::{Value, json};

const SLOTS_PER_EPOCH: u64 = 32;
const FIRST_SLOT: u64 = 10_000_000 * SLOTS_PER_EPOCH - 2;
const ROOT: usize = 32;
const SIGNATURE: usize = 96;
const VALIDATORS: u64 = 1_000_000;
const SYNC_SUBCOMMITTEES: u64 = 4;
/// The length of a withdrawal as JSON, and of a root in a list.
const WITHDRAWAL_LEN: usize = 140;
const ROOT_LEN: usize = 69;

/// An event to publish.
#[derive(Debug)]
pub(crate) struct Event {
    /// Unique, and in no order.
    pub(crate) id: String,
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
    head: String,
    state: String,
}

/// What happens in the three thirds of a slot, in this order.
pub(crate) const THIRDS: [fn(&mut Chain) -> Vec<Event>; 3] =
    [Chain::proposal, Chain::attestations, Chain::aggregates];

impl Chain {
    pub(crate) fn new(seed: u64, volume: Volume) -> Self {
        let mut random = Random::new(seed);
        Self {
            head: hex(&mut random, ROOT),
            state: hex(&mut random, ROOT),
            random,
            volume,
            slot: FIRST_SLOT,
        }
    }

    /// A new slot, its block, and what follows from that.
    fn proposal(&mut self) -> Vec<Event> {
        self.slot += 1;
        let mut events = Vec::new();
        if self.random.once_in(SLOTS_PER_EPOCH) {
            events.push(self.chain_reorg());
        }
        self.head = hex(&mut self.random, ROOT);
        self.state = hex(&mut self.random, ROOT);
        events.extend([self.block(), self.new_head(), self.payload_attributes()]);
        if self.slot % SLOTS_PER_EPOCH == 0 {
            events.push(self.finalized_checkpoint());
        }
        events
    }

    /// A third of a slot later: votes on the block, and what validators ask for at any time.
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

    /// The sync committee's contributions, and the updates for light clients.
    fn aggregates(&mut self) -> Vec<Event> {
        let subcommittees = 0..SYNC_SUBCOMMITTEES;
        let mut events: Vec<_> = subcommittees
            .map(|index| self.contribution(index))
            .collect();
        events.extend([self.optimistic_update(), self.finality_update()]);
        events
    }

    fn chain_reorg(&mut self) -> Event {
        let payload = json!({
            "slot": self.slot.to_string(),
            "depth": (1 + self.random.below(3)).to_string(),
            "old_head_block": self.head,
            "new_head_block": self.root(),
            "old_head_state": self.state,
            "new_head_state": self.root(),
            "epoch": self.epoch(0),
            "execution_optimistic": false,
        });
        self.event("chain_reorg", &payload)
    }

    fn block(&mut self) -> Event {
        let payload = json!({
            "slot": self.slot.to_string(),
            "block": self.head,
            "execution_optimistic": false,
        });
        self.event("block", &payload)
    }

    fn new_head(&mut self) -> Event {
        let payload = json!({
            "slot": self.slot.to_string(),
            "block": self.head,
            "state": self.state,
            "epoch_transition": self.slot % SLOTS_PER_EPOCH == 0,
            "previous_duty_dependent_root": self.root(),
            "current_duty_dependent_root": self.root(),
            "execution_optimistic": false,
        });
        self.event("head", &payload)
    }

    fn finalized_checkpoint(&mut self) -> Event {
        let payload = json!({
            "block": self.root(),
            "state": self.root(),
            "epoch": self.epoch(2),
            "execution_optimistic": false,
        });
        self.event("finalized_checkpoint", &payload)
    }

    fn attestation(&mut self, index: u64) -> Event {
        let payload = json!({
            "aggregation_bits": hex(&mut self.random, 64),
            "data": {
                "slot": self.slot.to_string(),
                "index": index.to_string(),
                "beacon_block_root": self.head,
                "source": { "epoch": self.epoch(1), "root": self.root() },
                "target": { "epoch": self.epoch(0), "root": self.root() },
            },
            "signature": self.signature(),
        });
        self.event("attestation", &payload)
    }

    fn voluntary_exit(&mut self) -> Event {
        let message = json!({ "epoch": self.epoch(0), "validator_index": self.validator() });
        self.signed_event("voluntary_exit", &message)
    }

    fn bls_to_execution_change(&mut self) -> Event {
        let message = json!({
            "validator_index": self.validator(),
            "from_bls_pubkey": hex(&mut self.random, 48),
            "to_execution_address": hex(&mut self.random, 20),
        });
        self.signed_event("bls_to_execution_change", &message)
    }

    fn contribution(&mut self, subcommittee: u64) -> Event {
        let size = self.large_size();
        let message = json!({
            "aggregator_index": self.validator(),
            "contribution": {
                "slot": self.slot.to_string(),
                "beacon_block_root": self.head,
                "subcommittee_index": subcommittee.to_string(),
                "aggregation_bits": hex(&mut self.random, size / 2),
                "signature": self.signature(),
            },
            "selection_proof": self.signature(),
        });
        self.signed_event("contribution_and_proof", &message)
    }

    fn optimistic_update(&mut self) -> Event {
        let size = self.large_size();
        let payload = json!({ "version": "electra", "data": self.light_client_update(size) });
        self.event("light_client_optimistic_update", &payload)
    }

    fn finality_update(&mut self) -> Event {
        let size = self.large_size() / 2;
        let mut update = self.light_client_update(size);
        update["finalized_header"] = self.light_client_header(size);
        update["finality_branch"] = self.roots(7);
        let payload = json!({ "version": "electra", "data": update });
        self.event("light_client_finality_update", &payload)
    }

    fn light_client_update(&mut self, size: usize) -> Value {
        json!({
            "attested_header": self.light_client_header(size),
            "sync_aggregate": {
                "sync_committee_bits": hex(&mut self.random, 64),
                "sync_committee_signature": self.signature(),
            },
            "signature_slot": self.slot.to_string(),
        })
    }

    fn light_client_header(&mut self, size: usize) -> Value {
        json!({
            "beacon": {
                "slot": (self.slot - 1).to_string(),
                "proposer_index": self.validator(),
                "parent_root": self.root(),
                "state_root": self.root(),
                "body_root": self.root(),
            },
            "execution_branch": self.roots(size / ROOT_LEN),
        })
    }

    fn payload_attributes(&mut self) -> Event {
        let withdrawals = self.large_size() / WITHDRAWAL_LEN;
        let withdrawals: Vec<_> = (0..withdrawals).map(|_| self.withdrawal()).collect();
        let data = json!({
            "proposer_index": self.validator(),
            "proposal_slot": (self.slot + 1).to_string(),
            "parent_block_number": (self.slot - 5_000_000).to_string(),
            "parent_block_root": self.head,
            "parent_block_hash": self.root(),
            "payload_attributes": {
                "timestamp": (1_606_824_023 + 12 * (self.slot + 1)).to_string(),
                "prev_randao": self.root(),
                "suggested_fee_recipient": hex(&mut self.random, 20),
                "withdrawals": withdrawals,
                "parent_beacon_block_root": self.head,
            },
        });
        let payload = json!({ "version": "electra", "data": data });
        self.event("payload_attributes", &payload)
    }

    fn withdrawal(&mut self) -> Value {
        json!({
            "index": (10_000_000 + self.random.below(90_000_000)).to_string(),
            "validator_index": self.validator(),
            "address": hex(&mut self.random, 20),
            "amount": (10_000_000 + self.random.below(20_000_000)).to_string(),
        })
    }

    fn signed_event(&mut self, topic: &'static str, message: &Value) -> Event {
        let payload = json!({ "message": message, "signature": self.signature() });
        self.event(topic, &payload)
    }

    fn event(&mut self, topic: &'static str, payload: &Value) -> Event {
        Event {
            id: self.root(),
            topic: EventType::from_static(topic),
            data: payload.to_string(),
        }
    }

    fn root(&mut self) -> String {
        hex(&mut self.random, ROOT)
    }

    fn signature(&mut self) -> String {
        hex(&mut self.random, SIGNATURE)
    }

    fn roots(&mut self, count: usize) -> Value {
        (0..count).map(|_| self.root()).collect()
    }

    fn validator(&mut self) -> String {
        self.random.below(VALIDATORS).to_string()
    }

    fn epoch(&self, ago: u64) -> String {
        (self.slot / SLOTS_PER_EPOCH - ago).to_string()
    }

    /// Between a quarter of the largest size and all of it.
    fn large_size(&mut self) -> usize {
        let quarter = self.volume.large / 4;
        let more = self.random.below(3 * quarter as u64 + 1);
        quarter + usize::try_from(more).unwrap_or(0)
    }
}

/// This many bytes in hexadecimal, as the Beacon API writes them.
fn hex(random: &mut Random, bytes: usize) -> String {
    format!("0x{}", random.hex(2 * bytes))
}
