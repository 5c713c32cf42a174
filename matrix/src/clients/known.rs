//! How clients differ from the scenarios, and why: `matrix/clients.json`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use esse_behaviour::Verdict;
use serde::Deserialize;

use crate::Stop;

/// The reasons of each client. Its name has the language behind it, if it is not a browser.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Known(BTreeMap<String, Vec<Reason>>);

/// Why a client differs in some scenarios.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    pub(super) why: String,
    /// What the judge says, with `…` for what may vary.
    differences: Vec<String>,
    /// The IDs of the scenarios. One that passes now and then ends in a question mark.
    scenarios: Vec<String>,
}

impl Known {
    pub(crate) fn read(file: &Path) -> Result<Self, Stop> {
        let text = fs::read_to_string(file).map_err(|error| Stop::file(file, error))?;
        serde_json::from_str(&text).map_err(|error| Stop::file(file, error))
    }

    /// The reasons of a client.
    pub(crate) fn of(&self, client: &str) -> impl Iterator<Item = &Reason> {
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
        let (id, found) = (&*verdict.rule.id, &verdict.differences);
        let reasons = self.of(client).filter(|reason| reason.is_for(id));
        let reasons: Vec<&Reason> = reasons.collect();
        if found.is_empty() {
            let may_pass = reasons.iter().all(|reason| reason.is_for_some_runs_of(id));
            let stale = || format!("{id}: no longer differs as recorded\n");
            return if may_pass { String::new() } else { stale() };
        }
        let has_reason = |one: &String| reasons.iter().any(|reason| reason.explains(one));
        let is_needed = |reason: &&Reason| {
            reason.is_for_some_runs_of(id) || found.iter().any(|one| reason.explains(one))
        };
        if found.iter().all(has_reason) && reasons.iter().all(is_needed) {
            String::new()
        } else {
            verdict.to_string()
        }
    }
}

impl Reason {
    /// The IDs of its scenarios.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.scenarios.iter().map(|id| id.trim_end_matches('?'))
    }

    pub(super) fn is_for(&self, id: &str) -> bool {
        self.ids().any(|one| one == id)
    }

    fn is_for_some_runs_of(&self, id: &str) -> bool {
        let mut scenarios = self.scenarios.iter();
        scenarios.any(|one| one.strip_suffix('?') == Some(id))
    }

    fn explains(&self, difference: &str) -> bool {
        let mut patterns = self.differences.iter();
        patterns.any(|pattern| matches(pattern, difference))
    }
}

/// Whether this is the text, if each `…` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('…') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(start) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('…').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match text.split_once(part) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use esse_behaviour::connect::{PATIENCE, run};

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
        let json = r#"{"a": [{"why": "", "scenarios": ["answers/200"],
            "differences": ["request 2: it came … ms late"]}]}"#;
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

    #[test]
    fn each_difference_needs_a_reason_and_each_reason_a_difference() {
        let known = |scenarios: &str| -> Known {
            let json = format!(
                r#"{{"a": [{{"why": "", "scenarios": [{scenarios}], "differences": ["x … y"]}},
                    {{"why": "", "scenarios": ["answers/200"], "differences": ["z"]}}]}}"#
            );
            serde_json::from_str(&json).unwrap()
        };
        let both = r#""answers/200""#;
        for (scenarios, differences, is_expected) in [
            (both, &["x 1 y", "z"][..], true),
            (both, &["z"], false),
            (both, &["x 1 y", "z", "w"], false),
            (r#""answers/200?""#, &["z"], true),
            (r#""answers/200?""#, &[], false),
            ("", &["x 1 y", "z"], false),
        ] {
            let mut verdict = verdict("");
            verdict.differences = differences.iter().map(ToString::to_string).collect();
            let found = known(scenarios).unexpected_one("a", &verdict);
            assert_eq!(found.is_empty(), is_expected, "{scenarios}: {found}");
        }
    }

    #[test]
    fn a_pattern_is_the_whole_text() {
        for (pattern, text, is_match) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a…", "ab", true),
            ("…b", "ab", true),
            ("a…b…c", "a1b2c", true),
            ("a…b…c", "a1c", false),
            ("ab…b", "ab", false),
            ("a…b", "abc", false),
        ] {
            assert_eq!(matches(pattern, text), is_match, "{pattern} {text}");
        }
    }

    #[test]
    fn the_reasons_are_about_scenarios() {
        let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/clients.json"));
        let known = Known::read(file).unwrap();
        let all = esse_vectors::connect::scenarios().unwrap();
        let reasons = known.0.values().flatten();
        let none = reasons
            .flat_map(Reason::ids)
            .find(|id| all.iter().all(|one| one.id != *id));
        assert_eq!(none, None);
    }
}
