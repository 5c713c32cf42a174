//! Where the drivers and the browser meet: pages that should be open, and the lines that they sent.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

/// How long a page is kept waiting for news before it has to ask again.
const POLL: Duration = Duration::from_secs(10);

/// Shared by the threads of the server.
#[derive(Clone, Debug, Default)]
pub(super) struct Desk(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Counts the changes of `pages`.
    version: u64,
    /// The number of the next page.
    next: usize,
    pages: BTreeMap<usize, Page>,
    is_open: bool,
}

#[derive(Debug)]
struct Page {
    url: String,
    lines: Vec<String>,
}

/// The pages that should be open.
#[derive(Debug, Serialize)]
pub(super) struct Wanted {
    version: u64,
    pages: Vec<(usize, String)>,
}

impl Desk {
    /// Wants a page whose `EventSource` connects to this URL. Returns its number.
    pub(super) fn open(&self, url: String) -> usize {
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        let lines = Vec::new();
        state.pages.insert(number, Page { url, lines });
        self.change(state);
        number
    }

    pub(super) fn close(&self, number: usize) {
        let mut state = self.lock();
        state.pages.remove(&number);
        self.change(state);
    }

    /// Waits a while until the pages are others than in this version.
    pub(super) fn wanted(&self, version: u64) -> Wanted {
        let mut state = self.lock();
        state.is_open = true;
        self.0.changed.notify_all();
        let state = self.wait(state, POLL, |state| state.version == version);
        let pages = state.pages.iter();
        Wanted {
            version: state.version,
            pages: pages
                .map(|(number, page)| (*number, page.url.clone()))
                .collect(),
        }
    }

    /// Lines of pages. A page that is closed already says nothing more.
    pub(super) fn say(&self, lines: Vec<(usize, String)>) {
        let mut state = self.lock();
        for (number, line) in lines {
            if let Some(page) = state.pages.get_mut(&number) {
                page.lines.push(line);
            }
        }
        self.0.changed.notify_all();
    }

    /// Waits a moment for lines of this page.
    pub(super) fn lines(&self, number: usize, moment: Duration) -> Vec<String> {
        let is_silent = |state: &mut State| {
            let page = state.pages.get(&number);
            page.is_none_or(|page| page.lines.is_empty())
        };
        let mut state = self.wait(self.lock(), moment, is_silent);
        let page = state.pages.get_mut(&number);
        page.map(|page| mem::take(&mut page.lines))
            .unwrap_or_default()
    }

    /// Waits until the browser has opened its first page. Returns whether it has.
    pub(super) fn is_open(&self, moment: Duration) -> bool {
        self.wait(self.lock(), moment, |state| !state.is_open)
            .is_open
    }

    fn wait<'d>(
        &'d self,
        state: MutexGuard<'d, State>,
        time: Duration,
        condition: impl FnMut(&mut State) -> bool,
    ) -> MutexGuard<'d, State> {
        let waited = self.0.changed.wait_timeout_while(state, time, condition);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn change(&self, mut state: MutexGuard<'_, State>) {
        state.version += 1;
        drop(state);
        self.0.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
