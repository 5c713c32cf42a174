//! Runs vectors against a subject.

use crate::cut::Cut;
use crate::cut::plan::{self, Plan, cuts};
use crate::cut::shrink::shrink;
use crate::judge::Failure;
use crate::judge::encode::{BlockOutcome, try_block};
use crate::judge::parse::{CutOutcome, Failed, ParseJudge};
use crate::known::Known;
use crate::random::Random;
use crate::subject::{Capability, Info, Role, Subject};
use crate::suite::{EncodeCase, ParseCase, Suite, Vector};

/// How to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How many cuts each stream gets.
    pub plan: Plan,
    /// The seed of the random cuts.
    pub seed: u64,
    /// Make only this cut.
    pub only: Option<Cut>,
}

/// What came of one vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Right at every cut.
    Passed {
        /// Whose reading the subject follows, for vectors of level `may`; none for the vector's.
        reading: Option<String>,
    },
    /// Wrong.
    Failed(Box<Failure>),
    /// Wrong, as the file of known failures says.
    Known {
        /// How.
        failure: Box<Failure>,
        /// The reason that the file gives.
        reason: String,
    },
    /// Not wrong, though the file of known failures says so.
    Stale {
        /// The reason that the file gives.
        reason: String,
    },
    /// The subject does not do this.
    Skipped {
        /// Why.
        why: String,
    },
}

impl Outcome {
    /// Whether it makes the run fail.
    ///
    /// ```
    /// use esse_conformance::runner::Outcome;
    ///
    /// assert!(!Outcome::Skipped { why: "no IDs".into() }.is_unexpected());
    /// assert!(Outcome::Stale { reason: "strips every BOM".into() }.is_unexpected());
    /// ```
    pub fn is_unexpected(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::Stale { .. })
    }
}

/// The result of one vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VectorResult {
    /// Which vector.
    pub vector: Vector,
    /// What it asks of the subject.
    pub role: Role,
    /// What came of it.
    pub outcome: Outcome,
    /// How many cuts were made, with the failing one; blocks have none.
    pub cuts: u64,
    /// Not every two-way split was made: the stream is too long.
    pub sampled: bool,
}

/// The result of all vectors for one subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectResult {
    /// What the subject says of itself.
    pub info: Info,
    /// How it was started; none for the built-in pair.
    pub command: Option<String>,
    /// It was run once for each stream, which came through a pipe: no cuts were made.
    pub oneshot: bool,
    /// The vectors, in the order of the suite.
    pub results: Vec<VectorResult>,
}

impl SubjectResult {
    /// Name, version and language, as reports show them, with `(oneshot)` for one that is run once
    /// for each stream.
    ///
    /// ```
    /// use esse_conformance::runner::SubjectResult;
    ///
    /// let mut result = SubjectResult { oneshot: true, ..SubjectResult::default() };
    /// result.info.name = "./decode".to_owned();
    /// assert_eq!(result.title(), "./decode (oneshot)");
    /// ```
    pub fn title(&self) -> String {
        let title = self.info.title();
        if self.oneshot {
            format!("{title} (oneshot)")
        } else {
            title
        }
    }
}

/// Runs the vectors of the suite that the subject has a role for. `progress` is told of each.
///
/// ```
/// use esse_conformance::{builtin::Builtin, runner::{Options, run}, suite::Suite};
///
/// let suite = Suite::load()?.filter(&["bom".to_owned()])?;
/// let result = run(&mut Builtin::new(), &suite, None, &Options::default(), &mut |_| {});
/// assert!(result.results.iter().all(|result| !result.outcome.is_unexpected()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run(
    subject: &mut dyn Subject,
    suite: &Suite,
    known: Option<&Known>,
    options: &Options,
    progress: &mut dyn FnMut(&VectorResult),
) -> SubjectResult {
    let info = subject.info().clone();
    let mut results = Vec::new();
    let mut finish = |mut result: VectorResult| {
        // A single cut does not tell whether a vector still fails.
        let known = known.filter(|_| options.only.is_none());
        result.outcome = weigh(result.outcome, &result.vector.id, known);
        progress(&result);
        results.push(result);
    };
    if info.is(&Role::Parser) {
        suite
            .parse
            .iter()
            .for_each(|case| finish(run_parse(subject, case, options)));
    }
    if info.is(&Role::Encoder) && options.only.is_none() {
        suite
            .encode
            .iter()
            .for_each(|case| finish(run_encode(subject, case)));
    }
    SubjectResult {
        info,
        command: None,
        oneshot: false,
        results,
    }
}

