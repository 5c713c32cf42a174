//! The buffers of a parser: bounded while they are filled, and shrunk after a huge value.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::work;

/// The capacity that a buffer may keep for the next block, in bytes.
pub(crate) const KEPT_CAPACITY: usize = 64 * 1024;

/// The longest line that is copied at a fixed length, in bytes.
const SHORT: usize = 32;

/// Replaces the content of the buffer.
pub(crate) fn refill(buffer: &mut String, text: &str) {
    clear(buffer);
    work::count(text.len());
    buffer.push_str(text);
}

pub(crate) fn refill_bytes(buffer: &mut Vec<u8>, bytes: &[u8]) {
    clear_bytes(buffer);
    work::count(bytes.len());
    buffer.extend_from_slice(bytes);
}

/// Empties the buffer, and frees most of it if its last content needed far less than it has.
pub(crate) fn clear(buffer: &mut String) {
    let used = buffer.len();
    buffer.clear();
    if is_too_large(buffer.capacity(), used) {
        buffer.shrink_to(KEPT_CAPACITY);
    }
}

pub(crate) fn clear_bytes(buffer: &mut Vec<u8>) {
    let used = buffer.len();
    buffer.clear();
    if is_too_large(buffer.capacity(), used) {
        buffer.shrink_to(KEPT_CAPACITY);
    }
}

fn is_too_large(capacity: usize, used: usize) -> bool {
    capacity > KEPT_CAPACITY.max(used.saturating_mul(4))
}

/// Appends `bytes`; false if the buffer would then hold more than `limit` bytes.
#[inline]
pub(crate) fn append(buffer: &mut Vec<u8>, bytes: &[u8], limit: usize) -> bool {
    let fits = bytes.len() <= limit.saturating_sub(buffer.len());
    if fits {
        work::count(bytes.len());
        match bytes {
            // For chunks of one byte, calling memcpy would be most of the work.
            [byte] => buffer.push(*byte),
            _ => buffer.extend_from_slice(bytes),
        }
    }
    fits
}

/// Appends an LF and the line at `line`; false if the buffer would then hold more than `limit`
/// bytes.
#[inline]
pub(crate) fn append_line(
    buffer: &mut Vec<u8>,
    bytes: &[u8],
    line: Range<usize>,
    limit: usize,
) -> bool {
    let fits = line.len() < limit.saturating_sub(buffer.len());
    if fits {
        work::count(line.len());
        buffer.reserve(1 + line.len());
        buffer.push(b'\n');
        let end = buffer.len() + line.len();
        let has_room = line.len() <= SHORT && buffer.capacity() - buffer.len() >= SHORT;
        match bytes.get(line.start..line.start + SHORT) {
            // A copy of a fixed length is two instructions; one of any length is a call.
            Some(more) if has_room => buffer.extend_from_slice(more),
            _ => buffer.extend_from_slice(&bytes[line]),
        }
        buffer.truncate(end);
    }
    fits
}

/// Appends `text`; false if the buffer would then hold more than `limit` bytes.
pub(crate) fn append_text(buffer: &mut String, text: &str, limit: usize) -> bool {
    let fits = text.len() <= limit.saturating_sub(buffer.len());
    if fits {
        buffer.push_str(text);
    }
    fits
}
