//! Pairs of hexadecimal digits, with spaces for readability.

use crate::error::Reason;

/// Decodes pairs of digits. They must be lower case, as in the schema.
pub(crate) fn decode(digits: &str) -> Result<Vec<u8>, Reason> {
    let values: Option<Vec<u8>> = digits
        .bytes()
        .filter(|byte| *byte != b' ')
        .map(value)
        .collect();
    match values {
        Some(values) if values.len() % 2 == 0 => Ok(values
            .chunks_exact(2)
            .map(|pair| (pair[0] << 4) | pair[1])
            .collect()),
        _ => Err(Reason::Hex {
            digits: digits.to_owned(),
        }),
    }
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::decode;
    use crate::error::Reason;

    #[test]
    fn pairs_become_bytes() {
        assert_eq!(
            decode("00 0a ff64").as_deref(),
            Ok(&[0x00, 0x0A, 0xFF, b'd'][..])
        );
        assert_eq!(decode("").as_deref(), Ok(&[][..]));
    }

    #[test]
    fn anything_else_is_refused() {
        for digits in ["0", "0g", "FF", "00 0"] {
            assert_eq!(
                decode(digits),
                Err(Reason::Hex {
                    digits: digits.to_owned()
                })
            );
        }
    }
}
