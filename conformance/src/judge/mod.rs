//! Says whether an answer is right, and where not, what differs first.

pub mod compare;
pub mod encode;
pub mod parse;

use serde::Serialize;

use crate::cut::Cut;
use crate::subject::NoAnswer;

/// What differs first between what was expected and what was got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The member of the answer, such as `events[0].data`.
    pub member: String,
    /// What it should be, escaped.
    pub expected: String,
    /// What it is, escaped.
    pub got: String,
}

/// Why a vector failed, made for reading: all texts are escaped and shortened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// The smallest cut that was found to fail; none for an encode vector.
    pub cut: Option<Cut>,
    /// What the subject was sent: the chunks of the stream, or the block as JSON.
    pub input: String,
    /// All is right but the time: an event was handed out after a later chunk than the one
    /// that completed it.
    pub late: bool,
    /// There was no answer: it crashed, hung or answered something else.
    pub lost: bool,
    /// In one line what is wrong.
    pub what: String,
    /// What should have come, a line for each member.
    pub expected: Vec<String>,
    /// What came.
    pub got: Vec<String>,
    /// The end of what the subject wrote to stderr, where it was lost.
    pub stderr: String,
}

impl Failure {
    fn of_difference(difference: &Difference) -> Self {
        let Difference {
            member,
            expected,
            got,
        } = difference;
        Self {
            what: format!("{member}: expected {expected}, got {got}"),
            ..Self::default()
        }
    }

    fn of_no_answer(no_answer: NoAnswer) -> Self {
        let what = no_answer.to_string();
        let lost = matches!(no_answer, NoAnswer::Lost { .. });
        let stderr = match no_answer {
            NoAnswer::Lost { stderr, .. } => stderr,
            _ => String::new(),
        };
        Self {
            lost,
            what,
            stderr,
            ..Self::default()
        }
    }
}
