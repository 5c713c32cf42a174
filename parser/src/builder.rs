use alloc::string::String;

use crate::{Limits, Parser};

/// Builds a [`Parser`]; from [`Parser::builder`].
///
/// ```
/// use esse_parser::{Limits, Parser};
///
/// let parser = Parser::builder()
///     .limits(Limits::DEFAULT.with_data(1 << 20))
///     .last_event_id("41")
///     .build();
/// assert_eq!(parser.last_event_id(), "41");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Builder {
    limits: Limits,
    last_event_id: String,
}

impl Builder {
    /// How much one block may hold; [`Limits::DEFAULT`] unless told.
    ///
    /// ```
    /// use esse_parser::{Limits, Parser};
    ///
    /// let parser = Parser::builder().limits(Limits::NONE).build();
    /// ```
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The last event ID of an earlier connection: the one that the request sent as
    /// `Last-Event-ID`, and that events have until the stream sets another.
    ///
    /// The letter of 9.2.6 starts the buffer of each stream empty; every browser
    /// keeps the old ID, which is what resuming needs.
    ///
    /// ```
    /// use esse_parser::{Chunk, Parser};
    ///
    /// let mut parser = Parser::builder().last_event_id("41").build();
    /// let mut chunk = Chunk::new(b"data: x\n\n");
    /// assert_eq!(parser.next_event(&mut chunk)?.unwrap().last_event_id, "41");
    /// # Ok::<(), esse_parser::LimitExceeded>(())
    /// ```
    #[must_use]
    pub fn last_event_id(mut self, id: impl Into<String>) -> Self {
        self.last_event_id = id.into();
        self
    }

    /// The parser, at the start of a stream.
    ///
    /// ```
    /// let parser = esse_parser::Parser::builder().build();
    /// ```
    pub fn build(self) -> Parser {
        Parser::with(self.limits, self.last_event_id)
    }
}
