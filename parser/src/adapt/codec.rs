use std::io;

use ::bytes::{Buf, BytesMut};
use tokio_util::codec::Decoder;

use super::queue::Queue;
use crate::{LimitExceeded, OwnedEvent, Parser};

/// A tokio-util [`Decoder`] of events, for `FramedRead`. Feature `codec`.
///
/// Takes what it reads out of the buffer, lines without an end too, so a
/// `FramedRead` never holds more than what one read gave.
///
/// A block over the limits is an item, not an error of the decoder: tokio-util
/// takes an error for the end, and would lose the events after it. So a
/// `FramedRead` gives `Result<Result<OwnedEvent, LimitExceeded>, io::Error>`,
/// and its outer error is the transport's.
///
/// ```
/// use bytes::BytesMut;
/// use esse_parser::EventDecoder;
/// use tokio_util::codec::Decoder;
///
/// let mut decoder = EventDecoder::default();
/// let mut buffer = BytesMut::from(&b"data: a\n\ndata: b\n\ndata"[..]);
/// assert_eq!(decoder.decode(&mut buffer)?.unwrap()?.data, "a");
/// assert_eq!(decoder.decode(&mut buffer)?.unwrap()?.data, "b");
/// assert_eq!(decoder.decode(&mut buffer)?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct EventDecoder {
    queue: Queue<LimitExceeded>,
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
    /// It may be a few events ahead of those handed out.
    ///
    /// ```
    /// assert_eq!(esse_parser::EventDecoder::default().parser().reconnection_time(), None);
    /// ```
    pub fn parser(&self) -> &Parser {
        &self.queue.parser
    }
}

impl Default for EventDecoder {
    fn default() -> Self {
        Self::new(Parser::new())
    }
}

impl Decoder for EventDecoder {
    type Item = Result<OwnedEvent, LimitExceeded>;
    type Error = io::Error;

    fn decode(&mut self, source: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        let mut read = 0;
        let event = self.queue.next(source, &mut read);
        source.advance(read);
        Ok(event)
    }

    /// An unfinished block at the end of the stream is discarded (9.2.6), not an error.
    fn decode_eof(&mut self, source: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        self.decode(source)
    }
}
