//! Bytes to text, rightly and as engines do it.

use super::quirk::{Quirk, Quirks};

const BOM: &[u8] = b"\xEF\xBB\xBF";
/// `WebKit` no longer looks for a BOM once a piece of this many bytes has come.
const ASKED: usize = 3;

/// The text of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) text: String,
    /// A BOM was left out at its start.
    pub(super) had_bom: bool,
}

/// Decodes a stream that comes in these pieces.
pub(super) fn decode(chunks: &[Vec<u8>], quirks: &Quirks) -> Text {
    let per_piece = quirks.contains(&Quirk::BomPerPiece);
    let utf16 = quirks.contains(&Quirk::Utf16Bom);
    let whole = [chunks.concat()];
    let mut chunks = if per_piece { chunks } else { &whole };
    let mut text = Text::default();
    let mut pending = Vec::new();
    while let Some((chunk, rest)) = chunks.split_first() {
        if utf16 && (chunk.starts_with(b"\xFF\xFE") || chunk.starts_with(b"\xFE\xFF")) {
            let units = chunks.concat();
            text.text += &String::from_utf8_lossy(&pending);
            text.text += &self::utf16(&units[2..], chunk[0] == 0xFE);
            return text;
        }
        let had_bom = chunk.starts_with(BOM);
        text.had_bom |= had_bom;
        pending.extend(chunk.strip_prefix(BOM).unwrap_or(chunk));
        chunks = rest;
        if had_bom || chunk.len() >= ASKED {
            break;
        }
    }
    pending.extend(chunks.concat());
    text.text += &String::from_utf8_lossy(&pending);
    text
}

/// UTF-16 with U+FFFD for what is none.
fn utf16(bytes: &[u8], big_endian: bool) -> String {
    let units = bytes.chunks(2).map(|pair| match pair {
        [first, second] if big_endian => u16::from_be_bytes([*first, *second]),
        [first, second] => u16::from_le_bytes([*first, *second]),
        _ => 0xFFFD,
    });
    char::decode_utf16(units)
        .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(first: &[u8], second: &[u8]) -> String {
        let quirks = Quirks::from([Quirk::BomPerPiece, Quirk::Utf16Bom]);
        decode(&[first.to_vec(), second.to_vec()], &quirks).text
    }

    /// As `WebKitGTK` 2.50 was seen to do it.
    #[test]
    fn a_piece_of_three_bytes_ends_the_asking() {
        assert_eq!(decoded(b":\n", b"\xEF\xBB\xBFdata"), ":\ndata");
        assert_eq!(decoded(b":a\n", b"\xEF\xBB\xBFdata"), ":a\n\u{FEFF}data");
        assert_eq!(decoded(b":\n", b"\xFF\xFEa\0"), ":\na");
        assert_eq!(decoded(b":a\n", b"\xFF\xFEa\0"), ":a\n\u{FFFD}\u{FFFD}a\0");
    }
}
