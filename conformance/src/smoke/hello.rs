//! The answer to `start`.

use serde_json::Value;

use super::Finding;
use super::line::{self, Members};
use crate::protocol::VERSION;
use crate::subject::{Capability, Info, Role};

const ROLES: [&str; 2] = ["parser", "encoder"];
const CAPABILITIES: [&str; 6] = [
    "chunks",
    "afterChunk",
    "comments",
    "reconnectionTime",
    "lastEventId",
    "initialLastEventId",
];

/// What the subject says of itself, where that can be used, and what was found.
pub(super) fn check(answer: &Members) -> (Option<Info>, Vec<Finding>) {
    if answer.contains_key("cmd") {
        return (None, vec![line::sent_back()]);
    }
    let mut findings = Vec::new();
    findings.extend(version(answer.get("version")));
    findings.extend(name(answer.get("name")));
    findings.extend(words(answer, "roles", &ROLES, true));
    findings.extend(words(answer, "capabilities", &CAPABILITIES, false));
    for member in ["language", "implementationVersion", "homepage"] {
        findings.extend(text(answer, member));
    }
    findings.extend(chunks(answer));
    let findings: Vec<Finding> = findings
        .into_iter()
        .map(|finding| finding.got(&serde_json::to_vec(answer).unwrap_or_default()))
        .collect();
    let speaks = answer.get("version").and_then(Value::as_u64) == Some(u64::from(VERSION));
    let info: Option<Info> = serde_json::from_value(Value::Object(answer.clone())).ok();
    let has_role = |info: &Info| {
        [Role::Parser, Role::Encoder]
            .iter()
            .any(|role| info.is(role))
    };
    (info.filter(|info| speaks && has_role(info)), findings)
}

/// In short, what it says of itself.
pub(super) fn told(info: &Info) -> String {
    let roles = info.roles.iter().filter_map(|role| match role {
        Role::Parser => Some("parser"),
        Role::Encoder => Some("encoder"),
        Role::Other(_) => None,
    });
    let capabilities = info.capabilities.iter().filter_map(capability);
    let title = info.title();
    let words: Vec<&str> = roles.chain(capabilities).collect();
    let told = format!("start: {title}: {}", words.join(", "));
    crate::escape::line(told.as_bytes())
}

fn capability(capability: &Capability) -> Option<&'static str> {
    let index = match capability {
        Capability::Chunks => 0,
        Capability::AfterChunk => 1,
        Capability::Comments => 2,
        Capability::ReconnectionTime => 3,
        Capability::LastEventId => 4,
        Capability::InitialLastEventId => 5,
        Capability::Other(_) => return None,
    };
    Some(CAPABILITIES[index])
}

fn version(version: Option<&Value>) -> Option<Finding> {
    let what = match version {
        Some(version) if version.as_u64() == Some(u64::from(VERSION)) => return None,
        Some(other) => format!("`version` is {other}, not {VERSION}"),
        None => "the answer to `start` has no `version`".to_owned(),
    };
    Some(Finding::wrong(
        what,
        format!("answer with \"version\":{VERSION}, a number: that of the protocol, not your own"),
    ))
}

fn name(name: Option<&Value>) -> Option<Finding> {
    let what = match name {
        Some(Value::String(name)) if !name.trim().is_empty() => return None,
        Some(other) => format!("`name` is {other}"),
        None => "the answer to `start` has no `name`".to_owned(),
    };
    Some(Finding::wrong(
        what,
        "give the implementation's name as text: reports and known failures go by it",
    ))
}

fn text(answer: &Members, member: &str) -> Option<Finding> {
    match answer.get(member) {
        None | Some(Value::String(_)) => None,
        Some(other) => Some(Finding::wrong(
            format!("`{member}` is {other}"),
            "give it as text, or leave it out",
        )),
    }
}

fn words(answer: &Members, member: &str, known: &[&str], needed: bool) -> Vec<Finding> {
    let remedy = format!("give a list of {}", known.join(", "));
    match answer.get(member) {
        None if !needed => Vec::new(),
        None => vec![Finding::wrong(
            format!("the answer to `start` has no `{member}`"),
            remedy,
        )],
        Some(Value::Array(words)) if words.is_empty() && needed => vec![Finding::wrong(
            format!("`{member}` is empty: it is asked nothing"),
            remedy,
        )],
        Some(Value::Array(words)) => words
            .iter()
            .filter_map(|word| unknown(word, member, known))
            .collect(),
        Some(other) => vec![Finding::wrong(format!("`{member}` is {other}"), remedy)],
    }
}

/// One that is not known may belong to a later version; one that is written otherwise does not.
fn unknown(word: &Value, member: &str, known: &[&str]) -> Option<Finding> {
    let Value::String(word) = word else {
        let what = format!("`{member}` holds {word}, which is no text");
        return Some(Finding::wrong(
            what,
            format!("give a list of {}", known.join(", ")),
        ));
    };
    if known.contains(&word.as_str()) {
        return None;
    }
    let what = format!("`{member}` holds {word:?}, which is not known");
    let meant = known.iter().find(|known| bare(known) == bare(word));
    Some(match meant {
        Some(meant) => Finding::wrong(what, format!("write {meant:?}")),
        None => Finding::note(what, format!("known are {}", known.join(", "))),
    })
}

fn bare(word: &str) -> String {
    let letters = word.chars().filter(char::is_ascii_alphabetic);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// `afterChunk` tells nothing of a stream that is always sent in one chunk.
fn chunks(answer: &Members) -> Option<Finding> {
    let capabilities = answer.get("capabilities")?.as_array()?;
    let has = |word: &str| capabilities.iter().any(|other| other == word);
    (has("afterChunk") && !has("chunks")).then(|| {
        Finding::note(
            "`capabilities` has \"afterChunk\" without \"chunks\": each stream is sent in one chunk",
            "add \"chunks\" if streams can be fed in pieces",
        )
    })
}
