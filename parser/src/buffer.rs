//! The buffers of a parser: text, bounded while it is filled, and shrunk when it is filled again after a
//! huge value.

use alloc::string::String;

use crate::work;

/// The capacity that a buffer may keep for the next block, in bytes.
const KEPT_CAPACITY: usize = 64 * 1024;

/// Text up to this length is copied out of a buffer, which keeps its memory. Longer text leaves
/// with the memory.
const COPIED: usize = 4 * 1024;

/// A buffer of decoded text.
#[cfg_attr(test, derive(PartialEq))]
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffer(String);

impl Buffer {
    #[inline]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Appends `text`; false if the buffer would then hold more than `limit` bytes.
    #[inline]
    pub(crate) fn push(&mut self, text: &str, limit: usize) -> bool {
        let fits = text.len() <= limit.saturating_sub(self.0.len());
        if fits {
            work::count(text.len());
            self.0.push_str(text);
        }
        fits
    }

    /// Appends an LF and `line`; `None` if the buffer would then hold more than `limit` bytes.
    #[inline]
    pub(crate) fn push_line(&mut self, line: &str, limit: usize) -> Option<()> {
        let fits = line.len() < limit.saturating_sub(self.0.len());
        if fits {
            work::count(line.len());
            self.0.reserve(1 + line.len());
            self.0.push('\n');
            self.0.push_str(line);
        }
        fits.then_some(())
    }

    /// Replaces the content.
    pub(crate) fn refill(&mut self, text: &str) {
        self.clear();
        self.push(text, usize::MAX);
    }

    /// Empties the buffer, and frees it if its last content needed far less than it has.
    ///
    /// It is not shrunk: what is left of a large block stays a mapping of its own in glibc, which then
    /// grows by page faults. Huge events in a row took 3.7 times as long.
    pub(crate) fn clear(&mut self) {
        let used = self.0.len();
        self.0.clear();
        if self.0.capacity() > KEPT_CAPACITY.max(used.saturating_mul(4)) {
            self.free();
        }
    }

    /// Frees what a huge value made large, after an event that did not need the buffer.
    #[inline]
    pub(crate) fn give_back(&mut self) {
        if self.0.capacity() > KEPT_CAPACITY {
            self.free();
        }
    }

    #[cold]
    fn free(&mut self) {
        self.0 = String::new();
    }

    /// Returns the content as a string of its own.
    pub(crate) fn take(&mut self) -> String {
        if self.0.len() <= COPIED {
            self.0.as_str().into()
        } else {
            core::mem::take(&mut self.0)
        }
    }
}

impl From<String> for Buffer {
    fn from(text: String) -> Self {
        Self(text)
    }
}

#[cfg(all(test, feature = "reference"))]
impl Buffer {
    /// Overwrites what is left of a value that must not matter any more.
    pub(crate) fn poison(&mut self) {
        self.refill("stale");
    }
}
