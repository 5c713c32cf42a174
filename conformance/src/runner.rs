//! Runs vectors against a subject.

use std::num::NonZeroUsize;
use std::thread;

use crate::cut::plan;
pub use crate::cut::plan::Plan;
use crate::cut::shrink::shrink;
pub use crate::cut::{Cut, InvalidCut};
pub use crate::judge::Failure;
use crate::judge::encode::{BlockOutcome, try_block};
use crate::judge::parse::{CutOutcome, ParseJudge};
use crate::parallel;
use crate::random::Random;
use crate::subject::{Capability, Info, Known, Origin, Role, Subject};
use crate::suite::{EncodeCase, ParseCase, Suite, Vector};

/// How to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How many cuts to make of each stream.
    pub plan: Plan,
    /// The seed of the random cuts.
    pub seed: u64,
    /// Make only this cut.
    pub only: Option<Cut>,
    /// How many copies of a subject that can [fork](Subject::fork) run at once. `None`: as many as
    /// this machine has cores.
    pub jobs: Option<NonZeroUsize>,
}

/// The outcome of one vector.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Right at every cut that was made.
    Passed {
        /// Whose reading the subject follows, if it is not that of the vector.
        reading: Option<String>,
    },
    /// Wrong.
    Failed(Box<Failure>),
    /// Wrong, as the file of known failures says.
    Known {
        /// What is wrong.
        failure: Box<Failure>,
        /// The reason that the file gives.
        reason: String,
    },
    /// Not wrong, although the file of known failures says so.
    Stale {
        /// The reason that the file gives.
        reason: String,
    },
    /// No answer came in time, which is neither right nor wrong.
    TimedOut(Box<Failure>),
    /// The subject is too slow for it, as the file of known failures says. It was not sent.
    Slow {
        /// The reason that the file gives.
        reason: String,
    },
    /// The subject was given up before it was asked, or before it was asked all of it.
    NotRun {
        /// Why.
        why: String,
    },
    /// The subject does not do this.
    Skipped {
        /// Why.
        why: String,
    },
}

impl From<Box<Failure>> for Outcome {
    fn from(failure: Box<Failure>) -> Self {
        if failure.timed_out {
            Self::TimedOut(failure)
        } else {
            Self::Failed(failure)
        }
    }
}

impl Outcome {
    /// Whether it makes the run fail.
    pub fn is_unexpected(&self) -> bool {
        matches!(
            self,
            Self::Failed(_) | Self::TimedOut(_) | Self::Stale { .. } | Self::NotRun { .. }
        )
    }

    /// What is wrong, if anything is, known or not.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) | Self::TimedOut(failure) | Self::Known { failure, .. } => {
                Some(failure)
            }
            _ => None,
        }
    }
}

/// The result of one vector.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VectorResult {
    /// Which vector.
    pub vector: Vector,
    /// What it asks of the subject.
    pub role: Role,
    /// How it came out.
    pub outcome: Outcome,
    /// How many cuts were made, including the failing one. Blocks have none.
    pub cuts: u64,
    /// Not every two-way split was made: the stream is too long.
    pub sampled: bool,
}

/// The results of all vectors for one subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubjectResult {
    /// What the subject says about itself.
    pub info: Info,
    /// Where it ran.
    pub origin: Origin,
    /// How many cuts were planned for each stream.
    pub plan: Plan,
    /// The vectors, in the order of the suite.
    pub results: Vec<VectorResult>,
    /// Why it could not be started, if it could not.
    pub fault: Option<String>,
}

impl SubjectResult {
    /// That of a subject which could not be started. Its name is its command.
    pub fn not_started(origin: Origin, fault: String) -> Self {
        let command = match &origin {
            Origin::InProcess => "",
            Origin::Adapter(command) | Origin::Oneshot(command) => command,
        };
        Self {
            info: Info {
                name: command.to_owned(),
                ..Info::default()
            },
            origin,
            fault: Some(fault),
            ..Self::default()
        }
    }

