//! The topics of the Beacon API: when a node publishes to each, and the payload.
//!
//! The names and shapes are those of `apis/eventstream/index.yaml` in ethereum/beacon-APIs, as of
//! November 2026, with the types of the fork Gloas. The headers of light clients are those of
//! `specs/gloas/light-client/sync-protocol.md` in ethereum/consensus-specs.

use esse_server::{Topics, UnknownTopic};
use serde_json::{Value, json};

use crate::chain::Third::{self, Aggregates, Proposal, Votes};
use crate::payload::Payload;
use Often::{Epoch, OnceIn, OneFor, Times};

/// Topics with payloads so large that they are made only if somebody wants them.
pub(crate) const LARGE: [&str; 2] = ["payload_attributes", "attester_slashing"];
/// The lengths of the proofs in a light client's update.
const EXECUTION_BRANCH: usize = 11;
const FINALITY_BRANCH: usize = 9;
/// The lengths of a withdrawal and of a validator's index, as JSON in a list.
const WITHDRAWAL_LEN: usize = 140;
const INDEX_LEN: usize = 10;

/// What a node publishes to one topic.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// In which thirds of a slot.
    pub(crate) thirds: &'static [Third],
    pub(crate) often: Often,
    pub(crate) payload: fn(&mut Payload<'_>) -> Value,
}

/// How many events there are of a topic, in each of its thirds.
pub(crate) enum Often {
    /// This many.
    Times(u64),
    /// One for this many attestations of single validators.
    OneFor(u64),
    /// One in this many slots, on average.
    OnceIn(u64),
    /// One in the first slot of an epoch.
    Epoch,
}

const ONCE: Often = Times(1);

