//! How browsers differ from the scenarios, and why: `matrix/clients.json`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use esse_conformance::connect::Verdict;
use serde::Deserialize;

use crate::Stop;

/// The differences of each client, by the IDs of the scenarios.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Known(BTreeMap<String, BTreeMap<String, Difference>>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Difference {
    /// As the judge says it, with `…` for a measured time.
    differences: Vec<String>,
    pub(super) why: String,
}

impl Known {
    pub(crate) fn read(file: &Path) -> Result<Self, Stop> {
        let text = fs::read_to_string(file).map_err(|error| Stop::file(file, error))?;
        serde_json::from_str(&text).map_err(|error| Stop::file(file, error))
    }

    /// The recorded differences of a client.
    pub(crate) fn of(&self, client: &str) -> impl Iterator<Item = (&String, &Difference)> {
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

#[cfg(test)]
mod tests {
    use esse_conformance::connect::{PATIENCE, run};

    use super::*;

    fn verdict(difference: &str) -> Verdict {
        let all = esse_vectors::connect::scenarios().unwrap();
        let mut all = all.iter().filter(|one| one.id == "answers/200");
        let no_driver = "exit 3;";
        let all = [all.next().unwrap().clone()];
        let mut verdict = run(no_driver, &all, PATIENCE, &mut |_| {}).remove(0);
        verdict.differences = match difference {
            "" => Vec::new(),
            difference => vec![difference.to_owned()],
        };
        verdict
    }

    #[test]
    fn only_a_recorded_difference_is_expected() {
        let json = r#"{"a": {"answers/200": {"differences": ["request 2: it came … ms late"], "why": ""}}}"#;
        let known: Known = serde_json::from_str(json).unwrap();
        for (client, difference, unexpected) in [
            ("a", "request 2: it came 17 ms late", ""),
            ("a", "request 2: it came 17 ms early", "FAIL  answers/200"),
            ("a", "", "answers/200: no longer differs"),
            ("b", "request 2: it came 17 ms late", "FAIL  answers/200"),
            ("b", "", ""),
        ] {
            let found = known.unexpected_one(client, &verdict(difference));
            let is_right =
                found.starts_with(unexpected) && found.is_empty() == unexpected.is_empty();
            assert!(is_right, "{client}: {difference}: {found}");
            let all = known.unexpected(client, &[verdict(difference)]);
            assert_eq!(all.len(), usize::from(!unexpected.is_empty()));
        }
    }
}
