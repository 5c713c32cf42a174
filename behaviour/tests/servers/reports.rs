//! What reports on a server look like, with every outcome that there is.

use std::time::Duration;

use esse_behaviour::serve::{ServerInfo, ServerOption, ServerResult, checks};
use esse_conformance::report::Format;
use esse_conformance::subject::Known;

use crate::server;

/// It passes, passes with a note, fails, is known to fail, no longer fails, and is not asked.
const CHECKS: [&str; 6] = [
    "head/status",
    "gap/announced",
    "bytes/tab",
    "bytes/leading-space",
    "bytes/id",
    "keep-alive/bytes",
];
/// Nothing that the server does takes so long.
const PATIENCE: Duration = Duration::from_secs(20);

fn result() -> ServerResult {
    let known: Known = serde_json::from_str(
        r#"{"subject":"miniature","failures":{
            "bytes/leading-space":"It trims | *everything*.","bytes/id":"It was wrong <once>."
        }}"#,
    )
    .unwrap();
    let place = |id: &str| CHECKS.iter().position(|one| *one == id);
    let mut all = checks();
    all.retain(|check| place(check.id).is_some());
    all.sort_by_key(|check| place(check.id));
    let command = server("trims-lines");
    let mut info = ServerInfo::ask(&command, PATIENCE).unwrap();
    info.options
        .retain(|option| *option != ServerOption::KeepAlive);
    let mut seen = 0;
    let mut result = ServerResult::of(info, &command, &all, Some(&known), PATIENCE, &mut |_| {
        seen += 1;
    });
    assert_eq!(seen, 5);
    assert!(!result.is_ok());
    result.command = "./server --it's".into();
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
