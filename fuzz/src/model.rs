//! Which lines of a stream are over a limit, and the stream without them or their blocks: written from
//! the documentation of `Limits`, line by line over the whole stream.

use esse_parser::{LimitKind, Limits};

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// What is reported of a line that is over a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exceeded {
    pub(crate) kind: LimitKind,
    pub(crate) offset: u64,
    pub(crate) line: u64,
}

/// What the limits make of a stream.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) exceeded: Vec<Exceeded>,
    /// The stream without the blocks that are over a limit, its lines ended by LF.
    pub(crate) remaining: Vec<u8>,
}

/// A line of the stream.
struct Line<'s> {
    text: &'s [u8],
    offset: usize,
    ended: bool,
}

/// The block that is being read.
#[derive(Default)]
struct Block<'s> {
    lines: Vec<&'s [u8]>,
    /// The length of the data so far, if there is any.
    data: Option<usize>,
    discarded: bool,
}

pub(crate) fn model(stream: &[u8], limits: &Limits) -> Model {
    // A blank line first, so that the line after it is not the first one, which may have a BOM.
    let mut model = Model {
        remaining: b"\n".to_vec(),
        ..Model::default()
    };
    let mut block = Block::default();
    for (number, line) in (1..).zip(cut_lines(stream)) {
        if line.text.is_empty() && line.ended {
            model.end(&std::mem::take(&mut block));
        } else if !block.discarded {
            match over(&line, &mut block.data, limits) {
                None if line.ended => block.lines.push(line.text),
                None => {}
                Some(kind) => {
                    if kind.discards_block() {
                        block.discard();
                    }
                    let offset = line.offset as u64;
                    model.exceeded.push(Exceeded {
                        kind,
                        offset,
                        line: number,
                    });
                }
            }
        }
    }
    model.keep(&block);
    model
}

impl Model {
    fn end(&mut self, block: &Block<'_>) {
        self.keep(block);
        if !block.discarded {
            self.remaining.push(b'\n');
        }
    }

    fn keep(&mut self, block: &Block<'_>) {
        for line in &block.lines {
            self.remaining.extend_from_slice(line);
            self.remaining.push(b'\n');
        }
    }
}

impl Block<'_> {
    /// Keeps what took effect when its line ended: comments and reconnection times.
    fn discard(&mut self) {
        self.discarded = true;
        self.lines
            .retain(|line| matches!(name_and_value(line), (b"" | b"retry", _)));
    }
}

/// Which limit the line is over, if it is.
fn over(line: &Line<'_>, data: &mut Option<usize>, limits: &Limits) -> Option<LimitKind> {
    let (name, value) = name_and_value(line.text);
    if value.is_none() && !line.ended {
        return None; // it is not known yet what the line is
    }
    let value = value.unwrap_or_default();
    let len = decoded_len(value, line.ended);
    match name {
        b"data" => {
            let all = data.map_or(0, |before| before + 1) + len;
            *data = Some(all);
            (all > limits.data).then_some(LimitKind::Data)
        }
        b"event" => (len > limits.event_type).then_some(LimitKind::EventType),
        b"id" => {
            (id_len(value, line.ended) > limits.last_event_id).then_some(LimitKind::LastEventId)
        }
        b"" => (len > limits.comment).then_some(LimitKind::Comment),
        _ => None,
    }
}

fn name_and_value(line: &[u8]) -> (&[u8], Option<&[u8]>) {
    match line.iter().position(|byte| *byte == b':') {
        None => (line, None),
        Some(colon) => {
            let value = &line[colon + 1..];
            (
                &line[..colon],
                Some(value.strip_prefix(b" ").unwrap_or(value)),
            )
        }
    }
}

/// Of an ID with a NUL only what comes before it counts.
fn id_len(value: &[u8], ended: bool) -> usize {
    match value.iter().position(|byte| *byte == 0) {
        Some(nul) => decoded_len(&value[..nul], true),
        None => decoded_len(value, ended),
    }
}

/// The length as UTF-8; of a line that has not ended, without a character that its end cuts.
fn decoded_len(value: &[u8], ended: bool) -> usize {
    let rest = value
        .utf8_chunks()
        .last()
        .map_or(&[][..], |part| part.invalid());
    let is_cut = std::str::from_utf8(rest).is_err_and(|error| error.error_len().is_none());
    let counted = if is_cut && !ended {
        &value[..value.len() - rest.len()]
    } else {
        value
    };
    String::from_utf8_lossy(counted).len()
}

fn cut_lines(stream: &[u8]) -> Vec<Line<'_>> {
    let mut at = if stream.starts_with(BOM) {
        BOM.len()
    } else {
        0
    };
    let mut lines = Vec::new();
    while at < stream.len() {
        let rest = &stream[at..];
        let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let text = &rest[..end.unwrap_or(rest.len())];
        lines.push(Line {
            text,
            offset: at,
            ended: end.is_some(),
        });
        let crlf = rest[text.len()..].starts_with(b"\r\n");
        at += text.len() + 1 + usize::from(crlf);
    }
    lines
}
