//! Certifies the golden vectors: each stream in several ways through a browser, judged by its readings.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use esse_behaviour::connect::event_types;
use esse_conformance::runner::Cut;
use esse_conformance::suite::ParseCase;

use super::describe::describe;
use super::model::Reading;
use super::probe::{Probe, Seen};
use super::profile::Profile;
use super::quirk::Quirks;
use super::session::{Session, Stopped};
use super::verdict::{Verdict, judge, known};

/// Streams up to this length (bytes) are also sent byte by byte.
pub const BYTES_UP_TO: usize = 256;
/// How often a probe is made again that did not come out as predicted: pieces may have arrived as one, and a
/// busy machine may have been late.
const AGAIN: u32 = 2;
pub(super) const PAUSE: Duration = Duration::from_millis(3);
pub(super) const LONG_PAUSE: Duration = Duration::from_millis(25);

/// How the browser read one vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The browser read the stream as the vector says.
    Agrees,
    /// It read it in another way, just as these documented deviations predict.
    Deviates(Vec<String>),
    /// Neither; this says how.
    Unexpected(String),
}

/// The result of one vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certified {
    /// The ID of the vector.
    pub id: String,
    /// How the browser read it.
    pub outcome: Outcome,
}

/// Sends the stream of every vector through the browser: whole, with the reconnection after it; byte by
/// byte if it is short, and in its own cut if it has one. Calls `progress` with the number of streams
/// that are done, and of all.
///
/// # Errors
/// If the browser ends, stands still, or takes too long.
///
/// ```no_run
/// use std::time::Duration;
/// use esse_conformance::suite::Suite;
/// use esse_matrix::certify::{Engine, Session, certify};
///
/// let mut session = Session::open(Engine::Chromium, None, Duration::from_secs(600))?;
/// let suite = Suite::load()?.filter(&["bom/then-lf".to_owned()])?;
/// let results = certify(&mut session, &suite.parse, &mut |_, _| {})?;
/// println!("{:?}", results[0].outcome); // Deviates(["bom-hides-line-end"])
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn certify(
    session: &mut Session,
    cases: &[ParseCase],
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Certified>, Stopped> {
    let mut trials = trials(cases);
    let mut open: Vec<usize> = (0..trials.len()).collect();
    for _ in 0..=AGAIN {
        let probes = open.iter().map(|index| trials[*index].probe.clone());
        let total = open.len();
        let seen = session.run(probes.collect(), &mut |done| progress(done, total))?;
        for (index, seen) in open.iter().zip(seen) {
            trials[*index].judge(seen, session.profile());
        }
        open.retain(|index| trials[*index].is_open());
        if open.is_empty() {
            break;
        }
        for index in &open {
            trials[*index].probe.pause = LONG_PAUSE;
        }
    }
    Ok(cases
        .iter()
        .enumerate()
        .map(|(index, case)| summary(case, index, &trials, session.profile()))
        .collect())
}

/// A stream in one cut.
pub(super) struct Trial<'c> {
    case: usize,
    pub(super) cut: &'c str,
    pub(super) right: Rc<Vec<Reading>>,
    pub(super) probe: Probe,
    seen: Seen,
    verdict: Verdict,
}

impl Trial<'_> {
    fn judge(&mut self, seen: Seen, profile: &Profile) {
        self.verdict = judge(&seen, &self.probe, &self.right, profile);
        self.seen = seen;
    }

    fn is_open(&self) -> bool {
        matches!(self.verdict, Verdict::Unknown | Verdict::Outdated(_))
    }
}

/// Those that reconnect come last: they take seconds each, many at a time.
fn trials(cases: &[ParseCase]) -> Vec<Trial<'_>> {
    let trials = cases.iter().enumerate();
    let trials = trials.flat_map(|(index, case)| trials_of(index, case));
    let mut trials: Vec<Trial<'_>> = trials.collect();
    trials.sort_by_key(|trial| (trial.probe.reconnects, trial.probe.initial_id.is_some()));
    trials
}

pub(super) fn trials_of(index: usize, case: &ParseCase) -> Vec<Trial<'_>> {
    let names = event_types(&case.stream);
    let known = known(case.last_event_id.as_deref());
    let right = case
        .readings
        .iter()
        .map(|reading| Reading::of(reading.parsed.clone(), &known));
    let right = Rc::new(right.collect::<Vec<_>>());
    let bytes = (case.stream.len() > 1 && case.stream.len() <= BYTES_UP_TO).then_some(&Cut::Bytes);
    let cuts = [
        ("whole", Some(&Cut::Whole)),
        ("bytes", bytes),
        ("its own cut", case.own_cut.as_ref()),
    ];
    let trial = |(name, cut): (&'static str, Option<&Cut>)| {
        Some(Trial {
            case: index,
            cut: name,
            right: right.clone(),
            probe: Probe {
                chunks: pieces(&case.stream, cut?),
                pause: PAUSE,
                names: names.clone(),
                initial_id: case.last_event_id.clone(),
                reconnects: name == "whole",
            },
            seen: Seen::default(),
            verdict: Verdict::Unknown,
        })
    };
    cuts.into_iter().filter_map(trial).collect()
}

/// A stream in the pieces of a cut. HTTP has no empty ones.
pub(super) fn pieces(stream: &[u8], cut: &Cut) -> Vec<Vec<u8>> {
    let pieces = cut.chunks(stream).into_iter();
    pieces
        .filter(|piece| !piece.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

fn summary(case: &ParseCase, index: usize, trials: &[Trial<'_>], profile: &Profile) -> Certified {
    let mut names = Quirks::new();
    let mut unexpected = Vec::new();
    for trial in trials.iter().filter(|trial| trial.case == index) {
        match &trial.verdict {
            Verdict::Agrees => {}
            Verdict::Deviates(quirks) => names.extend(quirks),
            verdict => unexpected.push(describe(
                trial.cut,
                verdict,
                &trial.seen,
                &trial.probe,
                &trial.right,
                profile,
            )),
        }
    }
    let names: BTreeSet<String> = names.iter().map(ToString::to_string).collect();
    Certified {
        id: case.vector.id.clone(),
        outcome: if !unexpected.is_empty() {
            Outcome::Unexpected(unexpected.join("\n"))
        } else if names.is_empty() {
            Outcome::Agrees
        } else {
            Outcome::Deviates(names.into_iter().collect())
        },
    }
}
