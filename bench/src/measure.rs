//! Checks and times the subjects on one sample in chunks of one size.

use std::time::{Duration, Instant};

use crate::peers::{Kind, Subject};
use crate::rounds::{Run, Time};
use crate::sink::Discard;
use crate::{ChunkSize, Feed, Plan, Sample, Verdict};

/// A subject on one sample in chunks of one size.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) subject: Subject,
    pub(crate) verdict: Verdict,
    pub(crate) time: Time,
}

impl Cell {
    /// Whether it gave the right events, all of them.
    pub(crate) fn is_exact(&self) -> bool {
        self.verdict == Verdict::Exact
    }

    pub(crate) fn nanoseconds(&self) -> Option<f64> {
        self.time.nanoseconds()
    }
}

/// Checks all subjects, then times them in interleaved rounds.
pub(crate) fn column(
    subjects: &[Subject],
    sample: &Sample,
    size: ChunkSize,
    plan: &Plan,
) -> Vec<Cell> {
    let verdict = |subject: &Subject| match subject.kind {
        Kind::Limit => Verdict::Exact,
        Kind::Esse | Kind::Peer => subject.verdict(sample, size, plan.cap),
    };
    let verdicts: Vec<Verdict> = subjects.iter().map(verdict).collect();
    let subject_and_verdict = subjects.iter().zip(&verdicts);
    let mut runs: Vec<Run<'_>> = subject_and_verdict
        .map(|(subject, verdict)| match verdict {
            Verdict::Late => Box::new(|_| plan.cap * 2) as Run<'_>,
            _ => Box::new(|deadline| time(subject, sample, size, deadline)),
        })
        .collect();
    let times = plan.measure(&mut runs);
    drop(runs);
    let cells = subjects.iter().zip(verdicts).zip(times);
    cells
        .map(|((subject, verdict), time)| Cell {
            subject: *subject,
            verdict,
            time,
        })
        .collect()
}

/// The fastest of the peers whose events are right.
pub(crate) fn best_peer<'c>(cells: impl IntoIterator<Item = &'c Cell>) -> Option<&'c Cell> {
    let peers = cells
        .into_iter()
        .filter(|cell| cell.subject.kind == Kind::Peer);
    peers
        .filter(|cell| cell.is_exact() && cell.nanoseconds().is_some())
        .min_by(|a, b| {
            a.nanoseconds()
                .partial_cmp(&b.nanoseconds())
                .unwrap_or(std::cmp::Ordering::Equal)
        })
}

fn time(subject: &Subject, sample: &Sample, size: ChunkSize, deadline: Instant) -> Duration {
    let feed = Feed::new(sample.bytes.clone(), size, deadline);
    let mut sink = Discard::new(deadline);
    let start = Instant::now();
    // One that fails or differs is timed as far as it comes, and marked in the table.
    let _ = subject.parse(&feed, &mut sink);
    start.elapsed()
}