    /// Name, version and language, as reports show them, with `(oneshot)` for a program that is
    /// run once per stream.
    pub fn title(&self) -> String {
        let title = self.info.title();
        if self.is_oneshot() {
            format!("{title} (oneshot)")
        } else {
            title
        }
    }

    /// Whether it ran once per stream, so that no cuts were made.
    pub fn is_oneshot(&self) -> bool {
        matches!(self.origin, Origin::Oneshot(_))
    }
}

/// Runs the vectors of the suite that the subject has a role for, and calls `progress` with the
/// result of each. A subject that can [fork](Subject::fork) is asked several vectors at a time.
pub fn run(
    subject: &mut dyn Subject,
    suite: &Suite,
    known: Option<&Known>,
    options: &Options,
    progress: &mut dyn FnMut(&VectorResult),
) -> SubjectResult {
    let tasks = tasks(subject.info(), suite, options);
    // A single cut does not show whether a vector still fails.
    let known = known.filter(|_| options.only.is_none());
    let forks = forks(subject, options);
    let results = if forks.is_empty() {
        let run = |task: &Task<'_>| task.run(subject, known, options);
        tasks
            .iter()
            .map(run)
            .inspect(|result| progress(result))
            .collect()
    } else {
        let run = |fork: &mut Box<dyn Subject + Send>, task: &Task<'_>| {
            task.run(fork.as_mut(), known, options)
        };
        parallel::judge(forks, &tasks, run, progress)
    };
    SubjectResult {
        info: subject.info().clone(),
        origin: subject.origin(),
        plan: options.plan,
        results,
        fault: None,
    }
}

/// Something to ask a subject.
enum Task<'s> {
    Parse(&'s ParseCase),
    Encode(&'s EncodeCase),
}

impl Task<'_> {
    fn run(
        &self,
        subject: &mut dyn Subject,
        known: Option<&Known>,
        options: &Options,
    ) -> VectorResult {
        let (vector, role) = match self {
            Self::Parse(case) => (&case.vector, Role::Parser),
            Self::Encode(case) => (&case.vector, Role::Encoder),
        };
        let slow = known.and_then(|known| known.slow.get(&vector.id));
        let (outcome, cuts) = match (slow, self) {
            (Some(reason), _) => {
                let reason = reason.clone();
                (Outcome::Slow { reason }, 0)
            }
            (None, Self::Parse(case)) => run_parse(subject, case, options),
            (None, Self::Encode(case)) => (run_encode(subject, case), 0),
        };
        let is_long = |case: &ParseCase| plan::is_sampled(case.stream.len());
        VectorResult {
            vector: vector.clone(),
            role,
            sampled: cuts > 1 && matches!(self, Self::Parse(case) if is_long(case)),
            outcome: expect(outcome, &vector.id, known),
            cuts,
        }
    }
}

fn tasks<'s>(info: &Info, suite: &'s Suite, options: &Options) -> Vec<Task<'s>> {
    let parse = suite.parse.iter().map(Task::Parse);
    let encode = suite.encode.iter().map(Task::Encode);
    // Blocks have no cuts.
    let encodes = info.is(&Role::Encoder) && options.only.is_none();
    parse
        .filter(|_| info.is(&Role::Parser))
        .chain(encode.filter(|_| encodes))
        .collect()
}

/// None if the subject itself does all the work.
fn forks(subject: &dyn Subject, options: &Options) -> Vec<Box<dyn Subject + Send>> {
    let cores = || thread::available_parallelism().map_or(1, usize::from);
    match options.jobs.map_or_else(cores, NonZeroUsize::get) {
        1 => Vec::new(),
        jobs => (0..jobs).map_while(|_| subject.fork()).collect(),
    }
}

