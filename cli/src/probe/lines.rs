//! The lines of a stream as they were written: what a client no longer sees.
//!
//! 9.2.5 (the grammar) and 9.2.6 (what each field does).

use std::time::Duration;

/// Longer reconnection times are mistakes more often than not.
const LONG: Duration = Duration::from_secs(600);

#[derive(Default)]
pub(super) struct Lines {
    pub(super) lf: u64,
    pub(super) crlf: u64,
    pub(super) cr: u64,
    /// Lines with a field, known or not.
    pub(super) fields: u64,
    /// Blocks of fields that a blank line ends.
    pub(super) blocks: u64,
    /// Lines that begin with a byte order mark, after the first of the stream.
    pub(super) with_bom: u64,
    pub(super) begins_with_bom: bool,
    /// Sequences of bytes that are not UTF-8.
    pub(super) not_utf8: u64,
    /// Blocks with a type or an ID but without data, which dispatch no event: those with a type.
    pub(super) types_without_data: u64,
    /// IDs with a NUL, which are ignored.
    pub(super) ids_with_nul: u64,
    /// Reconnection times that are ignored, as they are not digits alone.
    pub(super) ignored_retries: u64,
    /// Reconnection times of 0, or of more than ten minutes.
    pub(super) odd_retries: u64,
    /// The offsets at which no block is open, in order.
    between_blocks: Vec<usize>,
}

/// The fields of the block that is open.
#[derive(Default)]
struct Block {
    has_fields: bool,
    has_data: bool,
    has_type: bool,
}

impl Lines {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut lines = Self {
            not_utf8: bytes
                .utf8_chunks()
                .filter(|chunk| !chunk.invalid().is_empty())
                .count() as u64,
            between_blocks: vec![0],
            ..Self::default()
        };
        let without_bom = bytes.strip_prefix(BOM);
        lines.begins_with_bom = without_bom.is_some();
        let mut rest = without_bom.unwrap_or(bytes);
        let mut block = Block::default();
        while let Some(length) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (line, after) = rest.split_at(length);
            rest = lines.line_end(after);
            lines.line(line, &mut block);
            if !block.has_fields {
                lines.between_blocks.push(bytes.len() - rest.len());
            }
        }
        lines
    }

    /// Counts the line end, and returns what follows it.
    fn line_end<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        match bytes {
            [b'\r', b'\n', rest @ ..] => {
                self.crlf += 1;
                rest
            }
            [b'\r', rest @ ..] => {
                self.cr += 1;
                rest
            }
            [b'\n', rest @ ..] => {
                self.lf += 1;
                rest
            }
            _ => bytes,
        }
    }

    fn line(&mut self, line: &[u8], block: &mut Block) {
        if line.is_empty() {
            self.blocks += u64::from(block.has_fields);
            self.types_without_data += u64::from(block.has_type && !block.has_data);
            *block = Block::default();
            return;
        }
        self.with_bom += u64::from(line.starts_with(BOM));
        let colon = line.iter().position(|byte| *byte == b':');
        if colon == Some(0) {
            return;
        }
        self.fields += 1;
        block.has_fields = true;
        let (name, value) = line.split_at(colon.unwrap_or(line.len()));
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" => block.has_data = true,
            b"event" => block.has_type = true,
            b"id" => self.ids_with_nul += u64::from(value.contains(&0)),
            b"retry" => self.retry(value),
            _ => {}
        }
    }

    fn retry(&mut self, value: &[u8]) {
        let is_digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let digits = core::str::from_utf8(value).ok().filter(|_| is_digits);
        let Some(digits) = digits else {
            self.ignored_retries += 1;
            return;
        };
        let milliseconds = digits.parse().unwrap_or(u64::MAX);
        let time = Duration::from_millis(milliseconds);
        self.odd_retries += u64::from(time.is_zero() || time > LONG);
    }

    /// Whether the bytes up to here end with a whole block, or with a whole comment after one.
    pub(super) fn is_between_blocks(&self, offset: usize) -> bool {
        self.between_blocks.binary_search(&offset).is_ok()
    }
}

const BOM: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_and_marks() {
        let lines = Lines::of(b"\xef\xbb\xbfdata: a\r\n\r\n\xef\xbb\xbfdata: b\r\rdata: \xff\n\n");
        assert_eq!((lines.crlf, lines.cr, lines.lf), (2, 2, 2));
        assert!(lines.begins_with_bom);
        assert_eq!((lines.with_bom, lines.not_utf8), (1, 1));
        assert_eq!((lines.fields, lines.blocks), (3, 3));
    }

    #[test]
    fn fields_that_do_nothing() {
        let lines = Lines::of(
            b"event: ping\n\nevent: a\ndata\n\nid: 1\n\nid: \0\nretry: 3s\nretry:\nretry: 0\nretry: 9999999\nretry: 3000\n\n",
        );
        assert_eq!(lines.types_without_data, 1);
        assert_eq!(lines.ids_with_nul, 1);
        assert_eq!((lines.ignored_retries, lines.odd_retries), (2, 2));
    }

    #[test]
    fn between_blocks() {
        let text = b": c\ndata: a\n: c\n\n:c\r\nx";
        let lines = Lines::of(text);
        let between: Vec<_> = (0..=text.len())
            .filter(|at| lines.is_between_blocks(*at))
            .collect();
        assert_eq!(between, [0, 4, 17, 21]);
    }
}
