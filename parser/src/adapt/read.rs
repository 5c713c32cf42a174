//! Feature `read`: the events of a reader.

use alloc::boxed::Box;
use alloc::vec;
use std::io::{self, Read};

use super::queue::Queue;
use crate::{OwnedEvent, Parser, ReadError};

/// How many bytes are requested from the reader at once.
const BUFFER: usize = 64 * 1024;

/// The events of an [`io::Read`], as an iterator. Feature `read`.
///
/// The bytes of one `read` call are one chunk, so the events of a live source are returned as they
/// arrive. The buffer has 64 KiB; a `BufReader` around the source gains nothing.
///
/// After [`ReadError::Limit`] the iterator continues with the next block. After
/// [`ReadError::Source`] it reads again if it is asked again. `None` is the end of the stream; as
/// with [`EventStream`](crate::EventStream#the-end), a block that the end cut off is discarded.
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
/// let (_, mut parser) = events.into_parts();
/// assert!(parser.finish().had_data);
/// assert_eq!(parser.last_event_id(), "7");
/// # Ok::<(), esse_parser::ReadError<std::io::Error>>(())
/// ```
#[derive(Debug)]
pub struct EventReader<R> {
    reader: R,
    queue: Queue<ReadError<io::Error>>,
    buffer: Box<[u8]>,
    /// How much of the buffer is filled, and how much of that the parser has read.
    filled: usize,
    read: usize,
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
            queue: Queue::new(parser),
            buffer: vec![0; BUFFER].into(),
            filled: 0,
            read: 0,
        }
    }

    /// Returns the parser. It may be up to six events ahead of those that were returned.
    pub fn parser(&self) -> &Parser {
        &self.queue.parser
    }

    /// Gives the reader and the parser back. Call this at the end of the stream; earlier, what was
    /// read from the reader and not returned as an event is lost.
    ///
    /// [`Parser::finish`] then tells if the stream ended inside an event.
    pub fn into_parts(self) -> (R, Parser) {
        (self.reader, self.queue.parser)
    }

    /// Reads one chunk; false at the end of the stream.
    fn fill(&mut self) -> io::Result<bool> {
        let len = loop {
            match self.reader.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        (self.filled, self.read) = (len, 0);
        Ok(len > 0)
    }
}

impl<R: Read> Iterator for EventReader<R> {
    type Item = Result<OwnedEvent, ReadError<io::Error>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let filled = self.buffer.get(..self.filled).unwrap_or_default();
            if let Some(event) = self.queue.next(filled, &mut self.read) {
                return Some(event);
            }
            match self.fill() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(ReadError::Source(error))),
            }
        }
    }
}
