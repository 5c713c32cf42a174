//! Reads one line of a subject as the answer to a command, or says why it is none.

use serde_json::{Map, Value};

use super::Finding;

/// The members of an answer.
pub(super) type Members = Map<String, Value>;

const ONE_A_LINE: &str =
    "write each answer as one JSON object on one line, with nothing before, between or after";

/// The JSON object in a line.
pub(super) fn object(line: &[u8]) -> Result<Members, Finding> {
    let text = std::str::from_utf8(line).map_err(|error| not_utf8(line, error.valid_up_to()))?;
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Finding::wrong(
            "the answer is JSON, but not an object",
            ONE_A_LINE,
        )),
        Err(error) => Err(not_json(text.trim(), &error)),
    }
}

fn not_utf8(line: &[u8], at: usize) -> Finding {
    let what = if line.starts_with(b"\xFF\xFE") || line.starts_with(b"\xFE\xFF") {
        "the answer is in UTF-16".to_owned()
    } else {
        format!("the answer is not UTF-8, from byte {at} on")
    };
    Finding::wrong(
        what,
        "write stdout as UTF-8, or escape everything that is not ASCII as JSON does (\\u00e9)",
    )
}

fn not_json(text: &str, error: &serde_json::Error) -> Finding {
    let (what, remedy) = if text.is_empty() {
        ("the answer is an empty line", ONE_A_LINE)
    } else if text.starts_with('\u{FEFF}') {
        (
            "the answer begins with a byte order mark",
            "write UTF-8 without a mark",
        )
    } else if text.starts_with("{'") {
        (
            "the answer has its strings in single quotes: not JSON",
            "write it with a JSON library (Python: json.dumps(answer), not str(answer))",
        )
    } else if text.starts_with('{') && error.is_eof() {
        (
            "the answer goes on after the end of the line, or its end is missing",
            "write each answer on one line: no indentation, no pretty-printing",
        )
    } else if text.starts_with('{') && error.to_string().starts_with("trailing characters") {
        ("there is more than one object on the line", ONE_A_LINE)
    } else {
        (
            "the answer is not JSON",
            "stdout is for answers alone: send banners, logs and debug prints to stderr",
        )
    };
    Finding::wrong(format!("{what} ({error})"), remedy)
}

/// Whether the answer has the number of its command.
pub(super) fn in_step(answer: &Members, seq: u64) -> Result<(), Finding> {
    let what = match answer.get("seq") {
        _ if answer.contains_key("cmd") => return Err(sent_back()),
        Some(answered) if answered.as_u64() == Some(seq) => return Ok(()),
        None => "the answer has no `seq`".to_owned(),
        Some(Value::String(text)) if *text == seq.to_string() => {
            "`seq` is a text, not a number".to_owned()
        }
        Some(Value::Null) => match answer.get("errored") {
            Some(errored) => format!("it could not read the command: {errored}"),
            None => "`seq` is null".to_owned(),
        },
        Some(other) => format!("`seq` is {other}, but {seq} was asked"),
    };
    Err(Finding::wrong(
        what,
        "copy `seq` from the command into its answer: one answer for each command, in their order, \
         none for `stop`; do not count yourself",
    ))
}

pub(super) fn sent_back() -> Finding {
    Finding::wrong(
        "it sent the command back instead of an answer",
        "write answers to stdout, not what was read from stdin",
    )
}

/// Whether the subject did what it was asked: the plainest things, so it should have.
pub(super) fn done(answer: &Members, role: &str) -> Result<(), Finding> {
    if let Some(why) = answer.get("skipped") {
        return Err(Finding::wrong(
            format!("it has the role {role}, but skipped this: {why}"),
            format!("answer it, or leave {role:?} out of `roles`"),
        ));
    }
    if let Some(error) = answer.get("errored") {
        return Err(Finding::wrong(
            format!("it raised an error: {error}"),
            "look at how the adapter calls the implementation; is base64 decoded first?",
        ));
    }
    Ok(())
}
