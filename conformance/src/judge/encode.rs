//! Judges what an encoder makes of a block. The built-in encoder must write the canonical bytes;
//! the bytes of others are decoded with the reference.

use esse_parser::reference::{interpret, interpret_from};
use esse_vectors::{RejectedField, Rejection};

use super::compare::{Judged, Verdict, compare};
use super::{Difference, Failure};
use crate::subject::{Block, Encoded, Event, NoAnswer, Parsed, Subject};
use crate::suite::{EncodeCase, ExpectedEncoding};
use crate::{describe, escape};

/// An encoding has no cuts, and its comments have no meaning.
const JUDGED: Judged = Judged {
    last_event_id: true,
    reconnection_time: true,
    comments: false,
    ignored: false,
    discarded: false,
    after_chunk: false,
};

/// A last event ID from before the block.
const EARLIER: &str = "an earlier ID";

/// The result of one block.
#[derive(Debug)]
pub(crate) enum BlockOutcome {
    Passed,
    Skipped(String),
    NotRun(String),
    Failed(Failure),
}

/// Sends the block and judges the answer.
pub(crate) fn try_block(case: &EncodeCase, subject: &mut dyn Subject) -> BlockOutcome {
    let is_exact = subject.is_exact();
    let failure = match subject.encode(&case.block) {
        Ok(encoded) => judge(case, &encoded, is_exact),
        Err(NoAnswer::Skipped(why)) => return BlockOutcome::Skipped(why),
        Err(NoAnswer::NotRun(why)) => return BlockOutcome::NotRun(why),
        Err(no_answer) => Some(Failure::of_no_answer(no_answer)),
    };
    match failure {
        Some(failure) => BlockOutcome::Failed(Failure {
            input: show(&case.block),
            ..failure
        }),
        None => BlockOutcome::Passed,
    }
}

fn judge(case: &EncodeCase, encoded: &Encoded, is_exact: bool) -> Option<Failure> {
    match (&case.expected, encoded) {
        (ExpectedEncoding::Bytes { bytes, .. }, Encoded::Bytes(got)) if bytes == got => None,
        (ExpectedEncoding::Bytes { bytes, .. }, Encoded::Bytes(got)) if is_exact => {
            Some(other_bytes(bytes, got))
        }
        (ExpectedEncoding::Bytes { meaning, .. }, Encoded::Bytes(got)) => {
            other_meaning(meaning, got, "")
                .or_else(|| other_meaning(&after_earlier(meaning, &case.block), got, EARLIER))
        }
        (ExpectedEncoding::Bytes { .. }, Encoded::Rejected(why)) => Some(Failure {
            what: format!("refused a block that can be written: {why}"),
            ..Failure::default()
        }),
        (ExpectedEncoding::Rejected { .. }, Encoded::Rejected(_)) => None,
        (ExpectedEncoding::Rejected { reason, .. }, Encoded::Bytes(got)) if is_exact => {
            Some(not_refused(*reason, got))
        }
        (ExpectedEncoding::Rejected { field, .. }, Encoded::Bytes(got)) => {
            other_meaning(&harmless(&case.block, *field, got), got, "")
        }
    }
}

fn other_bytes(expected: &[u8], got: &[u8]) -> Failure {
    let (expected, got) = escape::quote_both(expected, got);
    Failure::of_difference(&Difference {
        member: "bytes".to_owned(),
        expected,
        got,
    })
}

fn not_refused(reason: Rejection, got: &[u8]) -> Failure {
    Failure {
        what: format!(
            "not refused ({reason:?}) but written as {}",
            escape::quote(got)
        ),
        ..Failure::default()
    }
}

fn other_meaning(expected: &Parsed, bytes: &[u8], earlier: &str) -> Option<Failure> {
    let got = Parsed::from(interpret_from(bytes, earlier));
    let Verdict::Wrong(difference) = compare(expected, &[], &got, JUDGED) else {
        return None;
    };
    let mut failure = Failure::of_difference(&difference);
    failure.expected = describe::expected(expected, &[], JUDGED);
    failure.got = describe::got(&got, JUDGED);
    failure
        .got
        .push(format!("written as {}", escape::quote(bytes)));
    Some(failure)
}

/// What the same block means after an earlier ID: the ID stays, unless the block has its own.
/// Only this distinguishes an empty ID from none.
fn after_earlier(meaning: &Parsed, block: &Block) -> Parsed {
    let mut meaning = meaning.clone();
    if block.id.is_none() {
        meaning.last_event_id = Some(EARLIER.to_owned());
        for event in &mut meaning.events {
            event.last_event_id = Some(EARLIER.to_owned());
        }
    }
    meaning
}

/// The most that a block may mean if it must be refused but is written all the same: one event
/// (none if the block has no data), with each member as given. The member that cannot
/// be written may have been left out or changed, so any value of it is accepted; nothing else may
/// change.
fn harmless(block: &Block, refused: RejectedField, bytes: &[u8]) -> Parsed {
    let got = Parsed::from(interpret(bytes));
    let last_event_id = match refused {
        RejectedField::Id => got.last_event_id,
        _ => Some(block.id.clone().unwrap_or_default()),
    };
    let event_type = match (refused, got.events.into_iter().next()) {
        (RejectedField::Event, Some(event)) => event.event_type,
        _ => given_type(block),
    };
    let event = |data: &String| Event {
        event_type,
        data: lines_joined_by_lf(data),
        last_event_id: last_event_id.clone(),
        after_chunk: None,
    };
    Parsed {
        events: block.data.as_ref().map(event).into_iter().collect(),
        reconnection_time: block.retry.map(Into::into),
        last_event_id,
        ..Parsed::default()
    }
}

/// An empty type means none (9.2.6, dispatch step 6).
fn given_type(block: &Block) -> String {
    let given = block.event.clone().filter(|event| !event.is_empty());
    given.unwrap_or_else(|| "message".to_owned())
}

fn lines_joined_by_lf(data: &str) -> String {
    data.replace("\r\n", "\n").replace('\r', "\n")
}

fn show(block: &Block) -> String {
    let json = serde_json::to_string(block).unwrap_or_default();
    // JSON is already escaped; only its length matters.
    if json.len() <= 400 {
        json
    } else {
        escape::quote(json.as_bytes())
    }
}
