//! Compares what a client said and sent with the expectation.

use esse_conformance::report::escape::{escape, line};
use esse_vectors::connect::{Client, ExpectedRequest, Outcome, Said, Scenario};

use super::record::{Arrived, Seen};
use super::request::Request;
use super::said::Line;

/// Whether nothing is missing any more. More may have come than is expected.
pub(super) fn is_complete(expect: &Outcome, seen: &Seen) -> bool {
    let hung_up = !expect.hangs_up || seen.requests.last().is_some_and(|last| last.hung_up);
    seen.requests.len() >= expect.requests.len()
        && said(expect, seen).len() >= expect.said.len()
        && hung_up
}

/// Whether nothing that may still come can make it right: something else came than was expected, or
/// too much.
pub(super) fn is_wrong_already(expect: &Outcome, seen: &Seen) -> bool {
    let said = said(expect, seen);
    let is_other = said
        .iter()
        .zip(&expect.said)
        .any(|((came, _), said)| *came != said);
    let has_more_requests = seen.requests.len() > expect.requests.len() + expect.more;
    is_other || said.len() > expect.said.len() || has_more_requests
}

/// How the client differs from a correct one, in sentences.
pub(super) fn differences(scenario: &Scenario, seen: &Seen, ended: Option<&str>) -> Vec<String> {
    let expect = &scenario.expect;
    let mut differences = Vec::new();
    differences.extend(unknown_lines(seen));
    differences.extend(wrong_said(expect, seen));
    differences.extend(wrong_error(expect, seen));
    differences.extend(wrong_count(expect, seen));
    for (index, expected) in expect.requests.iter().enumerate() {
        let Some(request) = seen.requests.get(index) else {
            break;
        };
        let before = index.checked_sub(1).map(|before| &seen.requests[before]);
        let wrong = wrong_request(&scenario.client, expected, &request.request);
        let wrong = wrong
            .into_iter()
            .chain(too_early(expected, request, before));
        differences.extend(wrong.map(|wrong| format!("request {}: {wrong}", index + 1)));
    }
    if expect.hangs_up && !seen.requests.last().is_some_and(|last| last.hung_up) {
        differences.push("the client did not end its connection".to_owned());
    }
    if let (false, Some(ended)) = (differences.is_empty(), ended) {
        differences.push(format!("the driver ended, {}", escape(ended.as_bytes())));
    }
    differences
}

/// What the user saw. Comments count only if they are expected.
fn said<'s>(expect: &Outcome, seen: &'s Seen) -> Vec<(&'s Said, &'s str)> {
    let is_comment = |said: &Said| matches!(said, Said::Comment(_));
    let with_comments = expect.said.iter().any(is_comment);
    let lines = seen.lines.iter().filter_map(|line| match line {
        Line::Said { said, line } => Some((said, line.as_str())),
        Line::FinalError | Line::Unknown(_) => None,
    });
    lines
        .filter(|(said, _)| with_comments || !is_comment(said))
        .collect()
}

fn unknown_lines(seen: &Seen) -> Option<String> {
    let mut lines = seen.lines.iter();
    lines.find_map(|found| match found {
        Line::Unknown(text) => {
            let text = line(text.as_bytes());
            Some(format!(
                "the driver printed a line that is not in the protocol: {text}"
            ))
        }
        Line::Said { .. } | Line::FinalError => None,
    })
}

/// The first thing that differs.
fn wrong_said(expect: &Outcome, seen: &Seen) -> Option<String> {
    let said = said(expect, seen);
    let both = expect.said.len().max(said.len());
    let at = (0..both).find(|at| expect.said.get(*at) != said.get(*at).map(|(said, _)| *said))?;
    let expected = expect.said.get(at).map_or("nothing".to_owned(), named);
    let came = said
        .get(at)
        .map_or("nothing".to_owned(), |(_, text)| line(text.as_bytes()));
    let nth = at + 1;
    Some(format!("output {nth} is {came}, and should be {expected}"))
}

fn named(said: &Said) -> String {
    match said {
        Said::Open => "`open`".to_owned(),
        Said::Error => "`error`: the connection is lost and will be made again".to_owned(),
        Said::Closed => "`closed`: there is no further attempt".to_owned(),
        Said::Comment(text) => format!("the comment {}", line(text.as_bytes())),
        Said::Event {
            event_type,
            data,
            last_event_id,
        } => {
            let data = line(data.as_bytes());
            let id = line(last_event_id.as_bytes());
            format!(
                "the event {event_type:?} with the data \"{data}\" and the last event ID \"{id}\""
            )
        }
    }
}

fn wrong_error(expect: &Outcome, seen: &Seen) -> Option<String> {
    let has_error = seen.lines.contains(&Line::FinalError);
    match expect.told? {
        true if !has_error => Some("its user should see an error at the end".to_owned()),
        false if has_error => Some("its user should not see an error at the end".to_owned()),
        _ => None,
    }
}

