//! The vectors as files for fuzzers: `esse vectors seeds`.

use esse_vectors::{BlockVector, ParseVector, VectorError, encode_vectors, parse_vectors};

use crate::builtin::Builtin;
use crate::protocol::{Command, to_base64};
use crate::serve::serve;

/// Longer seeds (bytes) only slow a fuzzer down.
const LONGEST: usize = 4096;

/// What ends a line of a block: a byte that UTF-8 never has, so that a value can be any text.
const LINE_END: u8 = 0xFF;

/// A vector as the bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// What it is: `streams`, an event stream; `blocks`, a block as an event stream whose lines
    /// end in the byte FF; `lines`, a command of the subject protocol and its answer.
    pub kind: &'static str,
    /// The vector's ID, with `-` for each `/`.
    pub name: String,
    /// The content.
    pub bytes: Vec<u8>,
}

/// The seeds of all vectors up to 4 KiB.
///
/// # Errors
/// When an embedded file is broken, which the vectors' own tests rule out.
///
/// ```
/// let seeds = esse_conformance::seeds::seeds()?;
/// let mut streams = seeds.iter().filter(|seed| seed.kind == "streams");
/// let seed = streams.find(|seed| seed.name == "bom-then-lf").unwrap();
/// assert_eq!(&seed.bytes[..4], b"\xEF\xBB\xBF\n");
/// # Ok::<(), esse_vectors::VectorError>(())
/// ```
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

/// The command, and what the built-in pair answers.
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
