//! The topics of the Beacon API, and the query that names them.

use esse_encoder::EventType;
use esse_server::Topics;

const ALL: [&str; 11] = [
    "head",
    "block",
    "attestation",
    "voluntary_exit",
    "bls_to_execution_change",
    "finalized_checkpoint",
    "chain_reorg",
    "contribution_and_proof",
    "light_client_finality_update",
    "light_client_optimistic_update",
    "payload_attributes",
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
    let found = ALL.into_iter().find(|topic| *topic == name);
    let found = found.map(EventType::from_static);
    found.ok_or_else(|| format!("topic {name:?} is unknown: name one or more of {}", known()))
}

fn known() -> String {
    ALL.join(", ")
}
