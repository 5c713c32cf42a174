use alloc::boxed::Box;
use alloc::vec;
use std::io::{self, Read};

use super::queue::Queue;
use crate::{OwnedEvent, Parser, ReadError};

/// Bytes asked of the reader at once.
const BUFFER: usize = 64 * 1024;

/// The events of an [`io::Read`], as an iterator. Feature `read`.
///
/// Each `read` call's bytes are one chunk, so a live source is read as it comes.
/// The buffer is 64 KiB; a `BufReader` around the source gains nothing. After
/// [`ReadError::Limit`] the iterator goes on with the next block; an I/O error
/// may be followed by more if the reader can go on. The end of the stream is
/// `None`; [`parser`](Self::parser) then has the last event ID.
///
/// ```
/// use esse_parser::EventReader;
///
/// let source = &b"data: a\n\nevent: b\ndata: c\n\n"[..];
/// let types: Vec<String> = EventReader::new(source)
///     .map(|event| Ok::<_, esse_parser::ReadError<std::io::Error>>(event?.event_type.into_owned()))
///     .collect::<Result<_, _>>()?;
/// assert_eq!(types, ["message", "b"]);
/// # Ok::<(), esse_parser::ReadError<std::io::Error>>(())
/// ```
#[derive(Debug)]
pub struct EventReader<R> {
    reader: R,
    queue: Queue<ReadError<io::Error>>,
    buffer: Box<[u8]>,
    /// How much of the buffer was filled, and how much of that the parser has read.
    filled: usize,
    read: usize,
}

impl<R: Read> EventReader<R> {
    /// The events of `reader`, with the default limits.
    ///
    /// ```
    /// let mut events = esse_parser::EventReader::new(&b""[..]);
    /// assert!(events.next().is_none());
    /// ```
    pub fn new(reader: R) -> Self {
        Self::with_parser(reader, Parser::new())
    }

    /// The events of `reader`, with a parser that has limits or a last event ID set.
    ///
    /// ```
    /// use esse_parser::{EventReader, Parser};
    ///
    /// let parser = Parser::builder().last_event_id("7").build();
    /// let mut events = EventReader::with_parser(&b"data: x\n\n"[..], parser);
    /// assert_eq!(events.next().unwrap()?.last_event_id, "7");
    /// # Ok::<(), esse_parser::ReadError<std::io::Error>>(())
    /// ```
    pub fn with_parser(reader: R, parser: Parser) -> Self {
        Self {
            reader,
            queue: Queue::new(parser),
            buffer: vec![0; BUFFER].into(),
            filled: 0,
            read: 0,
        }
    }

    /// The parser, with the last event ID and the reconnection time so far.
    ///
    /// It may be a few events ahead of those handed out.
    ///
    /// ```
    /// let mut events = esse_parser::EventReader::new(&b"id: 7\n\n"[..]);
    /// assert!(events.next().is_none());
    /// assert_eq!(events.parser().last_event_id(), "7");
    /// ```
    pub fn parser(&self) -> &Parser {
        &self.queue.parser
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
