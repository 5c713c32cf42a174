//! What reports on a client look like, with every outcome that there is.

use esse_behaviour::connect::{ClientInfo, ClientResult, PATIENCE};
use esse_conformance::report::Format;
use esse_conformance::subject::Known;
use esse_vectors::connect::{Scenario, scenarios};

use crate::client;
use crate::wrong::Wrong;

/// It passes, fails, is known to fail, no longer fails, and is not asked.
const SCENARIOS: [&str; 5] = [
    "requests/no-body",
    "requests/accept",
    "methods/post",
    "answers/no-reason",
    "modes/hook",
];

fn result() -> ClientResult {
    let known: Known = serde_json::from_str(
        r#"{"subject":"wrong_client","failures":{
            "methods/post":"It accepts | *everything*.","answers/no-reason":"It was wrong <once>."
        }}"#,
    )
    .unwrap();
    let mut all = scenarios().unwrap();
    all.retain(|scenario| SCENARIOS.contains(&&*scenario.id));
    let place = |one: &Scenario| SCENARIOS.iter().position(|id| *id == one.id);
    all.sort_by_key(place);
    let command = client(Wrong::AcceptsEverything);
    let mut info = ClientInfo::ask(&command, PATIENCE).unwrap();
    info.language = "Rust".into();
    let mut seen = 0;
    let mut result = ClientResult::of(info, &command, &all, Some(&known), PATIENCE, &mut |_| {
        seen += 1;
    });
    assert_eq!(seen, 4);
    assert!(!result.is_ok());
    result.command = "./driver --it's".into();
    result
}

#[test]
fn every_form() {
    let result = result();
    insta::assert_snapshot!("text", result.report(Format::Text));
    insta::assert_snapshot!("json", result.report(Format::Json));
    insta::assert_snapshot!("junit", result.report(Format::Junit));
    insta::assert_snapshot!("markdown", result.report(Format::Markdown));
}
