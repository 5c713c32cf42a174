//! The events that an adapter has parsed and not returned yet.

use alloc::collections::VecDeque;

use crate::{Chunk, LimitExceeded, OwnedEvent, Parser};

/// How many events are parsed at once: glibc's allocator keeps seven free blocks of each size at
/// hand, and the values of a whole chunk of events are more than that.
const BATCH: usize = 7;

/// Parses a few events of a chunk ahead.
///
/// An adapter owns its buffer, so it cannot keep a [`Chunk`] that borrows from it. A new `Chunk`
/// for each event would check UTF-8 value by value, or the same bytes repeatedly. So a few events
/// are parsed at once, with a window that is about as long as they are.
#[derive(Debug)]
pub(super) struct Queue<E> {
    pub(super) parser: Parser,
    ready: VecDeque<Result<OwnedEvent, E>>,
}

impl<E: From<LimitExceeded>> Queue<E> {
    pub(super) fn new(parser: Parser) -> Self {
        Self {
            parser,
            ready: VecDeque::with_capacity(BATCH),
        }
    }

    /// Returns the next event of `bytes`, of which the first `read` have been parsed, or `None`
    /// when all have been.
    #[inline]
    pub(super) fn next(&mut self, bytes: &[u8], read: &mut usize) -> Option<Result<OwnedEvent, E>> {
        if self.ready.is_empty() {
            *read += self.fill(bytes.get(*read..)?);
        }
        self.ready.pop_front()
    }

    /// Parses a few events and returns the number of bytes read.
    fn fill(&mut self, bytes: &[u8]) -> usize {
        let mut chunk = Chunk::with_small_windows(bytes);
        while self.ready.len() < BATCH {
            self.ready
                .push_back(match self.parser.next_event(&mut chunk) {
                    Ok(Some(event)) => Ok(event.into_owned()),
                    Ok(None) => break,
                    Err(error) => Err(error.into()),
                });
        }
        chunk.position()
    }
}
