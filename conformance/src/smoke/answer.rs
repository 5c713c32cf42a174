//! Reads the answers of an adapter, and says what to do about one that does not fit the protocol.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Finding;

/// The members of an answer.
pub(super) type Members = Map<String, Value>;

const ONE_PER_LINE: &str =
    "write each answer as one JSON object on one line, with nothing before, between or after";
pub(super) const BYTES_OR_REJECTED: &str = "answer {\"seq\":..,\"bytes\":\"base64\"}, or {\"seq\":..,\"rejected\":\"why\"} if the encoder \
     refuses the block";
pub(super) const CHUNK_INDEX: &str = "give the index, from 0, of the chunk after which the event was handed out, or the number of \
     chunks if it only came with the end of the stream";
const DISCARDED: &str = "give {\"content\":..,\"lineCut\":..}: what the unfinished block had (nothing, comments, fields, \
     data), and whether the stream ended inside a line (true or false)";

/// What to do about a member that is missing or has the wrong type.
const CURES: [(&str, &str); 17] = [
    (
        "version",
        "answer with \"version\":1, a number: that of the protocol, not your own",
    ),
    (
        "name",
        "give the implementation's name as text: reports and known failures use it",
    ),
    ("roles", "give a list of parser, encoder"),
    (
        "capabilities",
        "give a list of chunks, afterChunk, comments, reconnectionTime, lastEventId, \
         initialLastEventId, ignored, discarded",
    ),
    (
        "events",
        "give all events of the stream in a list; [] if there are none",
    ),
    (
        "type",
        "give its type as text, \"message\" if the block names none",
    ),
    ("data", "give its data as text"),
    ("lastEventId", "give it as text, \"\" if there is none"),
    ("afterChunk", CHUNK_INDEX),
    (
        "reconnectionTime",
        "give it in milliseconds as a number, null if the stream set none",
    ),
    (
        "comments",
        "give all comments in a list of texts; [] if there are none",
    ),
    (
        "ignored",
        "give a list with [name, value] of each line that no field has the name of; [] if there \
         are none",
    ),
    ("discarded", DISCARDED),
    ("content", DISCARDED),
    ("lineCut", DISCARDED),
    ("bytes", BYTES_OR_REJECTED),
    ("rejected", BYTES_OR_REJECTED),
];

/// What to do about this member.
pub(super) fn cure(member: &str) -> &'static str {
    let found = CURES.iter().find(|(name, _)| *name == member);
    found.map_or("give it as text, or leave it out", |(_, cure)| cure)
}

/// The answer as one of the types of the protocol.
pub(super) fn read<T: DeserializeOwned>(answer: &Members) -> Result<T, Finding> {
    serde_path_to_error::deserialize(Value::Object(answer.clone())).map_err(|error| {
        let (path, reason) = (error.path().to_string(), error.inner().to_string());
        let missing = reason.strip_prefix("missing field `");
        // The reason names a missing member; the path names any other.
        let member = missing.or(path.rsplit('.').next()).unwrap_or_default();
        let member = member.split(['[', '`']).next().unwrap_or_default();
        let what = match path.as_str() {
            "." => reason.clone(),
            path => format!("`{path}`: {reason}"),
        };
        Finding::wrong(what, cure(member))
    })
}

/// The JSON object in a line.
pub(super) fn object(line: &[u8]) -> Result<Members, Finding> {
    let text = std::str::from_utf8(line).map_err(|error| {
        let what = if line.starts_with(b"\xFF\xFE") || line.starts_with(b"\xFE\xFF") {
            "the answer is in UTF-16".to_owned()
        } else {
            format!("the answer is not UTF-8, from byte {}", error.valid_up_to())
        };
        Finding::wrong(
            what,
            "write stdout as UTF-8, or escape everything that is not ASCII as JSON does (\\u00e9)",
        )
    })?;
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Finding::wrong(
            "the answer is JSON, but not an object",
            ONE_PER_LINE,
        )),
        Err(error) => Err(not_json(text.trim(), &error)),
    }
}

fn not_json(text: &str, error: &serde_json::Error) -> Finding {
    let is_object = text.starts_with('{');
    let (what, remedy) = if text.is_empty() {
        ("the answer is an empty line", ONE_PER_LINE)
    } else if text.starts_with('\u{FEFF}') {
        (
            "the answer begins with a byte order mark",
            "write UTF-8 without a mark",
        )
    } else if text.starts_with("{'") {
        (
            "the answer has its strings in single quotes, which is not JSON",
            "write it with a JSON library (Python: json.dumps(answer), not str(answer))",
        )
    } else if is_object && error.is_eof() {
        (
            "the answer goes on after the end of the line, or its end is missing",
            "write each answer on one line: no indentation, no pretty-printing",
        )
    } else if is_object && error.to_string().starts_with("trailing characters") {
        ("there is more than one object on the line", ONE_PER_LINE)
    } else {
        (
            "the answer is not JSON",
            "write nothing but answers to stdout: send banners, logs and debug prints to stderr",
        )
    };
    Finding::wrong(format!("{what} ({error})"), remedy)
}

/// Whether the answer has the number of its command.
pub(super) fn in_step(answer: &Members, seq: u64) -> Result<(), Finding> {
    let what = match answer.get("seq") {
        _ if answer.contains_key("cmd") => return Err(sent_back()),
        Some(answered) if answered.as_u64() == Some(seq) => return Ok(()),
        Some(Value::Null) if answer.contains_key("errored") => {
            format!("it could not read the command: {}", answer["errored"])
        }
        None => "missing field `seq`".to_owned(),
        Some(other) => format!("`seq` is {other}, but {seq} was asked"),
    };
    Err(Finding::wrong(
        what,
        "copy `seq` from the command into its answer, as a number: one answer for each command, in \
         their order, none for `stop`; do not count yourself",
    ))
}

pub(super) fn sent_back() -> Finding {
    Finding::wrong(
        "it sent the command back instead of an answer",
        "write answers to stdout, not what was read from stdin",
    )
}

/// The commands are so plain that a subject should neither skip them nor fail.
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
