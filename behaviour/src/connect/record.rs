//! What happened in one scenario, as it happens: written by the threads of the server and of the
//! driver, and read by the judge.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use esse_vectors::connect::Said;

use super::info::ClientInfo;
use super::request::Request;
use super::said::Line;

/// What happened, shared by all threads of a scenario.
#[derive(Debug, Default)]
pub(super) struct Record {
    seen: Mutex<Seen>,
    changed: Condvar,
}

/// What has happened so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// The requests in the order in which their heads arrived.
    pub(super) requests: Vec<Arrived>,
    /// What the driver said about its client first.
    pub(super) info: Option<ClientInfo>,
    /// What else the driver printed.
    pub(super) lines: Vec<Line>,
    /// The driver will print nothing more.
    pub(super) is_silent: bool,
    /// When something happened last.
    pub(super) changed_at: Option<Instant>,
    /// It is over, for the threads of the server.
    pub(super) is_over: bool,
}

impl Seen {
    /// What the user saw.
    pub(super) fn said(&self) -> impl Iterator<Item = &Said> {
        self.lines.iter().filter_map(|line| match line {
            Line::Said { said, .. } => Some(said),
            Line::FinalError | Line::Unknown(_) => None,
        })
    }

    /// The client has made no request, and its driver has printed nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.lines.is_empty() && self.info.is_none()
    }

    /// The client has lost a connection, or has failed to make one.
    pub(super) fn has_error(&self) -> bool {
        self.said().any(|said| *said == Said::Error)
    }
}

/// A request, and what became of its connection.
#[derive(Clone, Debug)]
pub(super) struct Arrived {
    pub(super) request: Request,
    pub(super) at: Instant,
    /// When the end of the response began to be sent, or something that the client may take for it.
    pub(super) response_ended: Option<Instant>,
    /// The client ended the connection first.
    pub(super) hung_up: bool,
}

impl Record {
    /// Adds a request, and returns its index.
    pub(super) fn request(&self, request: Request, at: Instant) -> usize {
        self.change(|seen| {
            seen.requests.push(Arrived {
                request,
                at,
                response_ended: None,
                hung_up: false,
            });
            seen.requests.len() - 1
        })
    }

    /// The response to this request is about to end.
    pub(super) fn response_ends(&self, index: usize) {
        self.change(|seen| seen.requests[index].response_ended = Some(Instant::now()));
    }

    pub(super) fn hung_up(&self, index: usize) {
        self.change(|seen| seen.requests[index].hung_up = true);
    }

    pub(super) fn describe(&self, info: ClientInfo) {
        self.change(|seen| seen.info = Some(info));
    }

    pub(super) fn line(&self, line: Line) {
        self.change(|seen| seen.lines.push(line));
    }

    pub(super) fn driver_ended(&self) {
        self.change(|seen| seen.is_silent = true);
    }

    pub(super) fn finish(&self) {
        self.change(|seen| seen.is_over = true);
    }

    pub(super) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    /// Waits this long, but not longer than the scenario. Returns whether it goes on.
    pub(super) fn pause(&self, time: Duration) -> bool {
        let seen = self.lock();
        let waited = self
            .changed
            .wait_timeout_while(seen, time, |seen| !seen.is_over);
        !waited.unwrap_or_else(PoisonError::into_inner).0.is_over
    }

    /// Waits until `is_so`, but not longer than the scenario. Returns whether it goes on.
    pub(super) fn reaches(&self, is_so: impl Fn(&Seen) -> bool) -> bool {
        let seen = self.lock();
        let waited = self
            .changed
            .wait_while(seen, |seen| !seen.is_over && !is_so(seen));
        !waited.unwrap_or_else(PoisonError::into_inner).is_over
    }

    /// Waits until `is_so`, but not beyond `until` of what has been seen.
    pub(super) fn wait(&self, is_so: impl Fn(&Seen) -> bool, until: impl Fn(&Seen) -> Instant) {
        let mut seen = self.lock();
        while !is_so(&seen) {
            let left = until(&seen).saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.changed.wait_timeout(seen, left);
            seen = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn seen(&self) -> Seen {
        self.lock().clone()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Seen) -> T) -> T {
        let mut seen = self.lock();
        let result = change(&mut seen);
        seen.changed_at = Some(Instant::now());
        self.changed.notify_all();
        result
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        // A thread that panicked while it held the lock has changed nothing by halves.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_has_done_something_once_it_has_said_anything() {
        let said: [fn(&Record); 2] = [
            |record| record.describe(ClientInfo::unknown("x")),
            |record| record.line(Line::Unknown("x".to_owned())),
        ];
        for say in said {
            let record = Record::default();
            assert!(record.seen().is_empty());
            say(&record);
            assert!(!record.seen().is_empty());
        }
    }
}
