//! Pages of the stream, read once for all who want them at about the same time.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio::time::Instant;

use super::id::EntryId;
use crate::log::Page;
use crate::sync::Mutex;

/// How long a page is kept for others, because a crowd does not come back in one moment.
const FRESH: Duration = Duration::from_secs(1);
/// How many pages are kept.
const KEPT: usize = 4;

/// When many clients come back with the same ID, they all wait for one page, and share its records.
#[derive(Default)]
pub(super) struct Pages(Mutex<Known>);

type Reading = Shared<BoxFuture<'static, Page>>;

#[derive(Default)]
struct Known {
    /// The pages that somebody holds, by the entry before them.
    pages: HashMap<Option<EntryId>, WeakShared<BoxFuture<'static, Page>>>,
    /// Holds the newest pages.
    kept: VecDeque<(Instant, Reading)>,
}

impl Pages {
    /// The page after this entry: one that is known, or else what `read` reads.
    pub(super) async fn get<R>(&self, after: Option<EntryId>, read: impl Fn() -> R) -> Page
    where
        R: Future<Output = Page> + Send + 'static,
    {
        let (page, is_new) = self.reading(after, &read);
        let page = page.await;
        if is_new || stays_true(after, &page) {
            return page;
        }
        // It was being read before it was asked for here, so there may be entries since. Whatever is
        // being read now began after that.
        self.reading(after, &read).0.await
    }

    /// Returns whether nobody was reading it yet.
    fn reading<R>(&self, after: Option<EntryId>, read: &impl Fn() -> R) -> (Reading, bool)
    where
        R: Future<Output = Page> + Send + 'static,
    {
        let mut known = self.0.lock();
        known.forget_old();
        let page = known.pages.get(&after).and_then(WeakShared::upgrade);
        let is_true = |page: &Page| stays_true(after, page);
        if let Some(page) = page.filter(|page| page.peek().is_none_or(is_true)) {
            return (page, false);
        }
        let page = read().boxed().shared();
        known.add(after, &page);
        (page, true)
    }
}

/// Instead of an empty page there may be entries now. And the first page, after no entry, changes when
/// the stream is trimmed.
fn stays_true(after: Option<EntryId>, page: &Page) -> bool {
    after.is_some() && matches!(page, Page::Records(records) if !records.is_empty())
}

impl Known {
    fn add(&mut self, after: Option<EntryId>, page: &Reading) {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back((Instant::now(), page.clone()));
        self.pages.retain(|_, page| page.upgrade().is_some());
        self.pages
            .extend(page.downgrade().map(|page| (after, page)));
    }

    fn forget_old(&mut self) {
        let is_old = |(read, _): &(Instant, _)| read.elapsed() > FRESH;
        while self.kept.front().is_some_and(is_old) {
            self.kept.pop_front();
        }
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use esse_encoder::Block;
    use futures_util::future::ready;
    use tokio::sync::oneshot;

    use super::*;
    use crate::gap::GapCause;
    use crate::record::Record;

    /// Pages whose reads are counted.
    #[derive(Default)]
    struct Counted {
        pages: Pages,
        reads: Arc<AtomicUsize>,
    }

    impl Counted {
        async fn get(&self, after: &str, page: Page) {
            let read = || {
                let (reads, page) = (Arc::clone(&self.reads), page.clone());
                async move {
                    reads.fetch_add(1, Ordering::Relaxed);
                    page
                }
            };
            self.pages.get(after.parse().ok(), read).await;
        }

        fn reads(&self) -> usize {
            self.reads.load(Ordering::Relaxed)
        }
    }

    fn records() -> Page {
        Page::Records(vec![Arc::new(Record::new(&Block::event("x")))])
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_is_read_once_in_a_second() {
        let counted = Counted::default();
        for reads in 1..4 {
            for _ in 0..10 {
                counted.get("1-0", records()).await;
            }
            assert_eq!(counted.reads(), reads);
            tokio::time::advance(FRESH + Duration::from_millis(1)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn few_pages_are_kept() {
        let counted = Counted::default();
        let pages = ["1-0", "2-0", "3-0", "4-0", "5-0"];
        for page in pages.iter().chain(&pages[1..]) {
            counted.get(page, records()).await;
        }
        assert_eq!(counted.reads(), pages.len());
        counted.get(pages[0], records()).await;
        assert_eq!(counted.reads(), pages.len() + 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_be_different_now_is_not_kept() {
        let oldest = "";
        for (after, page) in [
            ("1-0", Page::Records(Vec::new())),
            ("1-0", Page::Gap(GapCause::TooOld)),
            (oldest, records()),
        ] {
            let counted = Counted::default();
            counted.get(after, page.clone()).await;
            counted.get(after, page).await;
            assert_eq!(counted.reads(), 2);
        }
    }

    /// Entries may have been added after the read began.
    #[tokio::test]
    async fn an_empty_page_that_was_being_read_already_is_read_again() {
        let (pages, after) = (Pages::default(), "1-0".parse().ok());
        let (answer, answered) = oneshot::channel();
        let answered = answered.map(|page| page.unwrap()).shared();
        let mut first = Box::pin(pages.get(after, || answered.clone()));
        assert!((&mut first).now_or_never().is_none());
        let mut others = [0, 1].map(|_| Box::pin(pages.get(after, || ready(records()))));
        for other in &mut others {
            assert!(other.now_or_never().is_none());
        }
        answer.send(Page::Records(Vec::new())).unwrap();
        let is_empty = |page| matches!(page, Page::Records(records) if records.is_empty());
        assert!(is_empty(first.await));
        for other in others {
            assert!(!is_empty(other.await));
        }
    }
}
