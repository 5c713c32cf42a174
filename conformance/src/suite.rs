//! The golden vectors, made ready for running.

use std::fmt;

use esse_vectors::{
    EncodeExpectation, EncodeVector, Expectation, ExpectedEvent, Level, ParseVector, RejectedField,
    Rejection, VectorError,
};

use crate::cut::Cut;
use crate::subject::{Block, Event, Parsed};

/// What parse and encode vectors have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector {
    /// The ID, which never changes.
    pub id: String,
    /// The part of the standard, such as `9.2.6/dispatch/2`.
    pub spec: String,
    /// What it shows and why.
    pub comment: String,
    /// How binding it is.
    pub level: Level,
    /// The classes of bugs that it catches; [`esse_vectors::notes`] explains them.
    pub flags: Vec<String>,
}

/// A stream and what it means.
#[derive(Clone, Debug)]
pub struct ParseCase {
    /// Which vector.
    pub vector: Vector,
    /// The whole stream.
    pub stream: Vec<u8>,
    /// The cut that the vector brings.
    pub own_cut: Option<Cut>,
    /// The last event ID of an earlier connection.
    pub last_event_id: Option<String>,
    /// The acceptable readings: first that of the vector, then those of others.
    pub readings: Vec<Reading>,
}

/// One acceptable reading of a stream.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Whose reading it is; `None` for that of the vector.
    pub who: Option<String>,
    /// What the stream means. After which chunk an event is due depends on the cut, so that is
    /// not in here.
    pub parsed: Parsed,
    /// For each event, how many bytes of the stream complete it.
    pub after_bytes: Vec<usize>,
}

impl Reading {
    /// For each event, after which chunk of this cut it is due.
    pub(crate) fn due(&self, cut: &Cut) -> Vec<usize> {
        let after_bytes = self.after_bytes.iter();
        after_bytes.map(|bytes| cut.chunk_of(*bytes)).collect()
    }
}

impl From<Expectation> for Reading {
    fn from(expectation: Expectation) -> Self {
        let after_bytes = expectation.events.iter().map(|event| event.after_byte);
        Self {
            who: None,
            after_bytes: after_bytes.collect(),
            parsed: Parsed {
                comments: expectation.comments,
                ignored: expectation.ignored,
                discarded: expectation.discarded,
                ..parsed(
                    expectation.events,
                    expectation.last_event_id,
                    expectation.reconnection_time,
                )
            },
        }
    }
}

/// A block and what an encoder makes of it.
#[derive(Clone, Debug)]
pub struct EncodeCase {
    /// Which vector.
    pub vector: Vector,
    /// The block.
    pub block: Block,
    /// What an encoder makes of it.
    pub expected: ExpectedEncoding,
}

/// What an encoder makes of a block.
#[derive(Clone, Debug)]
pub enum ExpectedEncoding {
    /// It writes the block.
    Bytes {
        /// The canonical encoding.
        bytes: Vec<u8>,
        /// What that means.
        meaning: Parsed,
    },
    /// It refuses the block.
    Rejected {
        /// Why.
        reason: Rejection,
        /// Which member is at fault.
        field: RejectedField,
    },
}

/// The vectors of a run.
#[derive(Clone, Debug, Default)]
pub struct Suite {
    /// Streams and what they mean.
    pub parse: Vec<ParseCase>,
    /// Blocks and their encodings.
    pub encode: Vec<EncodeCase>,
}

/// No vector has this ID, or an ID that starts with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchVector(pub String);

impl fmt::Display for NoSuchVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no vector ID is or starts with {:?}", self.0)
    }
}

impl std::error::Error for NoSuchVector {}

impl Suite {
    /// All vectors.
    ///
    /// # Errors
    /// If an embedded file is broken, which the tests of `esse-vectors` rule out.
    pub fn load() -> Result<Self, VectorError> {
        Ok(Self::new(
            esse_vectors::parse_vectors()?,
            esse_vectors::encode_vectors()?,
        ))
    }

