//! Pages of the stream, read once for all who want them at the same time.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

use super::id::EntryId;
use crate::log::Page;
use crate::sync::Mutex;

/// The pages that are being read, by the entry before them. When many clients come back with the
/// same ID, they all wait for one page, and share its records.
#[derive(Default)]
pub(super) struct Pages(Mutex<HashMap<Option<EntryId>, WeakShared<BoxFuture<'static, Page>>>>);

impl Pages {
    /// The page after this entry: the one that is being read, or else what `read` reads.
    pub(super) fn get(
        &self,
        after: Option<EntryId>,
        read: impl Future<Output = Page> + Send + 'static,
    ) -> Shared<BoxFuture<'static, Page>> {
        let mut pages = self.0.lock();
        let being_read = pages.get(&after).and_then(WeakShared::upgrade);
        if let Some(page) = being_read.filter(|page| page.peek().is_none()) {
            return page;
        }
        pages.retain(|_, page| page.upgrade().is_some());
        let page = read.boxed().shared();
        if let Some(weak) = page.downgrade() {
            pages.insert(after, weak);
        }
        page
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}
