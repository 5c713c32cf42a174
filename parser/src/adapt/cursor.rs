//! The place of an adapter in its chunk.

use core::marker::PhantomData;

use crate::{Chunk, ChunkState, LimitExceeded, OwnedEvent, OwnedItem, Parser};

/// What an adapter hands out: events, or everything that the stream contains.
pub trait Output: Sized {
    #[doc(hidden)]
    fn next<R>(
        parser: &mut Parser,
        chunk: &mut Chunk<'_>,
        wrap: impl Fn(Result<Self, LimitExceeded>) -> R,
    ) -> Option<R>;

    #[doc(hidden)]
    fn last(parser: &mut Parser) -> Result<Option<Self>, LimitExceeded>;
}

impl Output for OwnedEvent {
    #[inline]
    fn next<R>(
        parser: &mut Parser,
        chunk: &mut Chunk<'_>,
        wrap: impl Fn(Result<Self, LimitExceeded>) -> R,
    ) -> Option<R> {
        parser.next_owned(chunk, wrap)
    }

    fn last(parser: &mut Parser) -> Result<Option<Self>, LimitExceeded> {
        Ok(parser.last_event()?.map(Self::from))
    }
}

impl Output for OwnedItem {
    fn next<R>(
        parser: &mut Parser,
        chunk: &mut Chunk<'_>,
        wrap: impl Fn(Result<Self, LimitExceeded>) -> R,
    ) -> Option<R> {
        let item = parser.next_item(chunk).transpose()?;
        Some(wrap(item.map(crate::Item::into_owned)))
    }

    fn last(parser: &mut Parser) -> Result<Option<Self>, LimitExceeded> {
        Ok(parser.last_event()?.map(|event| Self::Event(event.into())))
    }
}

/// A parser, and how far it has read the current chunk.
///
/// An adapter owns its buffer, so it cannot keep a [`Chunk`] that borrows from it. It keeps the
/// place of the chunk instead, and reads one event at a time: the parser is never ahead of what was
/// handed out.
#[derive(Debug)]
pub(super) struct Cursor<T> {
    pub(super) parser: Parser,
    state: ChunkState,
    output: PhantomData<fn() -> T>,
}

impl<T> Cursor<T> {
    pub(super) fn new(parser: Parser) -> Self {
        Self {
            parser,
            state: ChunkState::default(),
            output: PhantomData,
        }
    }

    /// The same place, for another kind of output.
    pub(super) fn into<U>(self) -> Cursor<U> {
        Cursor {
            parser: self.parser,
            state: self.state,
            output: PhantomData,
        }
    }

    /// Begins a new chunk.
    #[inline]
    pub(super) fn begin(&mut self) {
        self.state.begin();
    }

    /// How much of the chunk has been read, in bytes.
    #[cfg(any(feature = "codec", feature = "stream"))]
    pub(super) const fn position(&self) -> usize {
        self.state.position()
    }
}

impl<T: Output> Cursor<T> {
    /// Returns the next output of the chunk in what `wrap` makes of it, or `None` when the chunk has
    /// been read.
    #[inline]
    pub(super) fn next<R>(
        &mut self,
        bytes: &[u8],
        wrap: impl Fn(Result<T, LimitExceeded>) -> R,
    ) -> Option<R> {
        let mut chunk = Chunk::with_state(bytes, &self.state);
        let next = T::next(&mut self.parser, &mut chunk, wrap);
        chunk.save(&mut self.state);
        next
    }

    /// Returns the last event at a clean end of the source, if the parser is to keep it.
    pub(super) fn last(&mut self) -> Option<Result<T, LimitExceeded>> {
        T::last(&mut self.parser).transpose()
    }
}