fn wrong_count(expect: &Outcome, seen: &Seen) -> Option<String> {
    let (least, came) = (expect.requests.len(), seen.requests.len());
    let most = least + expect.more;
    if came < least {
        Some(format!(
            "the number of requests is {came}, and should be {least}"
        ))
    } else if came > most {
        Some(format!(
            "the number of requests is {came}, and should be at most {most}"
        ))
    } else {
        None
    }
}

fn wrong_request(client: &Client, expected: &ExpectedRequest, request: &Request) -> Vec<String> {
    let method = expected.method.as_ref().or(client.method.as_ref());
    let method = method.map_or("GET", String::as_str);
    let path = expected.path.as_ref().unwrap_or(&client.path);
    let body = expected.body.as_ref().or(client.body.as_ref());
    let body = body.map_or("", String::as_str);
    let parts = [
        ("the method", request.method.as_bytes(), method),
        ("the path", request.path.as_bytes(), path),
        ("the body", &request.body, body),
    ];
    let parts = parts.into_iter().filter_map(|(name, came, expected)| {
        let quoted = |bytes: &[u8]| format!("\"{}\"", line(bytes));
        let (came, is_right) = (quoted(came), came == expected.as_bytes());
        let expected = quoted(expected.as_bytes());
        (!is_right).then(|| format!("{name} is {came}, and should be {expected}"))
    });
    let headers = expected.headers.iter();
    let headers = headers.filter_map(|(name, value)| wrong_header(name, value.as_deref(), request));
    parts.chain(headers).collect()
}

fn wrong_header(name: &str, expected: Option<&str>, request: &Request) -> Option<String> {
    let came: Vec<&[u8]> = request.values(name).collect();
    let expected: Vec<&[u8]> = expected.map(str::as_bytes).into_iter().collect();
    if came == expected {
        return None;
    }
    let shown = |values: &[&[u8]]| match values {
        [] => "absent".to_owned(),
        values => {
            let values: Vec<_> = values
                .iter()
                .map(|value| format!("\"{}\"", line(value)))
                .collect();
            values.join(" and ")
        }
    };
    let (came, expected) = (shown(&came), shown(&expected));
    Some(format!("`{name}` is {came}, and should be {expected}"))
}

