//! Where the server and the run meet: probes to be done, and what was seen of them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::probe::{Probe, Reconnection, Seen, SeenEvent};

/// Probes in one batch, at most.
const BATCH: usize = 96;
/// Bytes of the streams in one batch, about.
const BATCH_BYTES: usize = 2 << 20;
/// How long a page is kept waiting for work before it has to ask again.
const POLL: Duration = Duration::from_secs(10);

/// Shared by the run, which adds probes and waits, and the server, which serves them.
#[derive(Clone, Debug, Default)]
pub(super) struct Board(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    probes: BTreeMap<usize, Entry>,
    /// The number of the next probe that is added.
    next: usize,
    /// The number of the next probe that the page gets.
    waiting: usize,
    done: BTreeMap<usize, Seen>,
    /// Counts whatever the browser does, so that a standstill is noticed.
    steps: u64,
    is_open: bool,
}

#[derive(Debug)]
struct Entry {
    probe: Arc<Probe>,
    connections: u32,
    ended: Option<Instant>,
    reconnection: Option<Reconnection>,
}

/// What the page has to do.
#[derive(Debug, Serialize)]
pub(super) struct Task {
    n: usize,
    names: Vec<String>,
    reconnects: bool,
}

/// What the page saw.
#[derive(Debug, Deserialize)]
pub(super) struct Report {
    n: usize,
    events: Vec<SeenEvent>,
    #[serde(rename = "timedOut")]
    timed_out: bool,
}

/// What a connection for a probe is answered with.
#[derive(Debug)]
pub(super) enum Answer {
    /// The connection before that of the stream, which leaves a last event ID behind.
    Before(Vec<u8>),
    Stream(Arc<Probe>),
    /// The stream was sent: do not connect again.
    NoMore,
    Unknown,
}

impl Board {
    /// Adds probes to be done. Returns their numbers.
    pub(super) fn add(&self, probes: impl IntoIterator<Item = Probe>) -> Range<usize> {
        let mut state = self.lock();
        let first = state.next;
        for probe in probes {
            state.add(probe);
        }
        self.0.changed.notify_all();
        first..state.next
    }

    /// The next batch for the page; empty if there is none yet.
    pub(super) fn take_batch(&self) -> Vec<Task> {
        let state = self.step();
        let (mut state, _) = self
            .0
            .changed
            .wait_timeout_while(state, POLL, |state| state.waiting == state.next)
            .unwrap_or_else(PoisonError::into_inner);
        state.take_batch()
    }

    /// A connection for a probe.
    pub(super) fn connect(&self, number: usize, last_event_id: Option<Vec<u8>>) -> Answer {
        let mut state = self.step();
        match state.probes.get_mut(&number) {
            Some(entry) => entry.connect(last_event_id),
            None => Answer::Unknown,
        }
    }

    /// The last byte of a probe's stream was sent.
    pub(super) fn ended(&self, number: usize) {
        if let Some(entry) = self.step().probes.get_mut(&number) {
            entry.ended = Some(Instant::now());
        }
    }

    /// What the page saw of a batch.
    pub(super) fn report(&self, reports: Vec<Report>) {
        let mut state = self.step();
        for report in reports {
            state.finish(report);
        }
        self.0.changed.notify_all();
    }

    /// The browser has opened the page.
    pub(super) fn opened(&self) {
        self.step().is_open = true;
    }

    pub(super) fn is_open(&self) -> bool {
        self.lock().is_open
    }

    /// Waits until these probes are done, at most for a moment. Returns how many are, and how many
    /// steps the browser has made.
    pub(super) fn wait(&self, numbers: &Range<usize>, moment: Duration) -> (usize, u64) {
        let done = |state: &State| state.done.range(numbers.clone()).count();
        let (state, _) = self
            .0
            .changed
            .wait_timeout_while(self.lock(), moment, |state| done(state) < numbers.len())
            .unwrap_or_else(PoisonError::into_inner);
        (done(&state), state.steps)
    }

    /// Takes what was seen of these probes; nothing for one that is not done.
    pub(super) fn take(&self, numbers: Range<usize>) -> Vec<Seen> {
        let mut state = self.lock();
        let seen = numbers.map(|number| state.done.remove(&number));
        seen.map(Option::unwrap_or_default).collect()
    }

    fn step(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        state.steps += 1;
        state
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, probe: Probe) {
        let entry = Entry {
            probe: Arc::new(probe),
            connections: 0,
            ended: None,
            reconnection: None,
        };
        self.probes.insert(self.next, entry);
        self.next += 1;
    }

    /// Probes that reconnect wait for seconds and are kept apart: each batch is of one kind.
    fn take_batch(&mut self) -> Vec<Task> {
        let mut batch: Vec<Task> = Vec::new();
        let mut bytes = 0;
        for (number, entry) in self.probes.range(self.waiting..) {
            let task = entry.task(*number);
            let other_kind = batch
                .last()
                .is_some_and(|last| last.reconnects != task.reconnects);
            if other_kind || batch.len() == BATCH || bytes > BATCH_BYTES {
                break;
            }
            bytes += entry.probe.chunks.iter().map(Vec::len).sum::<usize>();
            batch.push(task);
            self.waiting = number + 1;
        }
        batch
    }

    fn finish(&mut self, report: Report) {
        if let Some(entry) = self.probes.remove(&report.n) {
            let seen = Seen {
                events: report.events,
                timed_out: report.timed_out,
                reconnection: entry.reconnection,
            };
            self.done.insert(report.n, seen);
        }
    }
}

impl Entry {
    fn task(&self, n: usize) -> Task {
        Task {
            n,
            names: self.probe.names.clone(),
            reconnects: self.probe.reconnects || self.probe.initial_id.is_some(),
        }
    }

    fn connect(&mut self, last_event_id: Option<Vec<u8>>) -> Answer {
        self.connections += 1;
        let before = u32::from(self.probe.initial_id.is_some());
        match (&self.probe.initial_id, self.connections) {
            (Some(id), 1) => Answer::Before(before_stream(id)),
            (_, count) if count == before + 1 => Answer::Stream(self.probe.clone()),
            _ => {
                if let (Some(ended), None) = (self.ended, &self.reconnection) {
                    self.reconnection = Some(Reconnection {
                        after: ended.elapsed(),
                        last_event_id,
                    });
                }
                Answer::NoMore
            }
        }
    }
}

/// The data of the event that leaves an ID behind: without data, not every engine keeps the ID.
pub(super) const BEFORE_DATA: &str = "before";
/// The reconnection time (ms) that is set with it, so that the stream proper soon begins.
pub(super) const BEFORE_RETRY: u64 = 1;

fn before_stream(id: &str) -> Vec<u8> {
    format!("retry: {BEFORE_RETRY}\ndata: {BEFORE_DATA}\nid: {id}\n\n").into_bytes()
}
