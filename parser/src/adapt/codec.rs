use std::io;

use ::bytes::{Buf, BytesMut};
use tokio_util::codec::Decoder;

use super::queue::Queue;
use crate::{OwnedEvent, Parser, ReadError};

/// A tokio-util [`Decoder`] of events, for `FramedRead`. Feature `codec`.
///
/// Takes all that is in the buffer at each call, so a `FramedRead` never holds
/// more than what one read gave. An error makes a `FramedRead` end once with
/// `None`; polled again, it goes on with the next block.
///
/// ```
/// use bytes::BytesMut;
/// use esse_parser::EventDecoder;
/// use tokio_util::codec::Decoder;
///
/// let mut decoder = EventDecoder::default();
/// let mut buffer = BytesMut::from(&b"data: a\n\ndata: b\n\ndata"[..]);
/// assert_eq!(decoder.decode(&mut buffer)?.unwrap().data, "a");
/// assert_eq!(decoder.decode(&mut buffer)?.unwrap().data, "b");
/// assert_eq!(decoder.decode(&mut buffer)?, None);
/// # Ok::<(), esse_parser::ReadError<std::io::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct EventDecoder {
    queue: Queue,
}

impl EventDecoder {
    /// A decoder over a parser that has limits or a last event ID set.
    ///
    /// ```
    /// use esse_parser::{EventDecoder, Parser};
    ///
    /// let decoder = EventDecoder::new(Parser::builder().last_event_id("7").build());
    /// assert_eq!(decoder.parser().last_event_id(), "7");
    /// ```
    pub fn new(parser: Parser) -> Self {
        Self {
            queue: Queue::new(parser),
        }
    }

    /// The parser, with the last event ID and the reconnection time so far.
    ///
    /// ```
    /// assert_eq!(esse_parser::EventDecoder::default().parser().reconnection_time(), None);
    /// ```
    pub fn parser(&self) -> &Parser {
        &self.queue.parser
    }
}

impl Decoder for EventDecoder {
    type Item = OwnedEvent;
    type Error = ReadError<io::Error>;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<OwnedEvent>, Self::Error> {
        self.queue.push(source);
        source.advance(source.len());
        self.queue.pop().transpose().map_err(ReadError::Limit)
    }

    /// An unfinished block at the end of the stream is discarded (9.2.6), not an error.
    fn decode_eof(&mut self, source: &mut BytesMut) -> Result<Option<OwnedEvent>, Self::Error> {
        self.decode(source)
    }
}
