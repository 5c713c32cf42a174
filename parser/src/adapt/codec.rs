//! Feature `codec`: a decoder for tokio-util's `FramedRead`.

use std::io;

use ::bytes::{Buf, BytesMut};
use tokio_util::codec::Decoder;

use super::queue::Queue;
use crate::{LimitExceeded, OwnedEvent, Parser};

/// A tokio-util [`Decoder`] of events, for `FramedRead`. Feature `codec`.
///
/// It takes everything that it reads out of the buffer, unfinished lines too, so a `FramedRead`
/// never buffers more than one read returned.
///
/// A block over the limits is an item, not an error of the decoder: `FramedRead` ends after an
/// error, and the events after the block would be lost. So its items are
/// `Result<Result<OwnedEvent, LimitExceeded>, io::Error>`; the outer error is the transport's.
///
/// ```
/// use bytes::BytesMut;
/// use esse_parser::EventDecoder;
/// use tokio_util::codec::Decoder;
///
/// let mut decoder = EventDecoder::new();
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
    /// Returns a decoder with the default limits and no last event ID.
    pub fn new() -> Self {
        Self::with_parser(Parser::new())
    }

    /// Returns a decoder with a parser of your own.
    pub fn with_parser(parser: Parser) -> Self {
        Self {
            queue: Queue::new(parser),
        }
    }

    /// Returns the parser. It may be up to six events ahead of those that were decoded.
    pub fn parser(&self) -> &Parser {
        &self.queue.parser
    }

    /// Gives the parser back. Call this when `decode_eof` has returned `None`; earlier, events that
    /// the parser has read and the decoder has not returned are lost.
    ///
    /// [`Parser::finish`] then tells if the stream ended inside an event.
    pub fn into_parser(self) -> Parser {
        self.queue.parser
    }
}

impl Default for EventDecoder {
    fn default() -> Self {
        Self::new()
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

    /// An unfinished block at the end of the stream is discarded (9.2.6); it is not an error.
    fn decode_eof(&mut self, source: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        self.decode(source)
    }
}
