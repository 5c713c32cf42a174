//! Feature `codec`: a decoder for tokio-util's `FramedRead`.

use std::io;

use ::bytes::{Buf, BytesMut};
use tokio_util::codec::Decoder;

use super::cursor::{Cursor, Output};
use crate::{Discarded, LimitExceeded, OwnedEvent, OwnedItem, Parser};

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
pub struct EventDecoder<T = OwnedEvent> {
    cursor: Cursor<T>,
}

impl EventDecoder {
    /// Returns a decoder with the default limits and no last event ID.
    pub fn new() -> Self {
        Self::with_parser(Parser::new())
    }

    /// Returns a decoder with a parser of your own.
    pub fn with_parser(parser: Parser) -> Self {
        Self {
            cursor: Cursor::new(parser),
        }
    }

    /// Hands out comments, reconnection times and all other [items](crate::Item), too.
    pub fn items(self) -> EventDecoder<OwnedItem> {
        EventDecoder {
            cursor: self.cursor.into(),
        }
    }
}

impl<T> EventDecoder<T> {
    /// Returns the parser, which is never ahead of what was decoded.
    pub fn parser(&self) -> &Parser {
        &self.cursor.parser
    }

    /// Returns how the stream ended: what the end discarded.
    pub fn unfinished(&self) -> Discarded {
        self.cursor.parser.unfinished()
    }

    /// Gives the parser back.
    pub fn into_parser(self) -> Parser {
        self.cursor.parser
    }
}

impl Default for EventDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Output> Decoder for EventDecoder<T> {
    type Item = Result<T, LimitExceeded>;
    type Error = io::Error;

    fn decode(&mut self, source: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        self.cursor.begin();
        let next = self.cursor.next(source, |next| next);
        source.advance(self.cursor.position());
        Ok(next)
    }

    /// An unfinished block at the end of the stream is discarded (9.2.6); it is not an error.
    fn decode_eof(&mut self, source: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        let next = self.decode(source)?;
        Ok(next.or_else(|| self.cursor.last()))
    }
}