    /// A suite of these vectors.
    pub fn new(parse: Vec<ParseVector>, encode: Vec<EncodeVector>) -> Self {
        Self {
            parse: parse.into_iter().map(parse_case).collect(),
            encode: encode.into_iter().map(encode_case).collect(),
        }
    }

    /// The vectors with these IDs. An ID that no vector has stands for all IDs that start with
    /// it; an empty list stands for all vectors.
    ///
    /// # Errors
    /// [`NoSuchVector`] with the first ID that matches nothing.
    ///
    /// ```
    /// use esse_conformance::suite::Suite;
    ///
    /// let suite = Suite::load()?.filter(&["bom/then-lf".to_owned(), "nul/".to_owned()])?;
    /// assert!(suite.vectors().all(|vector| !vector.id.starts_with("retry/")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn filter(mut self, ids: &[String]) -> Result<Self, NoSuchVector> {
        let has_start = |id: &str| self.vectors().any(|vector| vector.id.starts_with(id));
        if let Some(id) = ids.iter().find(|id| !has_start(id)) {
            return Err(NoSuchVector(id.clone()));
        }
        let exact: Vec<bool> = ids.iter().map(|id| self.has(id)).collect();
        let is_wanted = |vector: &Vector| {
            ids.is_empty()
                || ids.iter().zip(&exact).any(|(id, exact)| match exact {
                    true => vector.id == *id,
                    false => vector.id.starts_with(id),
                })
        };
        self.parse.retain(|case| is_wanted(&case.vector));
        self.encode.retain(|case| is_wanted(&case.vector));
        Ok(self)
    }

    /// Whether there is a vector with exactly this ID.
    pub fn has(&self, id: &str) -> bool {
        self.vectors().any(|vector| vector.id == id)
    }

    /// The vectors without their content, parse vectors first.
    pub fn vectors(&self) -> impl Iterator<Item = &Vector> {
        let parse = self.parse.iter().map(|case| &case.vector);
        let encode = self.encode.iter().map(|case| &case.vector);
        parse.chain(encode)
    }
}

fn parse_case(vector: ParseVector) -> ParseCase {
    let others = vector.also.into_iter().map(|other| Reading {
        who: Some(other.who),
        ..other.expectation.into()
    });
    ParseCase {
        readings: std::iter::once(vector.expect.into())
            .chain(others)
            .collect(),
        own_cut: vector
            .chunks
            .map(|chunks| Cut::of_lengths(chunks.iter().map(Vec::len))),
        stream: vector.input,
        last_event_id: vector.initial_last_event_id,
        vector: Vector {
            id: vector.id,
            spec: vector.spec,
            comment: vector.comment,
            level: vector.level,
            flags: vector.flags,
        },
    }
}

fn encode_case(vector: EncodeVector) -> EncodeCase {
    let expected = match vector.expect {
        EncodeExpectation::Bytes {
            bytes,
            events,
            last_event_id,
            reconnection_time,
        } => {
            let meaning = parsed(events, last_event_id, reconnection_time);
            ExpectedEncoding::Bytes { bytes, meaning }
        }
        EncodeExpectation::Rejected { reason, field } => {
            ExpectedEncoding::Rejected { reason, field }
        }
    };
    EncodeCase {
        block: vector.block.into(),
        expected,
        vector: Vector {
            id: vector.id,
            spec: vector.spec,
            comment: vector.comment,
            level: vector.level,
            flags: vector.flags,
        },
    }
}

fn parsed(
    events: Vec<ExpectedEvent>,
    last_event_id: String,
    reconnection_time: Option<u64>,
) -> Parsed {
    let events = events.into_iter().map(|event| Event {
        event_type: event.event_type,
        data: event.data,
        last_event_id: Some(event.last_event_id),
        after_chunk: None,
    });
    Parsed {
        events: events.collect(),
        last_event_id: Some(last_event_id),
        reconnection_time: reconnection_time.map(Into::into),
        ..Parsed::default()
    }
}
