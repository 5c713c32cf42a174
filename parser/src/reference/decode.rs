//! Part 1, from the Encoding Standard: [UTF-8 decode](https://encoding.spec.whatwg.org/#utf-8-decode).
//!
//! The decoder is its byte-at-a-time state machine, so that nothing here rests on `core::str`.

use alloc::string::String;
use alloc::vec::Vec;

use nom::Offset;

/// Decoded text, with the place of each character in the stream.
#[derive(Default)]
pub(super) struct Decoded {
    pub(super) text: String,
    /// For each byte of `text`: how many bytes of the stream had been read when its character was
    /// pushed. (Not the same count: U+FFFD is three bytes of text for one to three of the stream.)
    bytes_read: Vec<usize>,
}

impl Decoded {
    fn push(&mut self, character: char, bytes_read: usize) {
        self.text.push(character);
        self.bytes_read.resize(self.text.len(), bytes_read);
    }

    /// The bytes of the stream up to and with the first character of `end_of_line`, which must be
    /// a part of the text: a CR ends its line whether or not an LF follows.
    pub(super) fn after_byte(&self, end_of_line: &str) -> usize {
        self.bytes_read[self.text.as_str().offset(end_of_line)]
    }
}

/// [UTF-8 decode](https://encoding.spec.whatwg.org/#utf-8-decode): takes one leading BOM away,
/// then processes the rest with the UTF-8 decoder.
pub(super) fn utf8_decode(stream: &[u8]) -> Decoded {
    let mut queue = IoQueue {
        bytes: stream,
        bytes_read: 0,
    };
    if stream.starts_with(&[0xEF, 0xBB, 0xBF]) {
        queue.bytes_read = 3;
    }
    process_a_queue(&mut queue)
}

/// [Process a queue](https://encoding.spec.whatwg.org/#concept-encoding-run) with the UTF-8
/// decoder, error mode "replacement".
fn process_a_queue(queue: &mut IoQueue<'_>) -> Decoded {
    let mut decoder = Utf8Decoder::default();
    let mut output = Decoded::default();
    loop {
        let item = queue.read();
        match decoder.handler(queue, item) {
            Outcome::Continue => {}
            Outcome::CodePoint(character) => output.push(character, queue.bytes_read),
            Outcome::Error => output.push(char::REPLACEMENT_CHARACTER, queue.bytes_read),
            Outcome::Finished => return output,
        }
    }
}

/// An [I/O queue](https://encoding.spec.whatwg.org/#concept-stream) of bytes.
struct IoQueue<'s> {
    bytes: &'s [u8],
    bytes_read: usize,
}

impl IoQueue<'_> {
    /// The next byte; `None` is end-of-queue.
    fn read(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.bytes_read).copied()?;
        self.bytes_read += 1;
        Some(byte)
    }

    /// Puts the byte read last back.
    fn restore(&mut self) {
        self.bytes_read -= 1;
    }
}

/// What the handler of a decoder returns.
enum Outcome {
    Continue,
    CodePoint(char),
    Error,
    Finished,
}

/// The state of the [UTF-8 decoder](https://encoding.spec.whatwg.org/#utf-8-decoder).
struct Utf8Decoder {
    code_point: u32,
    bytes_seen: u8,
    bytes_needed: u8,
    lower_boundary: u8,
    upper_boundary: u8,
}

impl Default for Utf8Decoder {
    fn default() -> Self {
        Self {
            code_point: 0,
            bytes_seen: 0,
            bytes_needed: 0,
            lower_boundary: 0x80,
            upper_boundary: 0xBF,
        }
    }
}

impl Utf8Decoder {
    /// The [UTF-8 decoder's handler](https://encoding.spec.whatwg.org/#utf-8-decoder), steps 1 to
    /// 4 here and the rest in the functions below.
    fn handler(&mut self, queue: &mut IoQueue<'_>, byte: Option<u8>) -> Outcome {
        let Some(byte) = byte else {
            return self.end_of_queue(); // steps 1 and 2
        };
        if self.bytes_needed == 0 {
            return self.first_byte(byte); // step 3
        }
        if !(self.lower_boundary..=self.upper_boundary).contains(&byte) {
            *self = Self::default(); // step 4.1
            queue.restore(); // step 4.2
            return Outcome::Error; // step 4.3
        }
        self.continuation_byte(byte) // steps 5 to 10
    }

    /// Steps 1 and 2: a sequence that the end cuts short is an error, once.
    fn end_of_queue(&mut self) -> Outcome {
        if self.bytes_needed != 0 {
            self.bytes_needed = 0;
            return Outcome::Error;
        }
        Outcome::Finished
    }