/// All topics. Within a third of a slot, a node publishes in this order.
pub(crate) static ALL: [Row; 24] = [
    row("execution_payload_bid", &[Proposal], ONCE, |p| {
        let message = json!({
            "parent_block_hash": p.chain.parent.hash,
            "parent_block_root": p.chain.parent.block,
            "block_hash": p.chain.head.hash,
            "prev_randao": p.root(),
            "fee_recipient": p.address(),
            "gas_limit": "60000000",
            "builder_index": p.chain.builder,
            "slot": p.slot(0),
            "value": p.number(1_000_000_000),
            "execution_payment": "0",
            "blob_kzg_commitments": p.list(6, |p| p.hex(48)),
            "execution_requests_root": p.root(),
        });
        version(signed(message, p))
    }),
    row("block_gossip", &[Proposal], ONCE, |p| {
        json!({
            "slot": p.slot(0),
            "block": p.chain.head.block,
        })
    }),
    row("block", &[Proposal], ONCE, |p| {
        json!({
            "slot": p.slot(0),
            "block": p.chain.head.block,
            "execution_optimistic": false,
        })
    }),
    row("chain_reorg", &[Proposal], OnceIn(32), |p| {
        json!({
            "slot": p.slot(0),
            "depth": "1",
            "old_head_block": p.chain.parent.block,
            "new_head_block": p.chain.head.block,
            "old_head_state": p.chain.parent.state,
            "new_head_state": p.chain.head.state,
            "epoch": p.epoch(0),
            "execution_optimistic": false,
        })
    }),
    // Deprecated in favour of `head_v2`, and still what most clients ask for.
    row("head", &[Proposal], ONCE, |p| {
        json!({
            "slot": p.slot(0),
            "block": p.chain.head.block,
            "state": p.chain.head.state,
            "epoch_transition": p.chain.is_first_of_epoch(),
            "previous_duty_dependent_root": p.root(),
            "current_duty_dependent_root": p.root(),
            "execution_optimistic": false,
        })
    }),
    row("data_column_sidecar", &[Proposal], OneFor(240), |p| {
        json!({
            "block_root": p.chain.head.block,
            "index": p.index.to_string(),
            "slot": p.slot(0),
        })
    }),
    row("finalized_checkpoint", &[Proposal], Epoch, |p| {
        json!({
            "block": p.root(),
            "state": p.root(),
            "epoch": p.epoch(2),
            "execution_optimistic": false,
        })
    }),
    row("fast_confirmation", &[Proposal], ONCE, |p| {
        json!({
            "block": p.chain.parent.block,
            "slot": p.slot(-1),
            "current_slot": p.slot(0),
        })
    }),
    row("proposer_preferences", &[Proposal], ONCE, |p| {
        let message = json!({
            "dependent_root": p.root(),
            "proposal_slot": p.slot(32),
            "validator_index": p.validator(),
            "fee_recipient": p.address(),
            "target_gas_limit": "60000000",
        });
        version(signed(message, p))
    }),
    row("payload_attributes", &[Proposal], ONCE, |p| {
        let withdrawals = p.large_size() / WITHDRAWAL_LEN;
        version(json!({
            "proposer_index": p.validator(),
            "proposal_slot": p.slot(1),
            "parent_block_root": p.chain.head.block,
            "parent_block_hash": p.chain.head.hash,
            "payload_attributes": {
                "timestamp": p.timestamp(1),
                "prev_randao": p.root(),
                "suggested_fee_recipient": p.address(),
                "withdrawals": p.list(withdrawals, withdrawal),
                "parent_beacon_block_root": p.chain.head.block,
                "slot_number": p.slot(1),
                "target_gas_limit": "60000000",
            },
        }))
    }),
    row("single_attestation", &[Votes], OneFor(1), |p| {
        json!({
            "committee_index": p.number(64),
            "attester_index": p.validator(),
            "data": attestation_data(p),
            "signature": p.signature(),
        })
    }),
    row("execution_payload_gossip", &[Votes], ONCE, payload_envelope),
    row("execution_payload", &[Votes], ONCE, |p| {
        let mut envelope = payload_envelope(p);
        envelope["execution_optimistic"] = false.into();
        envelope
    }),
    row(
        "execution_payload_available",
        &[Votes],
        ONCE,
        |p| json!({ "slot": p.slot(0), "block_root": p.chain.head.block }),
    ),
    // The same block comes again when its payload has arrived.
    row("head_v2", &[Proposal, Votes], ONCE, |p| {
        let payload_status = match p.third {
            Proposal => "empty",
            Votes | Aggregates => "full",
        };
        version(json!({
            "slot": p.slot(0),
            "block": p.chain.head.block,
            "state": p.chain.head.state,
            "payload_status": payload_status,
            "epoch_transition": p.chain.is_first_of_epoch(),
            "current_epoch_dependent_root": p.root(),
            "next_epoch_dependent_root": p.root(),
            "execution_optimistic": false,
        }))
    }),
    row("voluntary_exit", &[Votes], OnceIn(4), |p| {
        let message = json!({
            "epoch": p.epoch(0),
            "validator_index": p.validator(),
        });
        signed(message, p)
    }),
    row("bls_to_execution_change", &[Votes], OnceIn(4), |p| {
        let message = json!({
            "validator_index": p.validator(),
            "from_bls_pubkey": p.hex(48),
            "to_execution_address": p.address(),
        });
        signed(message, p)
    }),
    row("proposer_slashing", &[Votes], OnceIn(32), |p| {
        json!({
            "signed_header_1": signed(block_header(p), p),
            "signed_header_2": signed(block_header(p), p),
        })
    }),
    row("attester_slashing", &[Votes], OnceIn(32), |p| {
        let attesters = p.large_size() / INDEX_LEN / 2;
        json!({
            "attestation_1": indexed_attestation(p, attesters),
            "attestation_2": indexed_attestation(p, attesters),
        })
    }),
    row("attestation", &[Aggregates], OneFor(30), |p| {
        json!({
            "aggregation_bits": p.hex(64),
            "data": attestation_data(p),
            "signature": p.signature(),
            "committee_bits": format!("0x{:016x}", 1_u64 << (p.index % 64)),
        })
    }),
    row(
        "payload_attestation_message",
        &[Aggregates],
        OneFor(60),
        |p| {
            version(json!({
                "validator_index": p.validator(),
                "data": {
                    "beacon_block_root": p.chain.head.block,
                    "slot": p.slot(0),
                    "payload_present": true,
                    "blob_data_available": true,
                },
                "signature": p.signature(),
            }))
        },
    ),
    row("contribution_and_proof", &[Aggregates], Times(4), |p| {
        let message = json!({
            "aggregator_index": p.validator(),
            "contribution": {
                "slot": p.slot(0),
                "beacon_block_root": p.chain.head.block,
                "subcommittee_index": p.index.to_string(),
                "aggregation_bits": p.hex(16),
                "signature": p.signature(),
            },
            "selection_proof": p.signature(),
        });
        signed(message, p)
    }),
    row("light_client_optimistic_update", &[Aggregates], ONCE, |p| {
        version(light_client_update(p))
    }),
    row("light_client_finality_update", &[Aggregates], ONCE, |p| {
        let mut update = light_client_update(p);
        update["finalized_header"] = light_client_header(p);
        update["finality_branch"] = p.list(FINALITY_BRANCH, Payload::root);
        version(update)
    }),
];

