//! The answer to `start`.

use serde::Deserialize;
use serde_json::{Value, json};

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
    let version = read(answer).and_then(|Version { version }| match version {
        VERSION => Ok(()),
        _ => Err(Finding::wrong(
            format!("`version` is {version}, not {VERSION}"),
            cure("version"),
        )),
    });
    let speaks = version.is_ok();
    let mut findings: Vec<Finding> = version.err().into_iter().collect();
    let info = read::<Info>(answer).map_err(|finding| findings.push(finding));
    findings.extend(info.iter().flat_map(look));
    let has_role = |info: &Info| info.is(&Role::Parser) || info.is(&Role::Encoder);
    let findings = findings.into_iter().map(|finding| finding.answered(answer));
    (
        info.ok().filter(|info| speaks && has_role(info)),
        findings.collect(),
    )
}

fn look(info: &Info) -> Vec<Finding> {
    let mut findings = Vec::new();
    if info.name.trim().is_empty() {
        let what = format!("`name` is {:?}", info.name);
        findings.push(Finding::wrong(what, cure("name")));
    }
    if info.roles.is_empty() {
        let what = "`roles` is empty, so it is asked nothing";
        findings.push(Finding::wrong(what, cure("roles")));
    }
    for role in &info.roles {
        if let Role::Other(word) = role {
            findings.push(unknown(
                "roles",
                word,
                &json!([Role::Parser, Role::Encoder]),
            ));
        }
    }
    for capability in &info.capabilities {
        if let Capability::Other(word) = capability {
            findings.push(unknown("capabilities", word, &json!(Capability::ALL)));
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
fn unknown(member: &str, word: &str, known: &Value) -> Finding {
    let letters = |word: &str| word.replace(['-', '_', ' '], "").to_lowercase();
    let mut known = known.as_array().into_iter().flatten();
    let is_meant = |known: &&Value| known.as_str().map(letters) == Some(letters(word));
    let what = format!("`{member}` holds {word:?}, which is not known");
    match known.find(is_meant) {
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
