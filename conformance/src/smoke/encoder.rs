//! What an encoder is asked.

use esse_parser::reference::interpret;

use super::answer::{BYTES_OR_REJECTED, Members, read};
use super::conversation::Conversation;
use super::{Finding, Smoke};
use crate::escape;
use crate::protocol::{EncodeMembers, from_base64};
use crate::subject::Block;

/// Asks for as long as there are answers.
pub(super) fn run(conversation: &mut Conversation, smoke: &mut Smoke) {
    let data = |data: &str| Block {
        data: Some(data.to_owned()),
        ..Block::default()
    };
    let full = Block {
        event: Some("a".to_owned()),
        id: Some("1".to_owned()),
        ..data("x\ny")
    };
    for (name, block) in [
        ("encode: data", data("x")),
        ("encode: type, ID and two lines", full),
        ("encode: a long line", data(&"x".repeat(256 << 10))),
    ] {
        if !conversation.is_over {
            let answer = conversation.encode(block.clone());
            let finding = answer.map_or_else(Some, |answer| check(&block, &answer));
            smoke.push(name, finding);
        }
    }
}

fn check(block: &Block, answer: &Members) -> Option<Finding> {
    let members = read::<EncodeMembers>(answer);
    let finding = match members.map(|members| (members.bytes, members.rejected)) {
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
