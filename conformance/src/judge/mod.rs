//! Decides whether an answer is right, and if not, what differs first.

pub(crate) mod compare;
pub(crate) mod encode;
pub(crate) mod parse;

use crate::cut::Cut;
use crate::subject::NoAnswer;

/// The first difference between an expectation and an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The member of the answer, such as `events[0].data`.
    pub(crate) member: String,
    /// What it should be, escaped.
    pub(crate) expected: String,
    /// What it is, escaped.
    pub(crate) got: String,
}

/// Why a vector failed, for people: all texts are escaped and shortened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// The smallest cut found that fails; `None` for an encode vector.
    pub cut: Option<Cut>,
    /// What the subject was sent: the chunks of the stream, or the block as JSON.
    pub input: String,
    /// Everything is right but the time: an event was handed out after a later chunk than the
    /// one that completed it.
    pub late: bool,
    /// There was no answer: the subject crashed, hung, or answered something else.
    pub lost: bool,
    /// There was no answer in time, which is neither right nor wrong.
    pub timed_out: bool,
    /// What is wrong, in one line.
    pub what: String,
    /// What was expected, one line per member.
    pub expected: Vec<String>,
    /// What the subject answered.
    pub got: Vec<String>,
    /// The end of what the subject wrote to stderr, if there was no answer.
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
        let timed_out = matches!(no_answer, NoAnswer::TimedOut { .. });
        let lost = timed_out || matches!(no_answer, NoAnswer::Lost { .. });
        let stderr = match no_answer {
            NoAnswer::TimedOut { stderr, .. } | NoAnswer::Lost { stderr, .. } => stderr,
            _ => String::new(),
        };
        Self {
            lost,
            timed_out,
            what,
            stderr,
            ..Self::default()
        }
    }
}
