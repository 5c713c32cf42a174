//! The golden vectors, made ready for running.

use std::fmt;

use esse_vectors::{
    EncodeExpectation, EncodeVector, Expectation, ExpectedEvent, Level, ParseVector, RejectedField,
    Rejection, VectorError,
};

use crate::block_json::BlockJson;
use crate::cut::Cut;
use crate::subject::{Parsed, ParsedEvent};

/// What parse and encode vectors have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector {
    /// The ID, which never changes.
    pub id: String,
    /// The part of the standard, such as `9.2.6/dispatch/2`.
    pub spec: String,
    /// What is shown and why.
    pub comment: String,
    /// Whether the standard leaves it open.
    pub level: Level,
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
    /// The acceptable readings: that of the vector, then those of others.
    pub readings: Vec<Reading>,
}

/// One acceptable reading of a stream.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Whose it is; none for that of the vector.
    pub who: Option<String>,
    /// The answer that follows it. After which chunk its events are out depends on the cut.
    pub parsed: Parsed,
    after_bytes: Vec<usize>,
}

impl Reading {
    fn new(who: Option<String>, expectation: Expectation) -> Self {
        let after_bytes = expectation
            .events
            .iter()
            .map(|event| event.after_byte)
            .collect();
        let Expectation {
            events,
            last_event_id,
            reconnection_time,
            comments,
        } = expectation;
        let mut parsed = parsed(events, last_event_id, reconnection_time);
        parsed.comments = comments;
        Self {
            who,
            parsed,
            after_bytes,
        }
    }

    /// Sets after which chunk of this cut each event is out.
    pub(crate) fn set_cut(&mut self, cut: &Cut) {
        for (event, after_byte) in self.parsed.events.iter_mut().zip(&self.after_bytes) {
            event.after_chunk = Some(cut.chunk_of(*after_byte));
        }
    }
}

/// A block and what comes of it.
#[derive(Clone, Debug)]
pub struct EncodeCase {
    /// Which vector.
    pub vector: Vector,
    /// The block.
    pub block: BlockJson,
    /// What comes of it.
    pub expected: ExpectedEncoding,
}

/// What comes of a block.
#[derive(Clone, Debug)]
pub enum ExpectedEncoding {
    /// It is written.
    Bytes {
        /// The canonical encoding.
        bytes: Vec<u8>,
        /// What that means.
        meaning: Parsed,
    },
    /// It is refused.
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
    /// Blocks and what comes of them.
    pub encode: Vec<EncodeCase>,
}

/// No vector has this ID, and none has an ID that starts so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchVector(pub String);

impl fmt::Display for NoSuchVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no vector has the ID {:?} or one that starts so", self.0)
    }
}

impl std::error::Error for NoSuchVector {}

impl Suite {
    /// All vectors.
    ///
    /// # Errors
    /// When an embedded file is broken, which the vectors' own tests rule out.
    ///
    /// ```
    /// let suite = esse_conformance::suite::Suite::load()?;
    /// assert!(suite.has("bom/then-lf"));
    /// # Ok::<(), esse_vectors::VectorError>(())
    /// ```
    pub fn load() -> Result<Self, VectorError> {
        Ok(Self::new(
            esse_vectors::parse_vectors()?,
            esse_vectors::encode_vectors()?,
        ))
    }

    /// These vectors, from wherever.
    ///
    /// ```
    /// use esse_conformance::suite::Suite;
    ///
    /// let suite = Suite::new(esse_vectors::parse_vectors()?, Vec::new());
    /// assert!(suite.encode.is_empty());
    /// # Ok::<(), esse_vectors::VectorError>(())
    /// ```
    pub fn new(parse: Vec<ParseVector>, encode: Vec<EncodeVector>) -> Self {
        Self {
            parse: parse.into_iter().map(parse_case).collect(),
            encode: encode.into_iter().map(encode_case).collect(),
        }
    }

    /// The vectors with these IDs; an ID that is none stands for all that start so. All vectors
    /// where no ID is named.
    ///
    /// # Errors
    /// [`NoSuchVector`] with the first ID that stands for nothing.
    ///
    /// ```
    /// use esse_conformance::suite::{NoSuchVector, Suite};
    ///
    /// let none = Suite::default().filter(&["bom/".to_owned()]);
    /// assert_eq!(none.unwrap_err(), NoSuchVector("bom/".to_owned()));
    /// ```
    pub fn filter(mut self, ids: &[String]) -> Result<Self, NoSuchVector> {
        if let Some(id) = ids
            .iter()
            .find(|id| !self.ids().any(|other| other.starts_with(*id)))
        {
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
    ///
    /// ```
    /// assert!(!esse_conformance::suite::Suite::default().has("bom/then-lf"));
    /// ```
    pub fn has(&self, id: &str) -> bool {
        self.ids().any(|other| other == id)
    }

    fn ids(&self) -> impl Iterator<Item = &str> {
        let parse = self.parse.iter().map(|case| &case.vector);
        let encode = self.encode.iter().map(|case| &case.vector);
        parse.chain(encode).map(|vector| vector.id.as_str())
    }
}

fn parse_case(vector: ParseVector) -> ParseCase {
    let others = vector
        .also
        .into_iter()
        .map(|other| Reading::new(Some(other.who), other.expectation));
    ParseCase {
        readings: std::iter::once(Reading::new(None, vector.expect))
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
        },
    }
}

fn parsed(
    events: Vec<ExpectedEvent>,
    last_event_id: String,
    reconnection_time: Option<u64>,
) -> Parsed {
    let events = events.into_iter().map(|event| ParsedEvent {
        event_type: event.event_type,
        data: event.data,
        last_event_id: Some(event.last_event_id),
        after_chunk: None,
    });
    Parsed {
        events: events.collect(),
        last_event_id: Some(last_event_id),
        reconnection_time: reconnection_time.map(Into::into),
        comments: None,
    }
}
