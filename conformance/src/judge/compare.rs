//! Compares what a parser answered with what was expected, member by member.

use super::Difference;
use crate::escape;
use crate::subject::{Capability, Event, Info, Parsed};

/// Which members of an answer are judged, beside the type and the data of its events. The last
/// event ID of an event is judged if both sides have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one member, judged or not"
)]
pub(crate) struct Judged {
    /// The last event ID at the end.
    pub(crate) last_event_id: bool,
    /// The reconnection time at the end.
    pub(crate) reconnection_time: bool,
    /// The comments, if the expectation has them.
    pub(crate) comments: bool,
    /// The ignored lines, if the expectation has them.
    pub(crate) ignored: bool,
    /// What the end of the stream discarded, if the expectation has it.
    pub(crate) discarded: bool,
    /// After which chunk each event was handed out.
    pub(crate) after_chunk: bool,
}

impl Judged {
    /// What a subject with these capabilities is judged by.
    pub(crate) fn of(info: &Info) -> Self {
        Self {
            last_event_id: info.can(&Capability::LastEventId),
            reconnection_time: info.can(&Capability::ReconnectionTime),
            comments: info.can(&Capability::Comments),
            ignored: info.can(&Capability::Ignored),
            discarded: info.can(&Capability::Discarded),
            after_chunk: info.can(&Capability::AfterChunk),
        }
    }
}

/// How an answer compares with an expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// As expected.
    Right,
    /// Right but for this: an event was handed out after a later chunk.
    Late(Difference),
    /// This differs, perhaps among others.
    Wrong(Difference),
}

/// Compares an answer with an expectation. `due` holds for each expected event after which chunk
/// it is due.
pub(crate) fn compare(expected: &Parsed, due: &[usize], got: &Parsed, judged: Judged) -> Verdict {
    let due = if judged.after_chunk { due } else { &[] };
    let wrong = events(&expected.events, &got.events)
        .or_else(|| not_due(due, got, |due, got| got.is_none_or(|got| got < due)))
        .or_else(|| last_event_id(expected, got, judged))
        .or_else(|| reconnection_time(expected, got, judged))
        .or_else(|| comments(expected, got, judged))
        .or_else(|| ignored(expected, got, judged))
        .or_else(|| discarded(expected, got, judged));
    let late = || not_due(due, got, |due, got| got.is_some_and(|got| got > due));
    match wrong {
        Some(difference) => Verdict::Wrong(difference),
        None => late().map_or(Verdict::Right, Verdict::Late),
    }
}

fn events(expected: &[Event], got: &[Event]) -> Option<Difference> {
    let pairs = expected.iter().zip(got).enumerate();
    let differing = pairs.into_iter().find_map(|(index, (expected, got))| {
        event(expected, got)
            .map(|(member, expected, got)| text(format!("events[{index}].{member}"), expected, got))
    });
    differing.or_else(|| number_of_events(expected.len(), got.len()))
}

/// The first member that differs, with both texts.
fn event<'e>(expected: &'e Event, got: &'e Event) -> Option<(&'static str, &'e str, &'e str)> {
    let ids = expected
        .last_event_id
        .as_deref()
        .zip(got.last_event_id.as_deref());
    let members = [
        Some((
            "type",
            expected.event_type.as_str(),
            got.event_type.as_str(),
        )),
        Some(("data", expected.data.as_str(), got.data.as_str())),
        ids.map(|(expected, got)| ("lastEventId", expected, got)),
    ];
    members
        .into_iter()
        .flatten()
        .find(|(_, expected, got)| expected != got)
}

fn number_of_events(expected: usize, got: usize) -> Option<Difference> {
    (expected != got).then(|| Difference {
        member: "events".to_owned(),
        expected: count(expected, "event"),
        got: count(got, "event"),
    })
}

