//! Scenarios as tests: what a server does, and what an `EventSource` fires and sends.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use esse_behaviour::connect::{Step, event_types, steps};
use esse_vectors::connect::{Basis, Client, End, ExpectedRequest, Piece, Response, Said, Scenario};
use serde::Serialize;

use super::super::broken;
use super::{Group, LeftOut, json, page};
use crate::stop::Stop;

/// How long nothing may follow, if the scenario does not say.
const QUIET: Duration = Duration::from_millis(500);

#[derive(Serialize)]
struct Test<'s> {
    id: &'s str,
    rule: &'s str,
    source: &'s str,
    types: BTreeSet<String>,
    server: Vec<Answer>,
    expect: Expect<'s>,
}

#[derive(Serialize)]
struct Answer {
    steps: Vec<AnswerStep>,
    /// The connection stays open after the steps.
    hold: bool,
    repeat: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum AnswerStep {
    /// In base64. The handler fills in `{{origin}}`, `{{handler}}` and `{{query}}`.
    Send(String),
    PauseMs(u128),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Expect<'s> {
    fired: Vec<Fired<'s>>,
    requests: Vec<Request<'s>>,
    more: usize,
    quiet_ms: u128,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Fired<'s> {
    State(&'static str),
    #[serde(rename_all = "camelCase")]
    Event {
        #[serde(rename = "type")]
        event_type: &'s str,
        data: &'s str,
        last_event_id: &'s str,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'s> {
    /// Empty: that of the first request.
    path: &'s str,
    headers: &'s BTreeMap<String, Option<String>>,
    after_ms: Option<u128>,
}

/// A group for each theme that has scenarios for browsers.
pub(super) fn groups(max_bytes: usize, left_out: &mut Vec<LeftOut>) -> Result<Vec<Group>, Stop> {
    let mut scenarios = esse_vectors::connect::scenarios().map_err(broken)?;
    scenarios.retain(is_for_browsers);
    let themes = scenarios.chunk_by(|one, next| theme(one) == theme(next));
    let groups = themes.map(|scenarios| group(scenarios, max_bytes, left_out));
    Ok(groups.filter(|group| !group.tests.is_empty()).collect())
}

fn group(scenarios: &[Scenario], max_bytes: usize, left_out: &mut Vec<LeftOut>) -> Group {
    let theme = scenarios.first().map_or("", theme);
    let name = format!("connect-{theme}");
    let mut tests = Vec::new();
    for scenario in scenarios {
        let test = json(&test(scenario));
        let large = (test.len() > max_bytes).then_some("It is large.");
        match why_not(scenario).or(large) {
            Some(why) => left_out.push(LeftOut {
                id: scenario.id.clone(),
                why,
            }),
            None => tests.push(test),
        }
    }
    let title = format!("the scenarios of connect/{theme}");
    let call = format!("run_scenarios(\"{name}\")");
    Group {
        page: page(&title, &BTreeSet::new(), "scenarios.js", &call),
        name,
        kind: "scenarios",
        tests,
    }
}

fn theme(scenario: &Scenario) -> &str {
    scenario.id.split('/').next().unwrap_or_default()
}

fn is_for_browsers(scenario: &Scenario) -> bool {
    scenario.browser && scenario.basis == Basis::Standard
}

/// Why the handler, or a page, cannot run it.
fn why_not(scenario: &Scenario) -> Option<&'static str> {
    let is_comment = |said: &Said| matches!(said, Said::Comment(_));
    let reasons = [
        (
            scenario
                .server
                .iter()
                .any(|response| response.end == End::Reset),
            "A handler of wptserve cannot reset its connection.",
        ),
        (
            scenario.listen_after.is_some(),
            "A handler of wptserve cannot refuse connections.",
        ),
        (
            scenario.expect.hangs_up,
            "A handler of wptserve does not see that the client ends its connection.",
        ),
        (
            scenario.client != Client::default(),
            "The client needs a URL or an option of its own.",
        ),
        (
            names_another_origin(scenario),
            "The response depends on another origin or the date.",
        ),
        (
            scenario.expect.told == Some(false) || scenario.expect.said.iter().any(is_comment),
            "An `EventSource` does not show comments or the lack of an error.",
        ),
        (
            scenario.expect.requests.iter().any(has_a_body),
            "An `EventSource` sends no body.",
        ),
    ];
    reasons.into_iter().find_map(|(is, why)| is.then_some(why))
}

fn names_another_origin(scenario: &Scenario) -> bool {
    let mut headers = scenario
        .server
        .iter()
        .flat_map(|response| &response.headers);
    headers.any(|(_, value)| value.contains("{other}") || value.contains("{now"))
}

fn has_a_body(request: &ExpectedRequest) -> bool {
    request.method.is_some() || request.body.is_some()
}

fn test(scenario: &Scenario) -> Test<'_> {
    let expect = &scenario.expect;
    let bodies = scenario.server.iter().map(body);
    Test {
        id: &scenario.id,
        rule: &scenario.rule,
        source: &scenario.source,
        types: bodies.flat_map(|body| event_types(&body)).collect(),
        server: scenario.server.iter().map(answer).collect(),
        expect: Expect {
            fired: expect.said.iter().filter_map(fired).collect(),
            requests: expect.requests.iter().map(request).collect(),
            more: expect.more,
            quiet_ms: expect.quiet.unwrap_or(QUIET).as_millis(),
        },
    }
}

fn body(response: &Response) -> Vec<u8> {
    let pieces = response.pieces.iter().filter_map(|piece| match piece {
        Piece::Bytes(bytes) => Some(bytes.as_slice()),
        Piece::Pause(_) => None,
    });
    pieces.collect::<Vec<_>>().concat()
}

fn answer(response: &Response) -> Answer {
    let steps = steps(response, &header).into_iter().map(|step| match step {
        Step::Send(bytes) => AnswerStep::Send(BASE64_STANDARD.encode(bytes)),
        Step::Pause(time) => AnswerStep::PauseMs(time.as_millis()),
    });
    Answer {
        steps: steps.collect(),
        hold: response.end == End::Silence,
        repeat: response.repeat,
    }
}

/// All paths of a scenario are queries of the handler, so a redirect leads there: to another URL of
/// the same form, absolute, with an absolute path, or relative.
fn header(name: &str, value: &str) -> String {
    if !name.eq_ignore_ascii_case("location") {
        return value.to_owned();
    }
    let to = |start: &str, path: &str| {
        let path = path
            .replace('?', "%3F")
            .replace('&', "%26")
            .replace('=', "%3D");
        format!("{start}?{{{{query}}}}&path={path}")
    };
    if let Some(path) = value.strip_prefix("{origin}") {
        to("{{origin}}{{handler}}", path)
    } else if value.starts_with('/') {
        to("{{handler}}", value)
    } else {
        to("scenario.py", &format!("/{value}"))
    }
}

/// Comments are not seen.
fn fired(said: &Said) -> Option<Fired<'_>> {
    match said {
        Said::Open => Some(Fired::State("open")),
        Said::Error => Some(Fired::State("error")),
        Said::Closed => Some(Fired::State("closed")),
        Said::Comment(_) => None,
        Said::Event {
            event_type,
            data,
            last_event_id,
        } => Some(Fired::Event {
            event_type,
            data,
            last_event_id,
        }),
    }
}

fn request(expected: &ExpectedRequest) -> Request<'_> {
    Request {
        path: expected.path.as_deref().unwrap_or_default(),
        headers: &expected.headers,
        after_ms: expected.after.map(|time| time.as_millis()),
    }
}
