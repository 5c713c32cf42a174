//! `Checker`: whether bytes are UTF-8, over any number of writes.

use simdutf8::compat::from_utf8;

use crate::error::InvalidUtf8;

const LONGEST: usize = 4; // bytes of a character

/// Checks the bytes of each write. If a write ends inside a character, the first bytes of that
/// character are kept until the rest arrives.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Checker {
    started: [u8; LONGEST],
    started_len: usize,
    /// Offset of the next byte, or of the first byte of `started` if there is one.
    at: u64,
}

impl Checker {
    pub(crate) fn check(&mut self, bytes: &[u8]) -> Result<(), InvalidUtf8> {
        let rest = self.complete(bytes)?;
        let Err(error) = from_utf8(rest) else {
            self.at += rest.len() as u64;
            return Ok(());
        };
        let (valid, tail) = rest.split_at(error.valid_up_to());
        self.at += valid.len() as u64;
        if error.error_len().is_some() {
            return Err(InvalidUtf8 { at: self.at });
        }
        self.start(tail);
        Ok(())
    }

    /// Skips `count` bytes that the caller knows to be whole characters. Refuses if a character was
    /// cut here, because the bytes after it must be checked.
    pub(crate) fn skip(&mut self, count: usize) -> bool {
        let between = self.started_len == 0;
        self.at += if between { count as u64 } else { 0 };
        between
    }

    /// Fails if the data ended inside a character.
    pub(crate) fn finish(&self) -> Result<(), InvalidUtf8> {
        match self.started_len {
            0 => Ok(()),
            _ => Err(InvalidUtf8 { at: self.at }),
        }
    }

    /// Completes the character that an earlier write began, and returns the bytes after it.
    fn complete<'a>(&mut self, mut bytes: &'a [u8]) -> Result<&'a [u8], InvalidUtf8> {
        while self.started_len > 0 {
            let Some((&next, rest)) = bytes.split_first() else {
                break;
            };
            bytes = rest;
            self.feed(next)?;
        }
        Ok(bytes)
    }

    fn feed(&mut self, next: u8) -> Result<(), InvalidUtf8> {
        self.started[self.started_len] = next;
        self.started_len += 1;
        match core::str::from_utf8(&self.started[..self.started_len]) {
            Ok(character) => {
                self.at += character.len() as u64;
                self.started_len = 0;
                Ok(())
            }
            Err(error) if error.error_len().is_none() => Ok(()),
            Err(_) => Err(InvalidUtf8 { at: self.at }),
        }
    }

    fn start(&mut self, bytes: &[u8]) {
        self.started[..bytes.len()].copy_from_slice(bytes);
        self.started_len = bytes.len();
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn check(writes: &[&[u8]]) -> Result<(), InvalidUtf8> {
        let mut checker = Checker::default();
        writes.iter().try_for_each(|write| checker.check(write))?;
        checker.finish()
    }

    fn expected(bytes: &[u8]) -> Result<(), InvalidUtf8> {
        core::str::from_utf8(bytes)
            .map(|_| ())
            .map_err(|error| InvalidUtf8 {
                at: error.valid_up_to() as u64,
            })
    }

    /// All texts of four of these bytes, which cover each way a sequence can be right or wrong.
    const HOSTILE: [u8; 16] = [
        b'a', b'\n', 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5,
        0xFF,
    ];

    #[test]
    #[cfg_attr(miri, ignore = "too many cases")]
    fn every_cut_gives_what_the_whole_gives() {
        for pattern in 0..HOSTILE.len().pow(4) {
            let bytes: Vec<u8> = (0..4)
                .map(|place| HOSTILE[(pattern >> (4 * place)) % HOSTILE.len()])
                .collect();
            let bytewise: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(check(&bytewise), expected(&bytes), "{bytes:x?}");
            for at in 0..=bytes.len() {
                let (head, tail) = bytes.split_at(at);
                assert_eq!(
                    check(&[head, b"", tail]),
                    expected(&bytes),
                    "{bytes:x?}, {at}"
                );
            }
        }
    }

    #[test]
    fn offset_counts_all_writes() {
        let text = "a\u{20ac}\u{1f600}".repeat(100);
        for size in 1..9 {
            let mut writes: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            assert_eq!(check(&writes), Ok(()));
            writes.push(b"ab\xff");
            assert_eq!(check(&writes), Err(InvalidUtf8 { at: 802 }));
        }
    }
}
