//! Finds the end of a request's head, byte by byte, so that the way the head was cut cannot change
//! the result.

use super::bad_head::BadHead;

/// Looks for the end of a head. Refuses at once what servers and proxies have read in different
/// ways: lone line feeds and carriage returns, folded lines, control characters (RFC 9112, sections
/// 2.2 and 5.2).
#[derive(Debug, Default)]
pub(crate) struct Scan {
    seen: usize,
    /// How many bytes of the current line were seen.
    in_line: usize,
    /// Whether a line that is not empty has ended: the request line.
    has_request_line: bool,
    after_carriage_return: bool,
}

impl Scan {
    /// Scans the next bytes. If they contain the end of the head, returns how many belong to it.
    pub(crate) fn scan(&mut self, bytes: &[u8], limit: usize) -> Result<Option<usize>, BadHead> {
        for (index, byte) in bytes.iter().enumerate() {
            if self.seen == limit {
                return Err(self.too_large(limit));
            }
            if self.is_last(*byte)? {
                return Ok(Some(index + 1));
            }
            self.seen += 1;
        }
        Ok(None)
    }

    /// Takes one byte. Returns whether the head ends with it.
    fn is_last(&mut self, byte: u8) -> Result<bool, BadHead> {
        let at = self.seen;
        if self.after_carriage_return != (byte == b'\n') {
            return Err(BadHead::LineEnd { at });
        }
        self.after_carriage_return = byte == b'\r';
        match byte {
            b'\r' => return Ok(false),
            b'\n' => return Ok(self.end_line()),
            b'\t' | b' ' if self.in_line == 0 && self.has_request_line => {
                return Err(BadHead::Folded { at });
            }
            b'\t' => {}
            byte if byte.is_ascii_control() => return Err(BadHead::Control { at }),
            _ => {}
        }
        self.in_line += 1;
        Ok(false)
    }

    /// Empty lines before the request line are ignored.
    fn end_line(&mut self) -> bool {
        let empty = self.in_line == 0;
        let last = empty && self.has_request_line;
        self.has_request_line |= !empty;
        self.in_line = 0;
        last
    }

    fn too_large(&self, limit: usize) -> BadHead {
        if self.has_request_line {
            return BadHead::TooLarge { limit };
        }
        BadHead::TargetTooLong { limit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(head: &[u8]) -> Result<Option<usize>, BadHead> {
        Scan::default().scan(head, 40)
    }

    #[test]
    fn the_end_of_a_head() {
        assert_eq!(scan(b""), Ok(None));
        assert_eq!(scan(b"GET / HTTP/1.1\r\n\r"), Ok(None));
        assert_eq!(scan(b"GET / HTTP/1.1\r\n\r\n"), Ok(Some(18)));
        assert_eq!(scan(b"G\r\nHost: a\r\n\r\nmore"), Ok(Some(14)));
        assert_eq!(scan(b"\r\n\r\nG\r\n\r\n"), Ok(Some(9)));
    }

    #[test]
    fn what_is_refused_on_sight() {
        for (head, error) in [
            (&b"G\n"[..], BadHead::LineEnd { at: 1 }),
            (b"G\r\n\n", BadHead::LineEnd { at: 3 }),
            (b"G\rx", BadHead::LineEnd { at: 2 }),
            (b"G\r\r\n", BadHead::LineEnd { at: 2 }),
            (b"\n", BadHead::LineEnd { at: 0 }),
            (b"G\r\n a: b", BadHead::Folded { at: 3 }),
            (b"G\r\na: b\r\n\tc", BadHead::Folded { at: 9 }),
            (b"G\0", BadHead::Control { at: 1 }),
            (b"\x16\x03\x01", BadHead::Control { at: 0 }),
            (b"G\r\na\x7f", BadHead::Control { at: 4 }),
        ] {
            assert_eq!(scan(head), Err(error), "{}", head.escape_ascii());
        }
    }

    #[test]
    fn the_limit_is_on_the_whole_head() {
        let exactly = [&b"G\r\n"[..], &[b'a'; 33], b"\r\n\r\n"].concat();
        assert_eq!(scan(&exactly), Ok(Some(40)));
        let more = [&b"G\r\n"[..], &[b'a'; 34], b"\r\n\r\n"].concat();
        assert_eq!(scan(&more), Err(BadHead::TooLarge { limit: 40 }));
        assert_eq!(scan(&more[..40]), Ok(None));
        let target = [b'a'; 41];
        assert_eq!(scan(&target), Err(BadHead::TargetTooLong { limit: 40 }));
        let blank = b"\r\n".repeat(21);
        assert_eq!(scan(&blank), Err(BadHead::TargetTooLong { limit: 40 }));
    }
}
