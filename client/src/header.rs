//! `Last-Event-ID` (9.2.4): what HTTP can carry of it.

/// The value of the header, or `None` if the ID is empty, longer than `longest`, or if HTTP cannot
/// carry it as it is: a field value has no control characters but TAB, and no blanks at its ends
/// (RFC 9110, 5.5).
pub(crate) fn last_event_id(id: &str, longest: usize) -> Option<&str> {
    let is_control = |byte: u8| byte != b'\t' && (byte < 0x20 || byte == 0x7f);
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let bytes = id.as_bytes();
    let ends_in_blank = bytes.first().is_some_and(is_blank) || bytes.last().is_some_and(is_blank);
    let can_be_sent = !ends_in_blank && !bytes.iter().copied().any(is_control);
    (!id.is_empty() && id.len() <= longest && can_be_sent).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_http_can_carry() {
        for id in ["1", "…", "a b", "a\tb", "<", "\u{80}"] {
            assert_eq!(last_event_id(id, 10), Some(id), "{id:?}");
        }
        for id in ["", " a", "a ", "\ta", "a\u{1}b", "\u{7f}", "12345678901"] {
            assert_eq!(last_event_id(id, 10), None, "{id:?}");
        }
    }
}
