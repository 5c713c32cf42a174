//! What an encoder is asked.

use esse_parser::reference::interpret;

use super::answer::{BYTES_OR_REJECTED, Members, read};
use super::conversation::Conversation;
use super::{Check, Finding};
use crate::escape;
use crate::protocol::{EncodeMembers, from_base64};
use crate::subject::Block;

/// Asks for as long as there are answers.
pub(super) fn run(conversation: &mut Conversation, checks: &mut Vec<Check>) {
    let text = |text: &str| Some(text.to_owned());
    let plain = Block {
        data: text("x"),
        ..Block::default()
    };
    let full = Block {
        event: text("a"),
        id: text("1"),
        data: text("x\ny"),
        ..Block::default()
    };
    let long = Block {
        data: Some("x".repeat(256 << 10)),
        ..Block::default()
    };
    for (name, block) in [
        ("encode: data", plain),
        ("encode: type, ID and two lines", full),
        ("encode: a long line", long),
    ] {
        if conversation.is_over() {
            return;
        }
        let findings = match conversation.encode(block.clone()) {
            Ok(answer) => check(&block, &answer),
            Err(finding) => Some(finding),
        };
        checks.push(Check::of(name, findings.into_iter().collect()));
    }
}

fn check(block: &Block, answer: &Members) -> Option<Finding> {
    let finding =
        match read::<EncodeMembers>(answer).map(|members| (members.bytes, members.rejected)) {
            Err(finding) => finding,
            Ok((Some(text), None)) => bytes(block, &text)?,
            Ok((None, Some(why))) => Finding::note(
                format!("it refused a plain block: {why}"),
                "nothing, if the encoder does; the vectors judge that",
            ),
            Ok((Some(_), Some(_))) => {
                Finding::wrong("it has both `bytes` and `rejected`", BYTES_OR_REJECTED)
            }
            Ok((None, None)) => Finding::wrong(
                "the answer has neither `bytes` nor `rejected`",
                BYTES_OR_REJECTED,
            ),
        };
    let block = serde_json::to_vec(block).unwrap_or_default();
    let sent = format!("the block {}", escape::line(&block));
    Some(finding.sent(sent).answered(answer))
}

fn bytes(block: &Block, text: &str) -> Option<Finding> {
    let bytes = match from_base64(text) {
        Ok(bytes) => bytes,
        Err(why) => return Some(not_base64(text, &why)),
    };
    let events = interpret(&bytes).events;
    if matches!(events.as_slice(), [event] if Some(&event.data) == block.data.as_ref()) {
        return None;
    }
    Some(Finding::note(
        format!("the bytes do not mean the block: {}", escape::quote(&bytes)),
        "nothing, if the encoder writes that (the vectors judge it); is the blank line at the end \
         there, and is base64 made once, of the whole encoding?",
    ))
}

fn not_base64(text: &str, why: &str) -> Finding {
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
