//! What an encoder is asked.

use esse_parser::reference::interpret;
use serde_json::Value;

use super::conversation::Conversation;
use super::line::Members;
use super::shape::short;
use super::{Check, Finding};
use crate::block_json::BlockJson;
use crate::protocol::from_base64;

fn blocks() -> Vec<(&'static str, BlockJson)> {
    let block = BlockJson::default;
    let text = |text: &str| Some(text.to_owned());
    vec![
        (
            "encode: data",
            BlockJson {
                data: text("x"),
                ..block()
            },
        ),
        (
            "encode: type, ID and two lines",
            BlockJson {
                event: text("a"),
                id: text("1"),
                data: text("x\ny"),
                ..block()
            },
        ),
        (
            "encode: a long line",
            BlockJson {
                data: Some("x".repeat(256 << 10)),
                ..block()
            },
        ),
    ]
}

/// Asks, as long as it is of use.
pub(super) fn run(conversation: &mut Conversation, checks: &mut Vec<Check>) {
    for (name, block) in blocks() {
        if conversation.is_over() {
            return;
        }
        let findings = match conversation.encode(block.clone()) {
            Ok(answer) => check(&block, &answer),
            Err(finding) => vec![finding],
        };
        checks.push(Check::of(name, findings));
    }
}

fn check(block: &BlockJson, answer: &Members) -> Vec<Finding> {
    let finding = match (answer.get("bytes"), answer.get("rejected")) {
        (Some(Value::String(text)), None) => bytes(block, text),
        (None, Some(why)) => Some(Finding::note(
            format!("it refused a plain block: {}", short(why)),
            "nothing, if the encoder does; the vectors judge that",
        )),
        (Some(_), Some(_)) => Some(Finding::wrong("it has both `bytes` and `rejected`", EITHER)),
        (Some(other), None) => {
            let what = format!("`bytes` is {}", short(other));
            Some(Finding::wrong(what, EITHER))
        }
        (None, None) => Some(Finding::wrong(
            "the answer has neither `bytes` nor `rejected`",
            EITHER,
        )),
    };
    let sent = serde_json::to_vec(block).unwrap_or_default();
    let shown = |finding: Finding| {
        finding
            .sent(format!("the block {}", crate::escape::line(&sent)))
            .got(&serde_json::to_vec(answer).unwrap_or_default())
    };
    finding.map(shown).into_iter().collect()
}

const EITHER: &str = "answer {\"seq\":..,\"bytes\":\"base64\"}, or {\"seq\":..,\"rejected\":\"why\"} where the \
     encoder refuses the block";

fn bytes(block: &BlockJson, text: &str) -> Option<Finding> {
    let bytes = match from_base64(text) {
        Ok(bytes) => bytes,
        Err(why) => return Some(no_base64(text, &why)),
    };
    let events = interpret(&bytes).events;
    let is_same = events.len() == 1 && Some(&events[0].data) == block.data.as_ref();
    (!is_same).then(|| {
        Finding::note(
            format!(
                "the bytes do not mean the block: {}",
                crate::escape::quote(&bytes)
            ),
            "nothing, if the encoder writes so (the vectors judge that); is the blank line at the \
             end there, and base64 made once, of the whole encoding?",
        )
    })
}

fn no_base64(text: &str, why: &str) -> Finding {
    let what = if text.contains("data:") {
        "`bytes` is the encoding itself, not base64".to_owned()
    } else if text.contains(['-', '_']) {
        "`bytes` is base64 of the URL alphabet (- and _)".to_owned()
    } else if text.len() % 4 != 0 {
        "`bytes` is base64 without its padding (=)".to_owned()
    } else {
        format!("`bytes` is {why}")
    };
    Finding::wrong(
        what,
        "write base64 of the standard alphabet (+ and /), padded with =",
    )
}
