//! The payloads of the events, in the shapes of the Beacon API: numbers are strings there, and
//! bytes are hexadecimal.

use std::fmt;

use serde::{Serialize, Serializer};

/// A number, which JSON of the Beacon API has in quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quoted(pub(crate) u64);

impl Serialize for Quoted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Bytes in hexadecimal: a root, a signature, a bit list.
pub(crate) type Hex = String;

#[derive(Serialize)]
pub(crate) struct Head {
    pub(crate) slot: Quoted,
    pub(crate) block: Hex,
    pub(crate) state: Hex,
    pub(crate) epoch_transition: bool,
    pub(crate) previous_duty_dependent_root: Hex,
    pub(crate) current_duty_dependent_root: Hex,
    pub(crate) execution_optimistic: bool,
}

#[derive(Serialize)]
#[allow(clippy::struct_field_names, reason = "the names of the Beacon API")]
pub(crate) struct Block {
    pub(crate) slot: Quoted,
    pub(crate) block: Hex,
    pub(crate) execution_optimistic: bool,
}

#[derive(Serialize)]
pub(crate) struct Attestation {
    pub(crate) aggregation_bits: Hex,
    pub(crate) data: AttestationData,
    pub(crate) signature: Hex,
}

#[derive(Serialize)]
pub(crate) struct AttestationData {
    pub(crate) slot: Quoted,
    pub(crate) index: Quoted,
    pub(crate) beacon_block_root: Hex,
    pub(crate) source: Checkpoint,
    pub(crate) target: Checkpoint,
}

#[derive(Serialize)]
pub(crate) struct Checkpoint {
    pub(crate) epoch: Quoted,
    pub(crate) root: Hex,
}

/// What the consensus layer wraps with a signature.
#[derive(Serialize)]
pub(crate) struct Signed<T> {
    pub(crate) message: T,
    pub(crate) signature: Hex,
}

#[derive(Serialize)]
pub(crate) struct VoluntaryExit {
    pub(crate) epoch: Quoted,
    pub(crate) validator_index: Quoted,
}

#[derive(Serialize)]
pub(crate) struct BlsToExecutionChange {
    pub(crate) validator_index: Quoted,
    pub(crate) from_bls_pubkey: Hex,
    pub(crate) to_execution_address: Hex,
}

#[derive(Serialize)]
pub(crate) struct FinalizedCheckpoint {
    pub(crate) block: Hex,
    pub(crate) state: Hex,
    pub(crate) epoch: Quoted,
    pub(crate) execution_optimistic: bool,
}

#[derive(Serialize)]
pub(crate) struct ChainReorg {
    pub(crate) slot: Quoted,
    pub(crate) depth: Quoted,
    pub(crate) old_head_block: Hex,
    pub(crate) new_head_block: Hex,
    pub(crate) old_head_state: Hex,
    pub(crate) new_head_state: Hex,
    pub(crate) epoch: Quoted,
    pub(crate) execution_optimistic: bool,
}

#[derive(Serialize)]
pub(crate) struct ContributionAndProof {
    pub(crate) aggregator_index: Quoted,
    pub(crate) contribution: Contribution,
    pub(crate) selection_proof: Hex,
}

#[derive(Serialize)]
pub(crate) struct Contribution {
    pub(crate) slot: Quoted,
    pub(crate) beacon_block_root: Hex,
    pub(crate) subcommittee_index: Quoted,
    pub(crate) aggregation_bits: Hex,
    pub(crate) signature: Hex,
}

/// What says by which fork's rules its data is made.
#[derive(Serialize)]
pub(crate) struct Versioned<T> {
    pub(crate) version: &'static str,
    pub(crate) data: T,
}

#[derive(Serialize)]
pub(crate) struct LightClientUpdate {
    pub(crate) attested_header: LightClientHeader,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) finality: Option<Finality>,
    pub(crate) sync_aggregate: SyncAggregate,
    pub(crate) signature_slot: Quoted,
}

#[derive(Serialize)]
pub(crate) struct Finality {
    pub(crate) finalized_header: LightClientHeader,
    pub(crate) finality_branch: Vec<Hex>,
}

#[derive(Serialize)]
pub(crate) struct LightClientHeader {
    pub(crate) beacon: BeaconHeader,
    pub(crate) execution_branch: Vec<Hex>,
}

#[derive(Serialize)]
pub(crate) struct BeaconHeader {
    pub(crate) slot: Quoted,
    pub(crate) proposer_index: Quoted,
    pub(crate) parent_root: Hex,
    pub(crate) state_root: Hex,
    pub(crate) body_root: Hex,
}

#[derive(Serialize)]
pub(crate) struct SyncAggregate {
    pub(crate) sync_committee_bits: Hex,
    pub(crate) sync_committee_signature: Hex,
}

#[derive(Serialize)]
pub(crate) struct NextPayload {
    pub(crate) proposer_index: Quoted,
    pub(crate) proposal_slot: Quoted,
    pub(crate) parent_block_number: Quoted,
    pub(crate) parent_block_root: Hex,
    pub(crate) parent_block_hash: Hex,
    pub(crate) payload_attributes: PayloadAttributes,
}

#[derive(Serialize)]
pub(crate) struct PayloadAttributes {
    pub(crate) timestamp: Quoted,
    pub(crate) prev_randao: Hex,
    pub(crate) suggested_fee_recipient: Hex,
    pub(crate) withdrawals: Vec<Withdrawal>,
    pub(crate) parent_beacon_block_root: Hex,
}

#[derive(Serialize)]
pub(crate) struct Withdrawal {
    pub(crate) index: Quoted,
    pub(crate) validator_index: Quoted,
    pub(crate) address: Hex,
    pub(crate) amount: Quoted,
}
