//! The report for programs.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::described::{Described, Kind};
use crate::result::{BehaviourResult, Outcome, RuleResult, Tally};
use crate::verdict::NOT_STARTED;

/// The names of three members are those of the kind.
struct Report<'r, D: Described>(&'r BehaviourResult<D>);

impl<D: Described> Serialize for Report<'_, D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(result) = self;
        let items = result.results.iter().map(|one| item(result, one));
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("version", D::KIND.version())?;
        map.serialize_entry(D::KIND.name(), &result.info)?;
        map.serialize_entry("command", &result.command)?;
        map.serialize_entry("tally", &Counts(D::KIND, Tally::of(&result.results)))?;
        map.serialize_entry(&items_of(D::KIND), &items.collect::<Vec<_>>())?;
        map.end()
    }
}

struct Counts(Kind, Tally);

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(kind, tally) = self;
        serializer.collect_map([
            (&*items_of(*kind), tally.all),
            ("passed", tally.passed),
            ("failed", tally.failed),
            ("known", tally.known),
            ("stale", tally.stale),
            ("notStarted", tally.not_started),
            ("notAsked", tally.not_asked),
        ])
    }
}

fn items_of(kind: Kind) -> String {
    format!("{}s", kind.item())
}

#[derive(Serialize)]
struct Item<'r, O> {
    id: &'r str,
    basis: &'static str,
    rule: &'r str,
    source: &'r str,
    outcome: &'static str,
    /// Which of several right ways it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'r str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    differences: &'r [String],
    /// The reason of a known failure, or why it is neither right nor wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'r str>,
    /// The options that it does not have.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    missing: &'r [O],
    #[serde(skip_serializing_if = "Option::is_none")]
    rerun: Option<String>,
}

/// One JSON object, with all scenarios or checks.
pub(super) fn report<D: Described>(result: &BehaviourResult<D>) -> String {
    // Only maps whose keys are not strings cannot be written, and there are none.
    let mut json = serde_json::to_string_pretty(&Report(result)).unwrap_or_default();
    json.push('\n');
    json
}

fn item<'r, D: Described>(
    result: &'r BehaviourResult<D>,
    one: &'r RuleResult<D::Option>,
) -> Item<'r, D::Option> {
    let (outcome, note, reason, missing) = match &one.outcome {
        Outcome::Passed { note } => ("passed", note.as_deref(), None, &[][..]),
        Outcome::Failed { .. } => ("failed", None, None, &[][..]),
        Outcome::Known { reason, .. } => ("known", None, Some(reason.as_str()), &[][..]),
        Outcome::Stale { reason } => ("stale", None, Some(reason.as_str()), &[][..]),
        Outcome::NotStarted => ("notStarted", None, Some(NOT_STARTED), &[][..]),
        Outcome::NotAsked { missing } => ("notAsked", None, None, missing.as_slice()),
    };
    let (rule, differences) = (&one.rule, one.outcome.differences());
    Item {
        id: &rule.id,
        basis: rule.basis.name(),
        rule: &rule.text,
        source: &rule.source,
        outcome,
        note,
        differences,
        reason,
        missing,
        rerun: (!differences.is_empty()).then(|| result.rerun(&rule.id)),
    }
}
