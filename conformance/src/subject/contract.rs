//! The trait that every subject implements.

use super::answer::{Encoded, NoAnswer, Parsed};
use super::block::Block;
use super::info::Info;

/// An implementation under test.
///
/// ```
/// use esse_conformance::subject::{Builtin, Subject};
///
/// let mut subject = Builtin::new();
/// let parsed = subject.parse(&[b"data: x\r", b"\r"], None);
/// assert_eq!(parsed.unwrap().events[0].after_chunk, Some(1));
/// ```
pub trait Subject {
    /// What it says about itself.
    fn info(&self) -> &Info;

    /// Parses a whole stream that arrives in these chunks. `last_event_id` is that of an
    /// earlier connection.
    ///
    /// # Errors
    /// If there is no answer to judge.
    fn parse(&mut self, chunks: &[&[u8]], last_event_id: Option<&str>) -> Result<Parsed, NoAnswer>;

    /// Encodes a block.
    ///
    /// # Errors
    /// If there is no answer to judge. A refusal is an answer.
    fn encode(&mut self, block: &Block) -> Result<Encoded, NoAnswer>;

    /// Where it runs, and how to start it again.
    fn origin(&self) -> Origin {
        Origin::InProcess
    }

    /// Another one like it, for use on another thread at the same time. `None` if there can be
    /// only one.
    fn fork(&self) -> Option<Box<dyn Subject + Send>> {
        None
    }

    /// Whether its encoder must write the canonical bytes, and its parser must give the same result
    /// as esse even if the standard allows others. True for the built-in pair only.
    fn is_exact(&self) -> bool {
        false
    }
}

/// Where a subject runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// In this process.
    #[default]
    InProcess,
    /// In a process that this shell command starts, which speaks the subject protocol.
    Adapter(String),
    /// In a process per stream that this shell command starts. The stream arrives through a
    /// pipe, so no cuts are made.
    Oneshot(String),
}
