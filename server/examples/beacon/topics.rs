//! The topics of the Beacon API, and the query that names them.

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
    let names: Vec<_> = lists.map(|(_, list)| list.as_str()).collect();
    Topics::parse(&names.join(","), &ALL).map_err(|error| error.to_string())
}
