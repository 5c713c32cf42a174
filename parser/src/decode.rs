//! UTF-8 decode with U+FFFD for each maximal subpart (Encoding Standard, "UTF-8 decoder").
//!
//! The standard decodes the whole stream first; here lines are split first, on bytes, and values
//! are decoded afterwards. The result is the same. CR, LF, the colon and the space are ASCII. An
//! ASCII byte is never part of a longer character, and it ends an unfinished one, as the end of a
//! value does here.

use crate::buffer::Buffer;
use crate::work;

/// Replaces each maximal subpart that is not a character.
const REPLACEMENT: &str = "\u{fffd}";

/// Appends `bytes`, a complete value, to `out`; false if it would then hold more than `limit` bytes.
pub(crate) fn decode(bytes: &[u8], out: &mut Buffer, limit: usize) -> bool {
    let mut decoder = Decoder::default();
    decoder.push(bytes, out, limit) && decoder.finish(out, limit)
}

/// Decodes a value that arrives in fragments.
#[cfg_attr(test, derive(PartialEq))]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Decoder {
    /// The first bytes of a character that the last fragment cut.
    cut: [u8; 3],
    /// How many of them there are.
    len: u8,
}

impl Decoder {
    /// Appends the next fragment; false if that is over the limit.
    pub(crate) fn push(&mut self, mut bytes: &[u8], out: &mut Buffer, limit: usize) -> bool {
        work::count(bytes.len());
        if self.len == 0 && bytes.last().is_some_and(u8::is_ascii) {
            // Nothing is cut.
            if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
                return out.push(text, limit);
            }
        }
        while let (len @ 1.., [next, rest @ ..]) = (usize::from(self.len), bytes) {
            let mut character = [0; 4];
            character[..len].copy_from_slice(&self.cut[..len]);
            character[len] = *next;
            let (fits, is_part) = match core::str::from_utf8(&character[..=len]) {
                Ok(text) => (out.push(text, limit), true),
                Err(error) if error.error_len().is_none() => {
                    self.keep(&character[..=len]);
                    bytes = rest;
                    continue;
                }
                Err(_) => (out.push(REPLACEMENT, limit), false),
            };
            if !fits {
                return false;
            }
            self.keep(&[]);
            bytes = if is_part { rest } else { bytes };
        }
        if bytes.is_empty() {
            return true;
        }
        let (whole, cut) = bytes.split_at(before_cut_character(bytes));
        match simdutf8::basic::from_utf8(whole) {
            Ok(text) if is_cut_character(cut) => {
                self.keep(cut);
                out.push(text, limit)
            }
            _ => self.push_invalid(bytes, out, limit),
        }
    }

    /// The value has ended, and with it a character of which only a part arrived.
    pub(crate) fn finish(&mut self, out: &mut Buffer, limit: usize) -> bool {
        core::mem::take(self).len == 0 || out.push(REPLACEMENT, limit)
    }

    fn keep(&mut self, cut: &[u8]) {
        *self = Self::default();
        for byte in cut {
            self.cut[usize::from(self.len)] = *byte;
            self.len += 1;
        }
    }

    #[cold]
    fn push_invalid(&mut self, bytes: &[u8], out: &mut Buffer, limit: usize) -> bool {
        let mut left = bytes.len();
        bytes.utf8_chunks().all(|part| {
            left -= part.valid().len() + part.invalid().len();
            let is_whole = match part.invalid() {
                [] => true,
                invalid if left == 0 && is_cut_character(invalid) => {
                    self.keep(invalid);
                    true
                }
                _ => false,
            };
            out.push(part.valid(), limit) && (is_whole || out.push(REPLACEMENT, limit))
        })
    }
}

/// Whether more bytes can make this a character. That holds for nothing at all, too.
fn is_cut_character(bytes: &[u8]) -> bool {
    core::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), str::is_empty)
}

/// The length of `bytes` without a character that their end cuts.
pub(crate) fn before_cut_character(bytes: &[u8]) -> usize {
    let end = bytes.len();
    let mut last = bytes.iter().rev().take(3);
    let Some(after) = last.position(|byte| byte & 0xc0 != 0x80) else {
        return end;
    };
    let start = end - 1 - after;
    let is_cut = match bytes[start] {
        0xc0..=0xdf => after < 1,
        0xe0..=0xef => after < 2,
        0xf0..=0xff => true,
        _ => false,
    };
    if is_cut { start } else { end }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    const BYTES: [u8; 14] = [
        0x0a, 0x41, 0x80, 0x8f, 0x9f, 0xa0, 0xbf, 0xc2, 0xe0, 0xe2, 0xed, 0xf0, 0xf4, 0xff,
    ];

    /// Every string of four bytes of the alphabet, at every cut, within the limit and over it.
    #[test]
    #[cfg_attr(miri, ignore = "too many cases")]
    fn is_as_lossy_as_the_standard_library() {
        for n in 0..BYTES.len().pow(4) {
            let bytes = [n, n / 14, n / 196, n / 2744].map(|n| BYTES[n % 14]);
            let lossy = String::from_utf8_lossy(&bytes);
            for cuts in 0..8 {
                let decoded = decode_in_pieces(&bytes, cuts, lossy.len());
                assert_eq!(decoded.as_deref(), Some(&*lossy), "{bytes:x?}, {cuts:b}");
                let over = decode_in_pieces(&bytes, cuts, lossy.len() - 1);
                assert_eq!(over, None, "{bytes:x?}, {cuts:b}");
            }
        }
    }

    /// Cuts after byte n + 1 if bit n is set.
    fn decode_in_pieces(bytes: &[u8], cuts: usize, limit: usize) -> Option<String> {
        let (mut decoder, mut out) = (Decoder::default(), Buffer::default());
        let mut start = 0;
        for end in 1..=bytes.len() {
            if end == bytes.len() || cuts >> (end - 1) & 1 == 1 {
                if !decoder.push(&bytes[start..end], &mut out, limit) {
                    return None;
                }
                start = end;
            }
        }
        decoder.finish(&mut out, limit).then(|| out.as_str().into())
    }

    #[test]
    fn a_cut_character_is_left_out() {
        let text = "a\u{e9}\u{20ac}\u{1f600}\u{1f600}\u{20ac}\u{20ac}\u{e9}\u{e9}a";
        for end in 0..=text.len() {
            let before = (0..=end).rev().find(|at| text.is_char_boundary(*at));
            let found = before_cut_character(&text.as_bytes()[..end]);
            assert_eq!(Some(found), before, "{end}");
        }
    }
}
