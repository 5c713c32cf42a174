//! How browsers differ from the scenarios, and why: `matrix/clients.json`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use esse_conformance::connect::Verdict;
use serde::Deserialize;

use crate::Stop;

/// The differences of each client, by the IDs of the scenarios.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Known(BTreeMap<String, BTreeMap<String, Difference>>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Difference {
    /// As the judge says it, with `…` for a measured time.
    differences: Vec<String>,
    pub(super) why: String,
}

impl Known {
    pub(super) fn read(file: &Path) -> Result<Self, Stop> {
        let text = fs::read_to_string(file).map_err(|error| Stop::file(file, error))?;
        serde_json::from_str(&text).map_err(|error| Stop::file(file, error))
    }

    /// The recorded differences of a client.
    pub(super) fn of(&self, client: &str) -> impl Iterator<Item = (&String, &Difference)> {
        self.0.get(client).into_iter().flatten()
    }

    /// What is not as recorded.
    pub(super) fn unexpected(&self, client: &str, verdicts: &[Verdict]) -> Vec<String> {
        let verdicts = verdicts.iter();
        verdicts
            .map(|verdict| self.unexpected_one(client, verdict))
            .filter(|text| !text.is_empty())
            .collect()
    }

    /// What is not as recorded in one scenario; nothing if all is.
    pub(super) fn unexpected_one(&self, client: &str, verdict: &Verdict) -> String {
        let id = &verdict.scenario.id;
        let known = self.0.get(client).and_then(|all| all.get(id));
        let found: Vec<String> = verdict
            .differences
            .iter()
            .map(|one| timeless(one))
            .collect();
        match known {
            Some(known) if known.differences == found => String::new(),
            Some(_) if found.is_empty() => format!("{id}: no longer differs as recorded\n"),
            None if found.is_empty() => String::new(),
            Some(_) | None => verdict.to_string(),
        }
    }
}

/// Without the time that was measured.
fn timeless(difference: &str) -> String {
    match difference.split_once("it came ") {
        Some((before, rest)) => {
            let rest = rest.trim_start_matches(|char: char| char.is_ascii_digit());
            format!("{before}it came …{rest}")
        }
        None => difference.to_owned(),
    }
}