fn too_early(
    expected: &ExpectedRequest,
    request: &Arrived,
    before: Option<&Arrived>,
) -> Option<String> {
    let least = expected.after?;
    let waited = request.at.checked_duration_since(before?.response_ended?)?;
    let (waited, least) = (waited.as_millis(), least.as_millis());
    (waited < least).then(|| {
        format!(
            "it came {waited} ms after the end of the response before, and should wait {least} ms"
        )
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn scenario() -> Scenario {
        let json = r#"{"id": "a/b", "rule": "r", "source": "s", "basis": "policy",
            "client": {"method": "POST", "body": "b"}, "server": [{}, {}],
            "expect": {"said": ["open", {"data": "x", "lastEventId": "1"}, "error", "closed"], "told": true,
                "requests": [{"headers": {"last-event-id": null}},
                    {"headers": {"last-event-id": "…"}, "afterMs": 200}], "hangsUp": true}}"#;
        serde_json::from_str(json).unwrap()
    }

    fn arrived(headers: &[(&str, &str)], at: Instant) -> Arrived {
        let headers = headers.iter();
        let headers = headers.map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        let request = Request {
            method: "POST".to_owned(),
            path: "/events".to_owned(),
            headers: headers.collect(),
            body: b"b".to_vec(),
        };
        Arrived {
            request,
            at,
            response_ended: Some(at),
            hung_up: true,
        }
    }

    /// What a correct client does.
    fn right() -> Seen {
        let lines = [
            r#"{"open":true}"#,
            r#"{"type":"message","data":"x","lastEventId":"1"}"#,
            r#"{"comment":"nobody asked"}"#,
            r#"{"error":"e"}"#,
            r#"{"told":"t"}"#,
            r#"{"closed":"c"}"#,
        ];
        let start = Instant::now();
        let later = start + Duration::from_millis(200);
        Seen {
            requests: vec![
                arrived(&[], start),
                arrived(&[("last-event-id", "…")], later),
            ],
            lines: lines.map(Line::read).to_vec(),
            ..Seen::default()
        }
    }

    #[test]
    fn a_correct_client_does_not_differ() {
        let seen = right();
        assert_eq!(
            differences(&scenario(), &seen, Some("exit status: 0: ")),
            [""; 0]
        );
        assert!(is_complete(&scenario().expect, &seen));
    }

    #[test]
    fn it_is_not_complete_while_anything_is_missing() {
        type Edit = fn(&mut Seen);
        let missing: [Edit; 3] = [
            |seen| seen.lines.truncate(5),
            |seen| seen.requests.truncate(1),
            |seen| seen.requests[1].hung_up = false,
        ];
        for edit in missing {
            let mut seen = right();
            edit(&mut seen);
            assert!(!is_complete(&scenario().expect, &seen));
        }
    }

    #[test]
    fn it_is_wrong_already_if_something_else_or_too_much_came() {
        let is_wrong = |edit: fn(&mut Seen)| {
            let mut seen = right();
            edit(&mut seen);
            is_wrong_already(&scenario().expect, &seen)
        };
        assert!(!is_wrong(|_| {}));
        assert!(!is_wrong(|seen| seen.lines.truncate(1)));
        assert!(!is_wrong(|seen| seen.requests.truncate(1)));
        assert!(is_wrong(|seen| seen.lines.swap(0, 1)));
        assert!(is_wrong(|seen| seen.lines.extend(seen.lines.clone())));
        assert!(is_wrong(|seen| seen.requests.extend(seen.requests.clone())));
    }

    #[test]
    fn each_difference_is_found_and_it_alone() {
        type Edit = fn(&mut Seen);
        let cases: [(&str, Edit); 17] = [
            ("output 1 is nothing, and should be `open`", |seen| {
                seen.lines = vec![Line::FinalError];
            }),
            (
                r#"output 2 is {"error":"e"}, and should be the event "message" with the data "x" and the last event ID "1""#,
                |seen| {
                    seen.lines.remove(1);
                },
            ),
            (
                r#"output 2 is {"type":"message","data":"x","lastEventId":""}, and should be the event "message" with the data "x" and the last event ID "1""#,
                |seen| {
                    let line = r#"{"type":"message","data":"x","lastEventId":""}"#;
                    seen.lines[1] = Line::read(line);
                },
            ),
            (
                r#"output 5 is {"open":true}, and should be nothing"#,
                |seen| seen.lines.push(Line::read(r#"{"open":true}"#)),
            ),
            (
                "output 4 is nothing, and should be `closed`: there is no further attempt",
                |seen| seen.lines.truncate(5),
            ),
            ("its user should see an error at the end", |seen| {
                seen.lines.remove(4);
            }),
            (
                "the driver printed a line that is not in the protocol: hello",
                |seen| seen.lines.push(Line::read("hello")),
            ),
            ("the number of requests is 1, and should be 2", |seen| {
                seen.requests.truncate(1);
            }),
            (
                "the number of requests is 3, and should be at most 2",
                |seen| {
                    seen.requests.push(arrived(&[], Instant::now()));
                },
            ),
            (
                "request 1: `last-event-id` is \"\", and should be absent",
                |seen| {
                    let header = ("last-event-id".to_owned(), Vec::new());
                    seen.requests[0].request.headers.push(header);
                },
            ),
            (
                "request 2: `last-event-id` is absent, and should be \"\\u{2026}\"",
                |seen| seen.requests[1].request.headers.clear(),
            ),
            (
                "request 2: `last-event-id` is \"\\u{2026}\" and \"\\u{2026}\", and should be \"\\u{2026}\"",
                |seen| {
                    let header = seen.requests[1].request.headers[0].clone();
                    seen.requests[1].request.headers.push(header);
                },
            ),
            (
                "request 2: the method is \"GET\", and should be \"POST\"",
                |seen| seen.requests[1].request.method = "GET".to_owned(),
            ),
            (
                "request 1: the path is \"/\", and should be \"/events\"",
                |seen| seen.requests[0].request.path = "/".to_owned(),
            ),
            ("request 1: the body is \"\", and should be \"b\"", |seen| {
                seen.requests[0].request.body.clear();
            }),
            (
                "request 2: it came 199 ms after the end of the response before, and should wait 200 ms",
                |seen| seen.requests[1].at -= Duration::from_micros(1),
            ),
            ("the client did not end its connection", |seen| {
                seen.requests[1].hung_up = false;
            }),
        ];
        for (difference, edit) in cases {
            let mut seen = right();
            edit(&mut seen);
            assert_eq!(differences(&scenario(), &seen, None), [difference]);
        }
    }

    #[test]
    fn what_is_not_judged_makes_no_difference() {
        let mut scenario = scenario();
        scenario.expect.told = None;
        scenario.expect.more = 1;
        let mut seen = right();
        seen.lines.remove(4);
        seen.requests.push(arrived(&[], Instant::now()));
        assert_eq!(differences(&scenario, &seen, None), [""; 0]);
        let comment = Said::Comment("another".to_owned());
        scenario.expect.said.insert(2, comment);
        let wrong = r#"output 3 is {"comment":"nobody asked"}, and should be the comment another"#;
        assert_eq!(differences(&scenario, &seen, None), [wrong]);
    }

    #[test]
    fn an_error_that_should_not_be_seen_is_a_difference() {
        let mut scenario = scenario();
        scenario.expect.told = Some(false);
        let wrong = "its user should not see an error at the end";
        assert_eq!(differences(&scenario, &right(), None), [wrong]);
        let ended = [
            "its user should not see an error at the end",
            "the driver ended, exit status: 1: no\\nway",
        ];
        let found = differences(&scenario, &right(), Some("exit status: 1: no\nway"));
        assert_eq!(found, ended);
    }
}
