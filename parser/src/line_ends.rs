//! Finds line ends, CR and LF (9.2.5, `end-of-line`), in 64 bytes at a time.
//!
//! The 64 bytes give a mask with a bit for each line end, from which all lines that end among them
//! are read. On short lines this is four to five times as fast as calling `memchr2` for each
//! (`tiny`, `multiline`, `anthropic`), and on lines of 270 bytes one and a half times as fast. On
//! longer lines `memchr2`, whose vectors are wider, takes over after six blocks. If it does after the
//! first, `llm` takes 1.2 times as long, in chunks of 16 KiB.

use memchr::memchr2;
use wide::u8x16;

use crate::work;

/// How many bytes a mask covers.
const BLOCK: usize = 64;
const LANES: usize = 16;

/// After this many blocks without a line end, `memchr2` looks for the next one.
const NEAR: usize = 6;

/// The line ends among the bytes that were last searched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineEnds {
    /// Where those bytes begin; `mask` has a bit for each line end among them.
    start: usize,
    mask: u64,
    /// There is no line end from here on.
    none_from: usize,
    /// Where the last search beyond the mask began, and the line end it found.
    searched: (usize, usize),
}

impl LineEnds {
    pub(crate) const START: Self = Self {
        // Nothing is known yet. No position is less than a block after this one.
        start: usize::MAX / 2,
        mask: 0,
        none_from: usize::MAX,
        searched: (usize::MAX, 0),
    };

    /// The first line end from `from` on.
    #[inline]
    pub(crate) fn find(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        let known = from.wrapping_sub(self.start);
        if known >= BLOCK {
            return self.look_for(bytes, from);
        }
        match self.mask >> known {
            0 if self.start + BLOCK >= bytes.len() => None,
            0 => self.look_for(bytes, self.start + BLOCK),
            ahead => Some(from + ahead.trailing_zeros() as usize),
        }
    }

    /// The first line end from `from` on is known.
    #[inline]
    pub(crate) const fn expect(&mut self, from: usize, end: usize) {
        self.searched = (from, end);
    }

    /// The position from which on there is known to be no line end.
    #[inline]
    pub(crate) const fn none_from(&self) -> usize {
        self.none_from
    }

    /// The first line end from `from` on, beyond the mask.
    #[inline(never)]
    fn look_for(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        if from >= self.none_from {
            return None;
        }
        // If a fast path gives up on a line, the line is not searched again.
        if from == self.searched.0 {
            return Some(self.searched.1);
        }
        let found = self.search(bytes, from)?;
        self.searched = (from, found);
        Some(found)
    }

    #[inline]
    fn search(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        let mut start = from;
        for block in bytes.get(from..)?.chunks_exact(BLOCK).take(NEAR) {
            let mask = mask_of_block(block);
            if mask != 0 {
                return Some(self.first(start, mask));
            }
            start += BLOCK;
        }
        if bytes.len() - start >= BLOCK {
            let Some(distance) = memchr2(b'\n', b'\r', &bytes[start..]) else {
                work::count(bytes.len() - start);
                self.none_from = from;
                return None;
            };
            work::count(distance);
            start += distance;
        }
        let mask = match bytes.get(start..start + BLOCK) {
            Some(block) => mask_of_block(block),
            None => mask_of_end(bytes, start),
        };
        if mask == 0 {
            self.none_from = from;
            return None;
        }
        Some(self.first(start, mask))
    }

    /// Keeps the mask of the bytes at `start`, and returns the first line end in it.
    fn first(&mut self, start: usize, mask: u64) -> usize {
        (self.start, self.mask) = (start, mask);
        start + mask.trailing_zeros() as usize
    }
}

impl Default for LineEnds {
    fn default() -> Self {
        Self::START
    }
}

/// A bit for each line end in a block.
#[inline]
fn mask_of_block(block: &[u8]) -> u64 {
    work::count(BLOCK);
    let lanes = block.chunks_exact(LANES).enumerate();
    lanes.fold(0, |mask, (n, bytes)| {
        mask | mask_of_lanes(bytes) << (n * LANES)
    })
}

/// The same for the bytes from `start` on, which are less than a block.
#[inline]
fn mask_of_end(bytes: &[u8], start: usize) -> u64 {
    match bytes.len().checked_sub(BLOCK) {
        // The last block of the chunk, without the bits before `start`.
        Some(last) if start < bytes.len() => mask_of_block(&bytes[last..]) >> (start - last),
        _ => mask_of_few(bytes.get(start..).unwrap_or_default()),
    }
}

/// The same for at most a block.
#[inline]
fn mask_of_few(few: &[u8]) -> u64 {
    work::count(few.len());
    let Some(last) = few.len().checked_sub(LANES) else {
        return mask_of_fewer(few);
    };
    // The last sixteen bytes, which may overlap with the ones before.
    let mut mask = mask_of_lanes(&few[last..]) << last;
    for start in [0, LANES, 2 * LANES] {
        if start < last {
            mask |= mask_of_lanes(&few[start..start + LANES]) << start;
        }
    }
    mask
}

/// The same for less than sixteen bytes.
#[inline]
fn mask_of_fewer(few: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (few.first_chunk(), few.last_chunk()) {
        return mask_of_word(*first) | mask_of_word(*last) << (few.len() - 8);
    }
    few.iter().rev().fold(0, |mask, byte| {
        mask << 1 | u64::from(matches!(byte, b'\n' | b'\r'))
    })
}

/// The same for eight bytes.
#[inline]
fn mask_of_word(bytes: [u8; 8]) -> u64 {
    const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
    let word = u64::from_le_bytes(bytes);
    // The high bit of each byte that is the line end.
    let high_bits = |end| {
        let zero = word ^ u64::from_ne_bytes([end; 8]);
        !(((zero & LOW) + LOW) | zero | LOW)
    };
    let bits = (high_bits(b'\n') | high_bits(b'\r')) >> 7;
    // Gathers the bits in the highest byte.
    bits.wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[inline]
fn mask_of_lanes(bytes: &[u8]) -> u64 {
    let mut lanes = [0; LANES];
    lanes.copy_from_slice(bytes);
    let lanes = u8x16::new(lanes);
    let ends = lanes.cmp_eq(u8x16::splat(b'\n')) | lanes.cmp_eq(u8x16::splat(b'\r'));
    u64::from(ends.move_mask().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// Each length, from each start, with each pair of line ends in it.
    #[test]
    #[cfg_attr(miri, ignore = "too many cases")]
    fn as_byte_by_byte() {
        for len in 0..=2 * BLOCK + LANES + 1 {
            for first in 0..=len {
                for second in [first, first + 1, first + 17, len] {
                    let mut bytes = b"x".repeat(len);
                    let ends = [(first, b'\n'), (second, b'\r')];
                    for (at, end) in ends.into_iter().filter(|(at, _)| *at < len) {
                        bytes[at] = end;
                    }
                    assert_eq!(found(&bytes), expected(&bytes), "{}", bytes.escape_ascii());
                }
            }
        }
    }

    fn found(bytes: &[u8]) -> Vec<usize> {
        let (mut ends, mut from) = (LineEnds::START, 0);
        core::iter::from_fn(|| {
            let end = ends.find(bytes, from)?;
            from = end + 1;
            Some(end)
        })
        .collect()
    }

    fn expected(bytes: &[u8]) -> Vec<usize> {
        let ends = bytes.iter().enumerate();
        ends.filter(|(_, byte)| matches!(byte, b'\n' | b'\r'))
            .map(|(at, _)| at)
            .collect()
    }
}
