//! UTF-8 decode with U+FFFD for each maximal subpart (Encoding Standard, "UTF-8 decoder").
//!
//! Values are decoded after lines were cut on bytes. This gives what decoding
//! the whole stream first gives: CR, LF, the colon and the space are ASCII, an
//! ASCII byte is never part of a longer character, and it ends an unfinished
//! one, just as the end of a value does here.

use alloc::string::String;

use crate::work;

/// Appends the decoded `bytes`, which are complete, to `out`.
pub(crate) fn decode_into(out: &mut String, bytes: &[u8]) {
    work::count(bytes.len());
    for part in bytes.utf8_chunks() {
        out.push_str(part.valid());
        if !part.invalid().is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// Decodes a value that comes in fragments, which may cut a character.
#[cfg_attr(test, derive(PartialEq))]
#[derive(Clone, Debug, Default)]
pub(crate) struct Decoder {
    /// The start of a character whose rest has not come yet.
    pending: [u8; 4],
    len: usize,
}

impl Decoder {
    /// Appends to `out` what of `fragment` is decided.
    #[inline]
    pub(crate) fn push(&mut self, out: &mut String, fragment: &[u8]) {
        let rest = if self.len == 0 {
            fragment
        } else {
            self.complete(out, fragment)
        };
        work::count(fragment.len());
        match simdutf8::basic::from_utf8(rest) {
            Ok(text) => out.push_str(text),
            Err(_) => self.push_invalid(out, rest),
        }
    }

    /// The value has ended: an unfinished character is one U+FFFD.
    pub(crate) fn finish(&mut self, out: &mut String) {
        if self.len > 0 {
            out.push(char::REPLACEMENT_CHARACTER);
            self.len = 0;
        }
    }

    /// Ends the pending character with bytes of `fragment`; returns the rest of it.
    fn complete<'f>(&mut self, out: &mut String, mut fragment: &'f [u8]) -> &'f [u8] {
        while let [byte, rest @ ..] = fragment {
            self.pending[self.len] = *byte;
            match core::str::from_utf8(&self.pending[..=self.len]) {
                Err(error) if error.error_len().is_none() => self.len += 1,
                Ok(text) => {
                    out.push_str(text);
                    self.len = 0;
                    return rest;
                }
                // The new byte does not continue the character: it begins something itself.
                Err(_) => {
                    self.finish(out);
                    return fragment;
                }
            }
            fragment = rest;
        }
        fragment
    }

    #[cold]
    fn push_invalid(&mut self, out: &mut String, bytes: &[u8]) {
        let cut = bytes.len() - unfinished(bytes);
        decode_into(out, &bytes[..cut]);
        self.len = bytes.len() - cut;
        self.pending[..self.len].copy_from_slice(&bytes[cut..]);
    }
}

/// How many bytes at the end are the start of a character that more bytes could complete.
fn unfinished(bytes: &[u8]) -> usize {
    work::count(bytes.len());
    let last = bytes
        .utf8_chunks()
        .last()
        .map_or(&[][..], |part| part.invalid());
    match core::str::from_utf8(last) {
        Err(error) if error.error_len().is_none() => last.len(),
        _ => 0,
    }
}

#[cfg(all(test, feature = "reference"))]
impl Decoder {
    /// Makes what must not matter any more recognisable.
    pub(crate) fn poison(&mut self) {
        self.pending[self.len..].fill(0xaa);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: [u8; 14] = [
        0x0a, 0x41, 0x80, 0x8f, 0x9f, 0xa0, 0xbf, 0xc2, 0xe0, 0xe2, 0xed, 0xf0, 0xf4, 0xff,
    ];

    /// Every string of up to four bytes of the alphabet, at every cut, as when decoded whole.
    #[test]
    #[cfg_attr(miri, ignore = "too many cases")]
    fn fragments_decode_as_the_whole() {
        for n in 0..BYTES.len().pow(4) {
            let bytes = [n, n / 14, n / 196, n / 2744].map(|n| BYTES[n % 14]);
            for cuts in 0..8_u8 {
                assert_eq!(
                    decode_cut(bytes, cuts),
                    String::from_utf8_lossy(&bytes),
                    "{bytes:x?}"
                );
            }
        }
    }

    fn decode_cut(bytes: [u8; 4], cuts: u8) -> String {
        let (mut out, mut decoder, mut start) = (String::new(), Decoder::default(), 0);
        for end in (1..4).filter(|end| cuts & 1 << (end - 1) != 0) {
            decoder.push(&mut out, &bytes[start..end]);
            start = end;
        }
        decoder.push(&mut out, &bytes[start..]);
        decoder.finish(&mut out);
        out
    }
}
