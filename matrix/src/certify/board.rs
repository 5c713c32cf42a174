//! Where the server and the run meet: probes to be done, and what was seen of them.

use std::collections::{BTreeMap, VecDeque};
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
    waiting: VecDeque<usize>,
    probes: BTreeMap<usize, Entry>,
    next: usize,
    done: BTreeMap<usize, Seen>,
    /// Counts whatever the browser does, so that a standstill is noticed.
    steps: u64,
    agent: Option<String>,
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

/// How far the browser has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) steps: u64,
    pub(super) done: usize,
}

impl Board {
    /// Adds probes to be done; the result names them.
    pub(super) fn add(&self, probes: impl IntoIterator<Item = Probe>) -> Vec<usize> {
        let mut state = self.lock();
        let numbers = probes.into_iter().map(|probe| state.add(probe)).collect();
        drop(state);
        self.0.changed.notify_all();
        numbers
    }

    /// The next batch for the page; empty if there is none yet.
    pub(super) fn take_batch(&self) -> Vec<Task> {
        let state = self.step();
        let (mut state, _) = self
            .0
            .changed
            .wait_timeout_while(state, POLL, |state| state.waiting.is_empty())
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
        drop(state);
        self.0.changed.notify_all();
    }

    /// The page was opened, by this browser.
    pub(super) fn opened(&self, agent: String) {
        self.step().agent = Some(agent);
    }

    /// How the browser names itself, once it has opened the page.
    pub(super) fn agent(&self) -> Option<String> {
        self.lock().agent.clone()
    }

    /// Waits until these probes are done, at most for a moment.
    pub(super) fn wait(&self, numbers: &[usize], moment: Duration) -> Progress {
        let open = |state: &mut State| numbers.iter().any(|n| !state.done.contains_key(n));
        let (state, _) = self
            .0
            .changed
            .wait_timeout_while(self.lock(), moment, open)
            .unwrap_or_else(PoisonError::into_inner);
        Progress {
            steps: state.steps,
            done: numbers
                .iter()
                .filter(|n| state.done.contains_key(n))
                .count(),
        }
    }

    /// Takes what was seen of these probes; nothing for one that is not done.
    pub(super) fn take(&self, numbers: &[usize]) -> Vec<Seen> {
        let mut state = self.lock();
        numbers
            .iter()
            .map(|number| state.done.remove(number).unwrap_or_default())
            .collect()
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
    fn add(&mut self, probe: Probe) -> usize {
        let number = self.next;
        self.next += 1;
        let entry = Entry {
            probe: Arc::new(probe),
            connections: 0,
            ended: None,
            reconnection: None,
        };
        self.probes.insert(number, entry);
        self.waiting.push_back(number);
        number
    }

    /// Probes that reconnect wait for seconds and are kept apart: each batch is of one kind.
    fn take_batch(&mut self) -> Vec<Task> {
        let mut batch: Vec<Task> = Vec::new();
        let mut bytes = 0;
        while let Some(number) = self.waiting.front().copied() {
            let Some(entry) = self.probes.get(&number) else {
                self.waiting.pop_front();
                continue;
            };
            let task = entry.task(number);
            let other_kind = batch
                .last()
                .is_some_and(|last| last.reconnects != task.reconnects);
            if other_kind || batch.len() == BATCH || bytes > BATCH_BYTES {
                break;
            }
            bytes += entry.probe.chunks.iter().map(Vec::len).sum::<usize>();
            batch.push(task);
            self.waiting.pop_front();
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