const fn row(
    name: &'static str,
    thirds: &'static [Third],
    often: Often,
    payload: fn(&mut Payload<'_>) -> Value,
) -> Row {
    Row {
        name,
        thirds,
        often,
        payload,
    }
}

/// With the fork that the payload belongs to.
fn version(data: Value) -> Value {
    Value::from_iter([("version", "gloas".into()), ("data", data)])
}

fn signed(message: Value, p: &mut Payload<'_>) -> Value {
    Value::from_iter([("message", message), ("signature", p.signature().into())])
}

fn attestation_data(p: &mut Payload<'_>) -> Value {
    json!({
        "slot": p.slot(0),
        "index": "0",
        "beacon_block_root": p.chain.head.block,
        "source": { "epoch": p.epoch(1), "root": p.root() },
        "target": { "epoch": p.epoch(0), "root": p.root() },
    })
}

/// An attestation of validators in a row, because their indices must be sorted.
fn indexed_attestation(p: &mut Payload<'_>, attesters: usize) -> Value {
    let indices = (100_000..)
        .take(attesters)
        .map(|index: u64| index.to_string());
    json!({
        "attesting_indices": indices.collect::<Vec<_>>(),
        "data": attestation_data(p),
        "signature": p.signature(),
    })
}

fn payload_envelope(p: &mut Payload<'_>) -> Value {
    json!({
        "slot": p.slot(0),
        "builder_index": p.chain.builder,
        "block_hash": p.chain.head.hash,
        "block_root": p.chain.head.block,
    })
}

fn block_header(p: &mut Payload<'_>) -> Value {
    json!({
        "slot": p.slot(-1),
        "proposer_index": p.validator(),
        "parent_root": p.root(),
        "state_root": p.root(),
        "body_root": p.root(),
    })
}

fn light_client_header(p: &mut Payload<'_>) -> Value {
    json!({
        "beacon": block_header(p),
        "execution_block_hash": p.root(),
        "execution_branch": p.list(EXECUTION_BRANCH, Payload::root),
    })
}

fn light_client_update(p: &mut Payload<'_>) -> Value {
    json!({
        "attested_header": light_client_header(p),
        "sync_aggregate": {
            "sync_committee_bits": p.hex(64),
            "sync_committee_signature": p.signature(),
        },
        "signature_slot": p.slot(0),
    })
}

fn withdrawal(p: &mut Payload<'_>) -> Value {
    json!({
        "index": p.number(100_000_000),
        "validator_index": p.validator(),
        "address": p.address(),
        "amount": p.number(20_000_000),
    })
}

/// The topics that a query names, as `topics=head_v2,block` or `topics=head_v2&topics=block`.
///
/// # Errors
/// [`UnknownTopic`], which says what a client may ask for.
pub(crate) fn from_query(query: &[(String, String)]) -> Result<Topics, UnknownTopic> {
    let lists = query.iter().filter(|(key, _)| key == "topics");
    let lists: Vec<_> = lists.map(|(_, list)| list.as_str()).collect();
    Topics::parse(&lists.join(","), &names())
}

pub(crate) fn names() -> [&'static str; ALL.len()] {
    ALL.each_ref().map(|row| row.name)
}
