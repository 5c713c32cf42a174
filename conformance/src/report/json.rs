//! The report for programs.

use serde::Serialize;

use super::{Tally, rerun, role};
use crate::judge::Failure;
use crate::runner::{Outcome, SubjectResult, VectorResult};
use crate::subject::{Info, Origin};

#[derive(Serialize)]
struct Report<'r> {
    subjects: Vec<Subject<'r>>,
}

#[derive(Serialize)]
struct Subject<'r> {
    #[serde(flatten)]
    info: &'r Info,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'r str>,
    /// No cuts were made: `cuts` counts whole streams.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    oneshot: bool,
    /// Why it could not be started.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'r str>,
    tally: Tally,
    vectors: Vec<Vector<'r>>,
}

#[derive(Serialize)]
struct Vector<'r> {
    id: &'r str,
    spec: &'r str,
    role: &'r str,
    level: String,
    /// The classes of bugs that it catches.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    flags: &'r [String],
    outcome: &'static str,
    cuts: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sampled: bool,
    /// The reason of a known failure, a skip, or why it was not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'r str>,
    /// Whose reading the subject follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    reading: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failed<'r>>,
}

#[derive(Serialize)]
struct Failed<'r> {
    late: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    lost: bool,
    cut: Option<String>,
    input: &'r str,
    what: &'r str,
    expected: &'r [String],
    got: &'r [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    stderr: &'r str,
    rerun: String,
}

/// One JSON object, with all vectors of all subjects. Texts from subjects and vectors are escaped
/// and shortened as in the report for people.
pub(super) fn report(subjects: &[SubjectResult]) -> String {
    let report = Report {
        subjects: subjects.iter().map(subject).collect(),
    };
    // Only maps whose keys are not strings cannot be written, and there are none.
    let mut json = serde_json::to_string_pretty(&report).unwrap_or_default();
    json.push('\n');
    json
}

fn subject(subject: &SubjectResult) -> Subject<'_> {
    Subject {
        info: &subject.info,
        command: match &subject.origin {
            Origin::InProcess => None,
            Origin::Adapter(command) | Origin::Oneshot(command) => Some(command),
        },
        oneshot: subject.is_oneshot(),
        fault: subject.fault.as_deref(),
        tally: Tally::of(&subject.results),
        vectors: subject
            .results
            .iter()
            .map(|result| vector(subject, result))
            .collect(),
    }
}

fn vector<'r>(subject: &'r SubjectResult, result: &'r VectorResult) -> Vector<'r> {
    let (outcome, reason, reading) = match &result.outcome {
        Outcome::Passed { reading } => ("passed", None, reading.as_deref()),
        Outcome::Failed(_) => ("failed", None, None),
        Outcome::Known { reason, .. } => ("known", Some(reason.as_str()), None),
        Outcome::Stale { reason } => ("stale", Some(reason.as_str()), None),
        Outcome::TimedOut(_) => ("timedOut", None, None),
        Outcome::Slow { reason } => ("slow", Some(reason.as_str()), None),
        Outcome::NotRun { why } => ("notRun", Some(why.as_str()), None),
        Outcome::Skipped { why } => ("skipped", Some(why.as_str()), None),
    };
    Vector {
        id: &result.vector.id,
        spec: &result.vector.spec,
        role: role(result),
        level: result.vector.level.to_string(),
        flags: &result.vector.flags,
        outcome,
        cuts: result.cuts,
        sampled: result.sampled,
        reason,
        reading,
        failure: result
            .outcome
            .failure()
            .map(|failure| failed(failure, rerun(subject, result))),
    }
}

fn failed(failure: &Failure, rerun: String) -> Failed<'_> {
    Failed {
        late: failure.late,
        lost: failure.lost,
        cut: failure.cut.as_ref().map(ToString::to_string),
        input: &failure.input,
        what: &failure.what,
        expected: &failure.expected,
        got: &failure.got,
        stderr: &failure.stderr,
        rerun,
    }
}
