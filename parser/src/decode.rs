//! UTF-8 decode with U+FFFD for each maximal subpart (Encoding Standard, "UTF-8 decoder").
//!
//! The standard decodes the whole stream first; here lines are split first, on bytes, and values
//! are decoded afterwards. The result is the same. CR, LF, the colon and the space are ASCII. An
//! ASCII byte is never part of a longer character, and it ends an unfinished one, as the end of a
//! value does here.

use alloc::string::String;
use alloc::vec::Vec;

use crate::buffer::{append_text, clear};
use crate::work;

/// Replaces each maximal subpart that is not a character.
const REPLACEMENT: &str = "\u{fffd}";

/// Appends the decoded `bytes`, a complete value, to `out`; false if it would then hold more than
/// `limit` bytes.
pub(crate) fn decode_into(out: &mut String, bytes: &[u8], limit: usize) -> bool {
    work::count(bytes.len());
    bytes.utf8_chunks().all(|part| {
        append_text(out, part.valid(), limit)
            && (part.invalid().is_empty() || append_text(out, REPLACEMENT, limit))
    })
}

/// Decodes `bytes` as the whole content of the buffer; false if that is over the limit.
pub(crate) fn decode_within(bytes: &[u8], buffer: &mut String, limit: usize) -> bool {
    clear(buffer);
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => append_text(buffer, text, limit),
        Err(_) => decode_into(buffer, bytes, limit),
    }
}

/// Decodes the content of `buffer` from `start` on in place, with the help of a spare buffer; false
/// if the buffer would then hold more than `limit` bytes.
pub(crate) fn decode_from(
    buffer: &mut Vec<u8>,
    start: usize,
    spare: &mut String,
    limit: usize,
) -> bool {
    let bytes = buffer.get(start..).unwrap_or_default();
    work::count(bytes.len());
    // Most lines are short and ASCII, and for those this check is faster.
    if bytes.is_ascii() || simdutf8::basic::from_utf8(bytes).is_ok() {
        return buffer.len() <= limit;
    }
    clear(spare);
    let fits = decode_into(spare, bytes, limit.saturating_sub(start));
    buffer.truncate(start);
    buffer.extend_from_slice(spare.as_bytes());
    fits
}

/// Appends the decoded `bytes` to a buffer of bytes, with the help of a spare buffer; false if it
/// would then hold more than `limit` bytes.
pub(crate) fn append_decoded(
    buffer: &mut Vec<u8>,
    bytes: &[u8],
    spare: &mut String,
    limit: usize,
) -> bool {
    clear(spare);
    let fits = decode_into(spare, bytes, limit.saturating_sub(buffer.len()));
    buffer.extend_from_slice(spare.as_bytes());
    fits
}

/// The length of the decoded `bytes`.
pub(crate) fn decoded_len(bytes: &[u8]) -> usize {
    work::count(bytes.len());
    bytes
        .utf8_chunks()
        .map(|part| {
            part.valid().len()
                + if part.invalid().is_empty() {
                    0
                } else {
                    REPLACEMENT.len()
                }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: [u8; 14] = [
        0x0a, 0x41, 0x80, 0x8f, 0x9f, 0xa0, 0xbf, 0xc2, 0xe0, 0xe2, 0xed, 0xf0, 0xf4, 0xff,
    ];

    /// Every string of four bytes of the alphabet, after bytes that must not change.
    #[test]
    #[cfg_attr(miri, ignore = "too many cases")]
    fn in_place_is_as_lossy() {
        let mut spare = String::new();
        for n in 0..BYTES.len().pow(4) {
            let bytes = [n, n / 14, n / 196, n / 2744].map(|n| BYTES[n % 14]);
            let lossy = String::from_utf8_lossy(&bytes);
            let mut buffer = [b"\xff", &bytes[..]].concat();
            assert!(decode_from(&mut buffer, 1, &mut spare, 1 + lossy.len()));
            assert_eq!(buffer, [b"\xff", lossy.as_bytes()].concat(), "{bytes:x?}");
            assert!(lossy.len() < 5 || !decode_from(&mut bytes.to_vec(), 0, &mut spare, 4));
            assert_eq!(decoded_len(&bytes), lossy.len(), "{bytes:x?}");
        }
    }
}
