//! The answer to `start`.

use serde::Deserialize;
use serde_json::json;

use super::Finding;
use super::answer::{Members, cure, read, sent_back};
use crate::escape;
use crate::protocol::VERSION;
use crate::subject::{Capability, Info, Role};

#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// What the subject says about itself, if that can be used, and what was found.
pub(super) fn check(answer: &Members) -> (Option<Info>, Vec<Finding>) {
    if answer.contains_key("cmd") {
        return (None, vec![sent_back()]);
    }
    let mut findings = Vec::new();
    match read(answer) {
        Ok(Version { version: VERSION }) => {}
        Ok(Version { version }) => findings.push(Finding::wrong(
            format!("`version` is {version}, not {VERSION}"),
            cure("version"),
        )),
        Err(finding) => findings.push(finding),
    }
    let mut info = None;
    match read::<Info>(answer) {
        Ok(read) => {
            findings.extend(look(&read));
            info = Some(read);
        }
        Err(finding) => findings.push(finding),
    }
    let findings = findings.into_iter().map(|finding| finding.answered(answer));
    let has_role = |info: &Info| info.is(&Role::Parser) || info.is(&Role::Encoder);
    let speaks = answer.get("version") == Some(&json!(VERSION));
    (
        info.filter(|info| speaks && has_role(info)),
        findings.collect(),
    )
}

fn look(info: &Info) -> Vec<Finding> {
    let mut findings = Vec::new();
    if info.name.trim().is_empty() {
        findings.push(Finding::wrong(
            format!("`name` is {:?}", info.name),
            cure("name"),
        ));
    }
    if info.roles.is_empty() {
        let what = "`roles` is empty, so it is asked nothing";
        findings.push(Finding::wrong(what, cure("roles")));
    }
    for role in &info.roles {
        if let Role::Other(word) = role {
            let known = [Role::Parser, Role::Encoder].map(|role| json!(role));
            findings.push(unknown("roles", word, known));
        }
    }
    for capability in &info.capabilities {
        if let Capability::Other(word) = capability {
            let known = Capability::ALL.map(|capability| json!(capability));
            findings.push(unknown("capabilities", word, known));
        }
    }
    if info.can(&Capability::AfterChunk) && !info.can(&Capability::Chunks) {
        findings.push(Finding::note(
            "`capabilities` has \"afterChunk\" without \"chunks\", so each stream is sent in one \
             chunk",
            "add \"chunks\" if streams can be fed in pieces",
        ));
    }
    findings
}

/// An unknown word may belong to a later version, but not if it is a known one, misspelt.
fn unknown(
    member: &str,
    word: &str,
    known: impl IntoIterator<Item = serde_json::Value>,
) -> Finding {
    let letters = |word: &str| word.replace(['-', '_', ' '], "").to_lowercase();
    let is_meant = |known: &serde_json::Value| {
        known
            .as_str()
            .is_some_and(|known| letters(known) == letters(word))
    };
    let what = format!("`{member}` holds {word:?}, which is not known");
    match known.into_iter().find(is_meant) {
        Some(meant) => Finding::wrong(what, format!("write {meant}")),
        None => Finding::note(what, cure(member)),
    }
}

/// A summary: the title, roles and capabilities.
pub(super) fn summary(info: &Info) -> String {
    let roles = info.roles.iter().map(|role| json!(role));
    let words = roles.chain(info.capabilities.iter().map(|capability| json!(capability)));
    let words: Vec<String> = words
        .filter_map(|word| word.as_str().map(str::to_owned))
        .collect();
    let summary = format!("start: {}: {}", info.title(), words.join(", "));
    escape::line(summary.as_bytes())
}
