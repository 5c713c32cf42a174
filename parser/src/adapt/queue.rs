use alloc::collections::VecDeque;

use crate::{Chunk, LimitExceeded, OwnedEvent, Parser};

/// The events of one chunk, until they are asked for.
///
/// An adapter owns its buffer and cannot keep a [`Chunk`] borrowed from it, and
/// a new `Chunk` per event over the same bytes would check their UTF-8 again
/// and again. So all events of a chunk are taken at once. What is queued is
/// bounded by the chunk.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) parser: Parser,
    ready: VecDeque<Result<OwnedEvent, LimitExceeded>>,
}

impl Queue {
    pub(super) fn new(parser: Parser) -> Self {
        Self {
            parser,
            ready: VecDeque::new(),
        }
    }

    pub(super) fn pop(&mut self) -> Option<Result<OwnedEvent, LimitExceeded>> {
        self.ready.pop_front()
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let mut chunk = Chunk::new(bytes);
        while let Some(event) = self.parser.next_event(&mut chunk).transpose() {
            self.ready.push_back(event.map(crate::Event::into_owned));
        }
    }
}
