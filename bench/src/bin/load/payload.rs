//! The data of the events: a mark and the time, then filler. A subscriber can count events and
//! compute their age without parsing.

use std::time::{SystemTime, UNIX_EPOCH};

/// Occurs once in each event and nowhere else.
pub(crate) const MARK: u8 = b'@';

const DIGITS: usize = 20;

/// Nanoseconds since 1970: a clock that the processes share.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    })
}

/// Data of `bytes` bytes with the time `at`.
pub(crate) fn payload(bytes: usize, at: u64) -> String {
    let mut text = format!("@{at:0DIGITS$}");
    let filler = bytes.saturating_sub(text.len());
    text.extend(std::iter::repeat_n('x', filler));
    text
}

/// The times of the events in a piece of a stream; `None` for a time that the piece cuts off.
pub(crate) fn times(piece: &[u8]) -> impl Iterator<Item = Option<u64>> {
    memchr::memchr_iter(MARK, piece).map(|mark| {
        let digits = piece.get(mark + 1..=mark + DIGITS)?;
        std::str::from_utf8(digits).ok()?.parse().ok()
    })
}
