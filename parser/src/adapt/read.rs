//! Feature `read`: the events of a reader.

use alloc::boxed::Box;
use alloc::vec;
use std::io::{self, Read};

use super::cursor::{Cursor, Output};
use crate::{Discarded, OwnedEvent, OwnedItem, Parser, ReadError};

/// How many bytes are requested from the reader at once.
const BUFFER: usize = 64 * 1024;

/// The events of an [`io::Read`], as an iterator. Feature `read`.
///
/// The bytes of one `read` call are one chunk, so the events of a live source are returned as they
/// arrive. The buffer has 64 KiB; a `BufReader` around the source gains nothing.
///
/// After [`ReadError::Limit`] the iterator continues with the next block. After
/// [`ReadError::Source`] it ends, unless the error is temporary (`WouldBlock`, `TimedOut`); the
/// next call then reads again. `None` is the end of the stream; a block that the end cut off is
/// discarded, and [`unfinished`](Self::unfinished) says whether that happened.
///
/// ```
/// use esse_parser::EventReader;
///
/// let mut events = EventReader::new(&b"data: a\n\nevent: b\nid: 7\ndata: c\n\ndata: cut of"[..]);
/// let types: Vec<_> = events
///     .by_ref()
///     .map(|event| event.map(|event| event.event_type))
///     .collect::<Result<_, _>>()?;
/// assert_eq!(types, ["message", "b"]);
///
/// assert!(events.unfinished().had_data());
/// assert_eq!(events.parser().last_event_id(), "7");
/// # Ok::<(), esse_parser::ReadError<std::io::Error>>(())
/// ```
#[derive(Debug)]
pub struct EventReader<R, T = OwnedEvent> {
    reader: R,
    cursor: Cursor<T>,
    buffer: Box<[u8]>,
    /// How much of the buffer is filled.
    filled: usize,
    ended: bool,
}

impl<R: Read> EventReader<R> {
    /// Reads the events of `reader`, with the default limits and no last event ID.
    pub fn new(reader: R) -> Self {
        Self::with_parser(reader, Parser::new())
    }

    /// Reads the events of `reader` with a parser of your own.
    pub fn with_parser(reader: R, parser: Parser) -> Self {
        Self {
            reader,
            cursor: Cursor::new(parser),
            buffer: vec![0; BUFFER].into(),
            filled: 0,
            ended: false,
        }
    }

    /// Hands out comments, reconnection times and all other [items](crate::Item), too.
    pub fn items(self) -> EventReader<R, OwnedItem> {
        EventReader {
            reader: self.reader,
            cursor: self.cursor.into(),
            buffer: self.buffer,
            filled: self.filled,
            ended: self.ended,
        }
    }
}

impl<R, T> EventReader<R, T> {
    /// Returns the parser, which is never ahead of what was returned.
    pub fn parser(&self) -> &Parser {
        &self.cursor.parser
    }

    /// Returns how the stream ended: the block that was unfinished at the end or at an error.
    pub fn unfinished(&self) -> Discarded {
        self.cursor.parser.unfinished()
    }

    /// Gives the reader and the parser back. Call this at the end of the stream; earlier, what was
    /// read from the reader and not returned is lost.
    pub fn into_parts(self) -> (R, Parser) {
        (self.reader, self.cursor.parser)
    }
}

impl<R: Read, T> EventReader<R, T> {
    /// Reads one chunk; false at the end of the stream.
    fn fill(&mut self) -> io::Result<bool> {
        self.filled = loop {
            match self.reader.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.cursor.begin();
        Ok(self.filled > 0)
    }
}

impl<R: Read, T: Output> Iterator for EventReader<R, T> {
    type Item = Result<T, ReadError<io::Error>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let filled = self.buffer.get(..self.filled).unwrap_or_default();
            let wrap = |next: Result<T, _>| Some(next.map_err(ReadError::Limit));
            if let Some(next) = self.cursor.next(filled, wrap) {
                return next;
            }
            self.filled = 0;
            if self.ended {
                return None;
            }
            match self.fill() {
                Ok(true) => {}
                Ok(false) => {
                    self.ended = true;
                    return Some(self.cursor.last()?.map_err(ReadError::Limit));
                }
                Err(error) => {
                    self.ended = !passes(&error);
                    return Some(Err(ReadError::Source(error)));
                }
            }
        }
    }
}

/// Whether the next read may succeed.
fn passes(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}