fn expect(outcome: Outcome, id: &str, known: Option<&Known>) -> Outcome {
    match (
        outcome,
        known.and_then(|known| known.failures.get(id)).cloned(),
    ) {
        // An entry in the file says nothing about what was not run.
        (outcome @ Outcome::NotRun { .. }, _) | (outcome, None) => outcome,
        (Outcome::Failed(failure) | Outcome::TimedOut(failure), Some(reason)) => {
            Outcome::Known { failure, reason }
        }
        (_, Some(reason)) => Outcome::Stale { reason },
    }
}

fn run_encode(subject: &mut dyn Subject, case: &EncodeCase) -> Outcome {
    match try_block(case, subject) {
        BlockOutcome::Passed => Outcome::Passed { reading: None },
        BlockOutcome::Skipped(why) => Outcome::Skipped { why },
        BlockOutcome::NotRun(why) => Outcome::NotRun { why },
        BlockOutcome::Failed(failure) => Box::new(failure).into(),
    }
}

/// The outcome, and how many cuts were made.
fn run_parse(subject: &mut dyn Subject, case: &ParseCase, options: &Options) -> (Outcome, u64) {
    match cannot(subject.info(), case) {
        None => try_cuts(subject, case, options),
        Some(why) => (Outcome::Skipped { why: why.into() }, 0),
    }
}

/// Why the subject cannot be asked, if it cannot.
fn cannot(info: &Info, case: &ParseCase) -> Option<&'static str> {
    if case.last_event_id.is_some() && !info.can(&Capability::InitialLastEventId) {
        return Some("does not accept the last event ID of an earlier connection");
    }
    let readings = || case.readings.iter().map(|reading| &reading.parsed);
    let has_ignored = readings().any(|parsed| parsed.ignored.is_some());
    let has_discarded = readings().any(|parsed| parsed.discarded.is_some());
    // The standard does not ask a parser to report these, and other vectors judge the events of such
    // streams. A subject that reports neither keeps its score.
    let reports = has_ignored && info.can(&Capability::Ignored)
        || has_discarded && info.can(&Capability::Discarded);
    match (has_ignored, has_discarded) {
        _ if reports => None,
        (true, _) => Some("does not report ignored lines"),
        (false, true) => Some("does not report what the end of the stream discards"),
        (false, false) => None,
    }
}

/// Stops at the first cut that is wrong. If one is only late, the others are tried first: a wrong
/// event says more.
fn try_cuts(subject: &mut dyn Subject, case: &ParseCase, options: &Options) -> (Outcome, u64) {
    let mut judge = ParseJudge::new(case, subject);
    let mut late = None;
    let mut tried = 0;
    for cut in cuts_of(subject.info(), case, options) {
        tried += 1;
        match judge.try_cut(subject, &cut) {
            CutOutcome::Passed => {}
            CutOutcome::Skipped(why) => return (Outcome::Skipped { why }, tried),
            CutOutcome::NotRun(why) => return (Outcome::NotRun { why }, tried - 1),
            CutOutcome::Failed(failure) if failure.late => {
                late.get_or_insert(failure);
            }
            CutOutcome::Failed(failure) => {
                return (smallest(subject, case, failure).into(), tried);
            }
        }
    }
    let outcome = match late {
        Some(failure) => failure.into(),
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
            let own = case.own_cut.as_ref();
            Box::new(plan::cuts(&case.stream, own, options.plan, random))
        }
    }
}

/// Cuts come smallest first, so only a random one can be made smaller. A subject that gave no
/// answer is not asked again: each try could take the whole time limit.
fn smallest(subject: &mut dyn Subject, case: &ParseCase, failure: Box<Failure>) -> Box<Failure> {
    let Some(cut) = failure.cut.clone().filter(|_| !failure.lost) else {
        return failure;
    };
    let mut smallest = failure;
    shrink(cut, |smaller| {
        match ParseJudge::new(case, subject).try_cut(subject, smaller) {
            CutOutcome::Failed(failure) if !failure.lost && !failure.late => {
                smallest = failure;
                true
            }
            _ => false,
        }
    });
    smallest
}
