//! The topics of the Beacon API, and the query that names them.

use esse_encoder::EventType;
use esse_server::Topics;

pub(crate) const HEAD: EventType = EventType::from_static("head");
pub(crate) const BLOCK: EventType = EventType::from_static("block");
pub(crate) const ATTESTATION: EventType = EventType::from_static("attestation");
pub(crate) const VOLUNTARY_EXIT: EventType = EventType::from_static("voluntary_exit");
pub(crate) const BLS_TO_EXECUTION_CHANGE: EventType =
    EventType::from_static("bls_to_execution_change");
pub(crate) const FINALIZED_CHECKPOINT: EventType = EventType::from_static("finalized_checkpoint");
pub(crate) const CHAIN_REORG: EventType = EventType::from_static("chain_reorg");
pub(crate) const CONTRIBUTION_AND_PROOF: EventType =
    EventType::from_static("contribution_and_proof");
pub(crate) const LIGHT_CLIENT_FINALITY_UPDATE: EventType =
    EventType::from_static("light_client_finality_update");
pub(crate) const LIGHT_CLIENT_OPTIMISTIC_UPDATE: EventType =
    EventType::from_static("light_client_optimistic_update");
pub(crate) const PAYLOAD_ATTRIBUTES: EventType = EventType::from_static("payload_attributes");

const ALL: [EventType; 11] = [
    HEAD,
    BLOCK,
    ATTESTATION,
    VOLUNTARY_EXIT,
    BLS_TO_EXECUTION_CHANGE,
    FINALIZED_CHECKPOINT,
    CHAIN_REORG,
    CONTRIBUTION_AND_PROOF,
    LIGHT_CLIENT_FINALITY_UPDATE,
    LIGHT_CLIENT_OPTIMISTIC_UPDATE,
    PAYLOAD_ATTRIBUTES,
];

/// The topics that a query names, as `topics=head,block` or `topics=head&topics=block`.
///
/// # Errors
/// A message for the client.
pub(crate) fn from_query(query: &[(String, String)]) -> Result<Topics, String> {
    let lists = query.iter().filter(|(key, _)| key == "topics");
    let names = lists.flat_map(|(_, list)| list.split(','));
    let topics: Vec<_> = names.map(topic).collect::<Result<_, _>>()?;
    if topics.is_empty() {
        return Err(format!(
            "topics is missing: name one or more of {}",
            known()
        ));
    }
    Ok(Topics::of(topics))
}

fn topic(name: &str) -> Result<EventType, String> {
    let found = ALL.into_iter().find(|topic| topic.as_str() == name);
    found.ok_or_else(|| format!("topic {name:?} is unknown: name one or more of {}", known()))
}

fn known() -> String {
    ALL.map(|topic| topic.to_string()).join(", ")
}