/// The first event that was handed out at another time than it was due, in this sense.
fn not_due(
    due: &[usize],
    got: &Parsed,
    is_wrong: impl Fn(usize, Option<usize>) -> bool,
) -> Option<Difference> {
    let mut pairs = due.iter().zip(&got.events).enumerate();
    let (index, (due, got)) = pairs.find(|(_, (due, got))| is_wrong(**due, got.after_chunk))?;
    Some(Difference {
        member: format!("events[{index}].afterChunk"),
        expected: due.to_string(),
        got: got
            .after_chunk
            .map_or_else(|| "nothing".to_owned(), |got| got.to_string()),
    })
}

fn last_event_id(expected: &Parsed, got: &Parsed, judged: Judged) -> Option<Difference> {
    let expected = expected
        .last_event_id
        .as_deref()
        .filter(|_| judged.last_event_id)?;
    match got.last_event_id.as_deref() {
        Some(got) if got == expected => None,
        Some(got) => Some(text("lastEventId".to_owned(), expected, got)),
        None => Some(Difference {
            member: "lastEventId".to_owned(),
            expected: escape::quote(expected.as_bytes()),
            got: "nothing".to_owned(),
        }),
    }
}

fn reconnection_time(expected: &Parsed, got: &Parsed, judged: Judged) -> Option<Difference> {
    let differs = judged.reconnection_time && expected.reconnection_time != got.reconnection_time;
    let show = |parsed: &Parsed| {
        parsed
            .reconnection_time
            .as_ref()
            .map_or_else(|| "none".to_owned(), ToString::to_string)
    };
    differs.then(|| Difference {
        member: "reconnectionTime".to_owned(),
        expected: show(expected),
        got: show(got),
    })
}

fn comments(expected: &Parsed, got: &Parsed, judged: Judged) -> Option<Difference> {
    let expected = expected.comments.as_deref().filter(|_| judged.comments)?;
    let got = got.comments.as_deref().unwrap_or_default();
    let differing = expected
        .iter()
        .zip(got)
        .position(|(expected, got)| expected != got);
    match differing {
        Some(index) => Some(text(
            format!("comments[{index}]"),
            &expected[index],
            &got[index],
        )),
        None if expected.len() == got.len() => None,
        None => Some(Difference {
            member: "comments".to_owned(),
            expected: count(expected.len(), "comment"),
            got: count(got.len(), "comment"),
        }),
    }
}

fn ignored(expected: &Parsed, got: &Parsed, judged: Judged) -> Option<Difference> {
    let expected = expected.ignored.as_deref().filter(|_| judged.ignored)?;
    let got = got.ignored.as_deref().unwrap_or_default();
    let mut pairs = expected.iter().zip(got).enumerate();
    let differing = pairs.find_map(|(index, (expected, got))| {
        let members = [
            ("name", &expected.0, &got.0),
            ("value", &expected.1, &got.1),
        ];
        let mut differing = members
            .into_iter()
            .filter(|(_, expected, got)| expected != got);
        let (member, expected, got) = differing.next()?;
        Some(text(format!("ignored[{index}].{member}"), expected, got))
    });
    let number = || {
        (expected.len() != got.len()).then(|| Difference {
            member: "ignored".to_owned(),
            expected: count(expected.len(), "ignored line"),
            got: count(got.len(), "ignored line"),
        })
    };
    differing.or_else(number)
}

fn discarded(expected: &Parsed, got: &Parsed, judged: Judged) -> Option<Difference> {
    let expected = expected.discarded.filter(|_| judged.discarded)?;
    (got.discarded != Some(expected)).then(|| Difference {
        member: "discarded".to_owned(),
        expected: expected.to_string(),
        got: got
            .discarded
            .map_or_else(|| "no answer".to_owned(), |got| got.to_string()),
    })
}

fn text(member: String, expected: &str, got: &str) -> Difference {
    let (expected, got) = escape::quote_both(expected.as_bytes(), got.as_bytes());
    Difference {
        member,
        expected,
        got,
    }
}

fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Judged = Judged {
        last_event_id: true,
        reconnection_time: true,
        comments: true,
        ignored: true,
        discarded: true,
        after_chunk: true,
    };
    const RIGHT: &str = r#"{
        "events":[{"type":"t","data":"d","lastEventId":"i","afterChunk":2}],
        "lastEventId":"l","reconnectionTime":5,"comments":["c"],
        "ignored":[["n","v"]],"discarded":{"content":"fields","lineCut":false}
    }"#;

    fn parsed(json: &str) -> Parsed {
        serde_json::from_str(json).unwrap()
    }

    fn wrong_member(got: &str) -> Option<String> {
        match compare(&parsed(RIGHT), &[2], &parsed(got), ALL) {
            Verdict::Right => None,
            Verdict::Late(difference) => Some(format!("late {}", difference.member)),
            Verdict::Wrong(difference) => Some(difference.member),
        }
    }

    #[test]
    fn each_member_is_judged() {
        assert_eq!(wrong_member(RIGHT), None);
        for (right, wrong, member) in [
            (r#""t""#, r#""T""#, "events[0].type"),
            (r#""d""#, r#""D""#, "events[0].data"),
            (r#""i""#, r#""I""#, "events[0].lastEventId"),
            (
                r#""afterChunk":2"#,
                r#""afterChunk":1"#,
                "events[0].afterChunk",
            ),
            (
                r#""afterChunk":2"#,
                r#""afterChunk":3"#,
                "late events[0].afterChunk",
            ),
            (r#","afterChunk":2"#, "", "events[0].afterChunk"),
            (r#""l""#, r#""L""#, "lastEventId"),
            (r#""lastEventId":"l","#, "", "lastEventId"),
            (":5", ":6", "reconnectionTime"),
            (":5", ":null", "reconnectionTime"),
            (":5", ":-5", "reconnectionTime"),
            (r#""c""#, r#""C""#, "comments[0]"),
            (r#""c""#, "", "comments"),
            (r#""c""#, r#""c","d""#, "comments"),
            (r#","comments":["c"]"#, "", "comments"),
            (r#""comments""#, r#""events2""#, "comments"),
            (r#""n""#, r#""N""#, "ignored[0].name"),
            (r#""v""#, r#""V""#, "ignored[0].value"),
            (r#"["n","v"]"#, "", "ignored"),
            (r#"["n","v"]"#, r#"["n","v"],["n","v"]"#, "ignored"),
            (r#""ignored""#, r#""Ignored""#, "ignored"),
            (r#""fields""#, r#""data""#, "discarded"),
            ("false", "true", "discarded"),
            (r#""discarded""#, r#""Discarded""#, "discarded"),
        ] {
            let got = RIGHT.replace(right, wrong);
            assert_ne!(got, RIGHT);
            assert_eq!(wrong_member(&got).as_deref(), Some(member), "{got}");
        }
    }

    #[test]
    fn an_event_too_many_and_one_too_few_are_wrong() {
        assert_eq!(wrong_member(r#"{"events":[]}"#).as_deref(), Some("events"));
        let twice = RIGHT.replace("}],", r#"},{"type":"t","data":"d"}],"#);
        assert_eq!(wrong_member(&twice).as_deref(), Some("events"));
    }

    #[test]
    fn an_answer_that_is_late_and_wrong_is_wrong() {
        let got = RIGHT.replace(":2", ":3").replace(r#""c""#, r#""C""#);
        assert_eq!(wrong_member(&got).as_deref(), Some("comments[0]"));
    }

    #[test]
    fn what_the_subject_cannot_tell_is_not_judged() {
        let got = r#"{"events":[{"type":"t","data":"d"}]}"#;
        assert_eq!(
            compare(&parsed(RIGHT), &[2], &parsed(got), Judged::default()),
            Verdict::Right
        );
    }

    #[test]
    fn a_reconnection_time_that_lost_its_last_digits_is_wrong() {
        let exact = parsed(r#"{"events":[],"reconnectionTime":18446744073709551615}"#);
        let rounded = parsed(r#"{"events":[],"reconnectionTime":18446744073709552000}"#);
        assert!(matches!(
            compare(&exact, &[], &rounded, ALL),
            Verdict::Wrong(_)
        ));
    }
}