    /// Step 3. The boundaries keep out overlong forms (E0, F0), surrogates (ED) and what is above
    /// U+10FFFF (F4).
    fn first_byte(&mut self, byte: u8) -> Outcome {
        match byte {
            0x00..=0x7F => return Outcome::CodePoint(char::from(byte)),
            0xC2..=0xDF => self.expect(1, byte & 0x1F),
            0xE0..=0xEF => self.expect(2, byte & 0x0F),
            0xF0..=0xF4 => self.expect(3, byte & 0x07),
            _ => return Outcome::Error,
        }
        match byte {
            0xE0 => self.lower_boundary = 0xA0,
            0xED => self.upper_boundary = 0x9F,
            0xF0 => self.lower_boundary = 0x90,
            0xF4 => self.upper_boundary = 0x8F,
            _ => {}
        }
        Outcome::Continue
    }

    fn expect(&mut self, bytes_needed: u8, first_bits: u8) {
        self.bytes_needed = bytes_needed;
        self.code_point = u32::from(first_bits);
    }

    /// Steps 5 to 10.
    fn continuation_byte(&mut self, byte: u8) -> Outcome {
        self.lower_boundary = 0x80;
        self.upper_boundary = 0xBF;
        self.code_point = (self.code_point << 6) | u32::from(byte & 0x3F);
        self.bytes_seen += 1;
        if self.bytes_seen != self.bytes_needed {
            return Outcome::Continue;
        }
        let code_point = core::mem::take(self).code_point;
        // The boundaries of step 3 let scalar values through only.
        char::from_u32(code_point).map_or(Outcome::Error, Outcome::CodePoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: [u8; 25] = [
        0x00, 0x0A, 0x0D, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
        0xE0, 0xE1, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF,
    ];
    const HOSTILE_AND_BOM: [u8; 14] = [
        0x0A, 0x41, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBB, 0xBF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4,
    ];

    /// Calls `check` with every string of `length` bytes from the alphabet.
    fn for_each_string(alphabet: &[u8], length: u32, check: fn(&[u8])) {
        for number in 0..alphabet.len().pow(length) {
            let byte = |place| alphabet[number / alphabet.len().pow(place) % alphabet.len()];
            check(&(0..length).map(byte).collect::<Vec<_>>());
        }
    }

    /// `core` is the second opinion, on the text and on where each ASCII character stands.
    fn check_against_core(bytes: &[u8]) {
        let Decoded { text, bytes_read } = utf8_decode(bytes);
        let expected = String::from_utf8_lossy(bytes);
        let expected = expected.strip_prefix('\u{FEFF}').unwrap_or(&expected);
        assert_eq!(text, expected, "{bytes:X?}");
        assert_eq!(text.len(), bytes_read.len(), "{bytes:X?}");
        assert!(bytes_read.is_sorted(), "{bytes:X?}");
        let last = bytes_read.last().copied();
        assert!(last.is_none_or(|read| read == bytes.len()), "{bytes:X?}");
        let characters = text.bytes().zip(bytes_read);
        for (ascii, read) in characters.filter(|(byte, _)| byte.is_ascii()) {
            assert_eq!(bytes[read - 1], ascii, "{bytes:X?}");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "too many cases")]
    fn every_hostile_string_of_up_to_three_bytes() {
        (0..=3).for_each(|length| for_each_string(&HOSTILE, length, check_against_core));
    }

    #[test]
    #[cfg_attr(miri, ignore = "too many cases")]
    fn every_hostile_string_of_four_bytes() {
        for_each_string(&HOSTILE_AND_BOM, 4, check_against_core);
    }

    #[test]
    #[cfg_attr(miri, ignore = "too many cases")]
    fn every_scalar_value() {
        let mut utf8 = [0; 4];
        for character in ('\0'..=char::MAX).filter(|c| *c != '\u{FEFF}') {
            let bytes = character.encode_utf8(&mut utf8).as_bytes();
            let decoded = utf8_decode(bytes);
            assert!(decoded.text.chars().eq([character]));
            assert!(decoded.bytes_read.iter().all(|read| *read == bytes.len()));
        }
    }

    #[test]
    fn bytes_read_counts_the_bom_and_each_piece_of_a_broken_character() {
        let decoded = utf8_decode(b"\xEF\xBB\xBFa\xE2\x82\n\xED\xA0\xF0\x9F\x98");
        assert_eq!(decoded.text, "a\u{FFFD}\n\u{FFFD}\u{FFFD}\u{FFFD}");
        assert_eq!(
            decoded.bytes_read,
            [4, 6, 6, 6, 7, 8, 8, 8, 9, 9, 9, 12, 12, 12]
        );
    }
}
