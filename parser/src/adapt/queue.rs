use alloc::collections::VecDeque;

use crate::{Chunk, LimitExceeded, OwnedEvent, Parser};

/// How many events are taken at once.
///
/// As many allocations of one size the allocator of glibc keeps at hand: the values of a whole chunk
/// of events are more than that.
const BATCH: usize = 7;

/// The next events of a chunk, until they are asked for.
///
/// An adapter owns its buffer and cannot keep a [`Chunk`] borrowed from it, and a new `Chunk` per
/// event would check UTF-8 value by value, or the same bytes again and again. So a few events are
/// taken at once, with a window that is about as long as they are.
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

    /// The next event of `bytes`, of which those from `read` on were not read yet; `None` where
    /// they are used up.
    #[inline]
    pub(super) fn next(&mut self, bytes: &[u8], read: &mut usize) -> Option<Result<OwnedEvent, E>> {
        if self.ready.is_empty() {
            *read += self.fill(bytes.get(*read..)?);
        }
        self.ready.pop_front()
    }

    /// Takes a few events, or all there are; gives the number of bytes read.
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
