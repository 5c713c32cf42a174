//! The error of the adapters that read from a source.

use core::error::Error;
use core::fmt;

use crate::LimitExceeded;

/// Why an adapter could not return an event: its source failed, or a block was over a limit.
///
/// `E` is the error of the source, for example [`std::io::Error`]. The message says which of the
/// two happened, and [`source`](Error::source) has the cause.
///
/// ```
/// # #[cfg(feature = "read")] {
/// use esse_parser::{EventReader, Limits, Parser, ReadError};
///
/// let parser = Parser::builder().limits(Limits::DEFAULT.with_data(1)).build();
/// let mut events = EventReader::with_parser(&b"data: xx\n\ndata: y\n\n"[..], parser);
/// assert!(matches!(events.next(), Some(Err(ReadError::Limit(_)))));
/// assert!(matches!(events.next(), Some(Ok(event)) if event.data == "y"));
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError<E> {
    /// The source failed.
    Source(E),
    /// A block was discarded; the next one follows.
    Limit(LimitExceeded),
}

impl<E> From<LimitExceeded> for ReadError<E> {
    fn from(error: LimitExceeded) -> Self {
        Self::Limit(error)
    }
}

impl<E: fmt::Display> fmt::Display for ReadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) => write!(f, "reading the event stream failed: {error}"),
            Self::Limit(error) => error.fmt(f),
        }
    }
}

impl<E: Error + 'static> Error for ReadError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(match self {
            Self::Source(error) => error,
            Self::Limit(error) => error,
        })
    }
}
