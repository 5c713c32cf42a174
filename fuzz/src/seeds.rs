//! The golden vectors as seeds. The program `seeds` writes them to files.

use esse_conformance::protocol::{Command, serve, to_base64};
use esse_conformance::subject::Builtin;
use esse_vectors::{BlockVector, ParseVector, VectorError, encode_vectors, parse_vectors};

use crate::blocks::LINE_END;

/// In bytes. Longer seeds only slow a fuzzer down.
const LONGEST: usize = 4096;

/// An input made from a vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// `streams` for an event stream; `blocks` for a block as [`blocks`](crate::blocks) reads it;
    /// `lines` for a command of the subject protocol and its answer.
    pub kind: &'static str,
    /// The vector's ID, with `-` for `/`.
    pub name: String,
    /// The content.
    pub bytes: Vec<u8>,
}

/// The seeds of all vectors up to 4 KiB.
///
/// # Errors
/// If an embedded file is broken.
pub fn seeds() -> Result<Vec<Seed>, VectorError> {
    let mut seeds = Vec::new();
    for vector in parse_vectors()? {
        if vector.input.len() > LONGEST {
            continue;
        }
        seeds.push(seed("lines", &vector.id, conversation(&parse(&vector))));
        seeds.push(seed("streams", &vector.id, vector.input));
    }
    for vector in encode_vectors()? {
        let block = block_lines(&vector.block);
        if block.len() > LONGEST {
            continue;
        }
        seeds.push(seed("blocks", &vector.id, block));
        let command = Command::Encode {
            seq: 1,
            block: vector.block.into(),
        };
        seeds.push(seed("lines", &vector.id, conversation(&command)));
    }
    Ok(seeds)
}

fn seed(kind: &'static str, id: &str, bytes: Vec<u8>) -> Seed {
    let name = id.replace('/', "-");
    Seed { kind, name, bytes }
}

fn parse(vector: &ParseVector) -> Command {
    let whole = || vec![vector.input.clone()];
    let chunks = vector.chunks.clone().unwrap_or_else(whole);
    Command::Parse {
        seq: 1,
        chunks: chunks.iter().map(|chunk| to_base64(chunk)).collect(),
        last_event_id: vector.initial_last_event_id.clone(),
    }
}

/// The command and the answer of esse itself.
fn conversation(command: &Command) -> Vec<u8> {
    // Serializing to memory does not fail, and neither does writing to it.
    let mut lines = serde_json::to_vec(command).unwrap_or_default();
    lines.push(b'\n');
    let mut answer = Vec::new();
    let _ = serve(&mut Builtin::new(), &lines[..], &mut answer);
    lines.extend(answer);
    lines
}

fn block_lines(block: &BlockVector) -> Vec<u8> {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: &str| {
        lines.extend_from_slice(name.as_bytes());
        lines.extend_from_slice(b": ");
        lines.extend_from_slice(value.as_bytes());
        lines.push(LINE_END);
    };
    let retry = block.retry.map(|retry| retry.to_string());
    let named = [
        ("", &block.comment),
        ("event", &block.event),
        ("retry", &retry),
        ("data", &block.data),
        ("id", &block.id),
    ];
    for (name, value) in &block.fields {
        line(name, value);
    }
    for (name, value) in named {
        if let Some(value) = value {
            line(name, value);
        }
    }
    lines
}