fn weigh(outcome: Outcome, id: &str, known: Option<&Known>) -> Outcome {
    match (
        outcome,
        known.and_then(|known| known.failures.get(id)).cloned(),
    ) {
        (outcome, None) => outcome,
        (Outcome::Failed(failure), Some(reason)) => Outcome::Known { failure, reason },
        (_, Some(reason)) => Outcome::Stale { reason },
    }
}

fn run_encode(subject: &mut dyn Subject, case: &EncodeCase) -> VectorResult {
    let outcome = match try_block(case, subject) {
        BlockOutcome::Passed => Outcome::Passed { reading: None },
        BlockOutcome::Skipped(why) => Outcome::Skipped { why },
        BlockOutcome::Failed(failure) => Outcome::Failed(Box::new(failure)),
    };
    let vector = case.vector.clone();
    VectorResult {
        vector,
        role: Role::Encoder,
        outcome,
        cuts: 0,
        sampled: false,
    }
}

fn run_parse(subject: &mut dyn Subject, case: &ParseCase, options: &Options) -> VectorResult {
    let (outcome, cuts) = if can_ask(subject.info(), case) {
        try_cuts(subject, case, options)
    } else {
        (
            Outcome::Skipped {
                why: "takes no last event ID of an earlier connection".into(),
            },
            0,
        )
    };
    VectorResult {
        vector: case.vector.clone(),
        role: Role::Parser,
        outcome,
        cuts,
        sampled: cuts > 1 && plan::is_sampled(case.stream.len()),
    }
}

fn can_ask(info: &Info, case: &ParseCase) -> bool {
    case.last_event_id.is_none() || info.can(&Capability::InitialLastEventId)
}

/// Stops at the first cut that is wrong. One that is only late is kept while the others are
/// tried: a wrong event says more.
fn try_cuts(subject: &mut dyn Subject, case: &ParseCase, options: &Options) -> (Outcome, u64) {
    let mut judge = ParseJudge::new(case, subject);
    let mut late = None;
    let mut tried = 0;
    for cut in cuts_of(subject.info(), case, options) {
        tried += 1;
        match judge.try_cut(subject, &cut) {
            CutOutcome::Passed => {}
            CutOutcome::Skipped(why) => return (Outcome::Skipped { why }, tried),
            CutOutcome::Failed(failed) if failed.failure.late => {
                late.get_or_insert(failed.failure);
            }
            CutOutcome::Failed(failed) => {
                let failure = smallest(subject, case, *failed);
                return (Outcome::Failed(Box::new(failure)), tried);
            }
        }
    }
    let outcome = match late {
        Some(failure) => Outcome::Failed(Box::new(failure)),
        None => Outcome::Passed {
            reading: judge.reading(),
        },
    };
    (outcome, tried)
}

fn cuts_of<'c>(
    info: &Info,
    case: &'c ParseCase,
    options: &Options,
) -> Box<dyn Iterator<Item = Cut> + 'c> {
    match &options.only {
        Some(only) => Box::new(std::iter::once(only.clone())),
        None if !info.can(&Capability::Chunks) => Box::new(std::iter::once(Cut::Whole)),
        None => {
            let random = Random::new(options.seed, &case.vector.id);
            Box::new(cuts(
                &case.stream,
                case.own_cut.as_ref(),
                options.plan,
                random,
            ))
        }
    }
}

/// Cuts come smallest first, so only a random one can be made smaller. A subject that was lost
/// is not asked again: each try could take the whole time limit.
fn smallest(subject: &mut dyn Subject, case: &ParseCase, failed: Failed) -> Failure {
    let Failed { failure, answered } = failed;
    let Some(cut) = failure.cut.clone().filter(|_| answered) else {
        return failure;
    };
    let mut smallest = failure;
    shrink(cut, |smaller| {
        match ParseJudge::new(case, subject).try_cut(subject, smaller) {
            CutOutcome::Failed(failed) if failed.answered && !failed.failure.late => {
                smallest = failed.failure;
                true
            }
            _ => false,
        }
    });
    smallest
}
