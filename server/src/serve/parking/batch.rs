//! Data with its chunk framing, written together, and the place where a write stopped.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::iter;

use bytes::Bytes;

/// How many pieces, and how many slices of large ones, are written at once.
const PIECES: usize = 32;
const SLICES: usize = 64;
/// Up to this mean size, pieces are copied into one slice, because `writev` costs more than the copy.
const JOINED: usize = 2 * 1024;
/// A connection with more than this has much to send.
const LARGE: usize = 4 * 1024;
/// No further data is added to a batch of this size. A client that takes nothing holds that much,
/// and one piece.
const BYTES: usize = 16 * 1024;

/// What leaves with one write. It is reused by all connections, and empty in between.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pieces: VecDeque<Piece>,
    /// How much of the first piece was written, counting its framing.
    at: usize,
    bytes: usize,
    /// Holds the joined bytes.
    joined: Vec<u8>,
}

/// What a write left.
#[derive(Debug)]
pub(crate) struct Rest {
    pieces: Box<[Piece]>,
    at: usize,
}

#[derive(Debug)]
pub(crate) struct Piece {
    bytes: Bytes,
    line: SizeLine,
}

impl Batch {
    pub(crate) fn push(&mut self, piece: Piece) {
        self.bytes += piece.len();
        self.pieces.push_back(piece);
    }

    /// Goes on with what a write left. The batch must be empty.
    pub(crate) fn resume(&mut self, rest: Rest) {
        self.at = rest.at;
        rest.pieces.into_iter().for_each(|piece| self.push(piece));
        self.bytes -= self.at;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(crate) fn has_room(&self) -> bool {
        self.pieces.len() < PIECES && self.bytes < BYTES
    }

    pub(crate) fn is_large(&self) -> bool {
        self.bytes > LARGE
    }

    /// Writes once. Returns how many bytes were taken, which is 0 if the write would block.
    pub(crate) fn write(
        &mut self,
        write: impl FnOnce(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let result = if self.bytes <= JOINED * self.pieces.len() {
            write(&[IoSlice::new(self.join())])
        } else {
            self.write_slices(write)
        };
        match result {
            Ok(0) => Err(ErrorKind::WriteZero.into()),
            Err(error) if is_again(&error) => Ok(0),
            result => result,
        }
    }

    fn join(&mut self) -> &[u8] {
        let mut joined = std::mem::take(&mut self.joined);
        joined.clear();
        self.parts().for_each(|part| joined.extend_from_slice(part));
        self.joined = joined;
        &self.joined
    }

    /// Slices for which there is no room are left for the next write.
    fn write_slices(
        &self,
        write: impl FnOnce(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let pairs = slices.iter_mut().zip(self.parts());
        let filled = pairs
            .map(|(slice, part)| *slice = IoSlice::new(part))
            .count();
        write(&slices[..filled])
    }

    /// What is left to write.
    fn parts(&self) -> impl Iterator<Item = &[u8]> {
        let mut skip = self.at;
        let parts = self.pieces.iter().flat_map(Piece::parts);
        parts.filter_map(move |part| {
            let skipped = skip.min(part.len());
            skip -= skipped;
            let part = &part[skipped..];
            (!part.is_empty()).then_some(part)
        })
    }

    /// This many bytes were taken. Empties the batch, and returns what is left.
    pub(crate) fn settle(&mut self, taken: usize) -> Option<Rest> {
        let mut at = self.at + taken;
        (self.at, self.bytes) = (0, 0);
        let pieces = self.pieces.drain(..).skip_while(|piece| {
            let is_written = piece.len() <= at;
            at -= if is_written { piece.len() } else { 0 };
            is_written
        });
        let pieces: Box<[_]> = pieces.collect();
        (!pieces.is_empty()).then_some(Rest { pieces, at })
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

fn is_again(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

impl Piece {
    /// Written as it is.
    pub(crate) fn raw(bytes: Bytes) -> Self {
        let line = SizeLine::NONE;
        Self { bytes, line }
    }

    /// Written as a chunk (RFC 9112, section 7.1). Must not be empty, because an empty chunk ends
    /// the body.
    pub(crate) fn chunk(bytes: Bytes) -> Self {
        let line = SizeLine::new(bytes.len());
        Self { bytes, line }
    }

    fn parts(&self) -> impl Iterator<Item = &[u8]> {
        let line = self.line.as_bytes();
        let end: &[u8] = if line.is_empty() { b"" } else { b"\r\n" };
        [line, &self.bytes, end].into_iter()
    }

    fn len(&self) -> usize {
        self.parts().map(<[u8]>::len).sum()
    }
}

impl From<Piece> for Rest {
    fn from(piece: Piece) -> Self {
        Self {
            pieces: iter::once(piece).collect(),
            at: 0,
        }
    }
}

/// The line before a chunk: its size, in hexadecimal.
#[derive(Clone, Copy, Debug)]
struct SizeLine {
    bytes: [u8; 18],
    len: usize,
}

impl SizeLine {
    const NONE: Self = Self {
        bytes: [0; 18],
        len: 0,
    };

    fn new(size: usize) -> Self {
        let mut line = Self::NONE;
        let mut room = &mut line.bytes[..];
        // There is room for the sixteen digits of the largest.
        let _ = write!(room, "{size:x}\r\n");
        line.len = 18 - room.len();
        line
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(data: &str) -> Piece {
        Piece::chunk(Bytes::copy_from_slice(data.as_bytes()))
    }

    /// Writes at most this many bytes at a time, and goes on with what is left.
    fn written(pieces: Vec<Piece>, at_once: usize) -> Vec<u8> {
        let (mut out, mut batch) = (Vec::new(), Batch::default());
        for piece in pieces {
            batch.push(piece);
        }
        loop {
            let taken = batch.write(|slices| {
                let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
                let taken = bytes.len().min(at_once);
                out.extend_from_slice(&bytes[..taken]);
                Ok(taken)
            });
            let rest = batch.settle(taken.unwrap());
            assert!(batch.is_empty());
            match rest {
                Some(rest) => batch.resume(rest),
                None => return out,
            }
        }
    }

    #[test]
    fn wherever_a_write_stops_the_bytes_are_the_same() {
        for large in [5, 40_000] {
            let large = "b".repeat(large);
            let head = Piece::raw(Bytes::from_static(b"head\r\n\r\n"));
            let pieces = || vec![chunk("a"), chunk(&large), chunk("c")];
            let expected = format!(
                "head\r\n\r\n1\r\na\r\n{:x}\r\n{large}\r\n1\r\nc\r\n",
                large.len()
            );
            // One byte at a time is slow with the large one.
            let small = if large.len() < 10 { 1..60 } else { 60..60 };
            for at_once in small.chain([1000, 39_999, 40_000, 40_050, usize::MAX]) {
                let mut pieces = pieces();
                pieces.insert(0, Piece::raw(head.bytes.clone()));
                let written = written(pieces, at_once);
                assert!(written == expected.as_bytes(), "{at_once} at once");
            }
        }
    }

    #[test]
    fn what_is_left_holds_no_piece_that_was_written() {
        // Each is six bytes: "1\r\na\r\n".
        for (taken, expected) in [
            (0, Some((3, 0))),
            (5, Some((3, 5))),
            (6, Some((2, 0))),
            (7, Some((2, 1))),
            (17, Some((1, 5))),
            (18, None),
        ] {
            let mut batch = Batch::default();
            for data in ["a", "b", "c"] {
                batch.push(chunk(data));
            }
            let left = batch.settle(taken);
            let left = left.map(|rest| (rest.pieces.len(), rest.at));
            assert_eq!(left, expected, "{taken}");
        }
    }

    #[test]
    fn a_batch_is_bounded() {
        let mut batch = Batch::default();
        let mut pushed = 0;
        while batch.has_room() {
            batch.push(chunk("a"));
            pushed += 1;
        }
        assert_eq!(pushed, PIECES);
        batch.clear();
        batch.push(chunk(&"a".repeat(BYTES)));
        assert!(!batch.has_room());
    }

    #[test]
    fn sizes_in_hexadecimal() {
        for size in [0, 1, 9, 10, 15, 16, 255, 256, 4096, 1 << 20, usize::MAX] {
            assert_eq!(
                SizeLine::new(size).as_bytes(),
                format!("{size:x}\r\n").as_bytes()
            );
        }
        let largest = SizeLine::new(usize::MAX);
        assert_eq!(largest.as_bytes(), b"ffffffffffffffff\r\n");
    }

    #[test]
    fn errors_of_the_socket() {
        let mut batch = Batch::default();
        batch.push(chunk("a"));
        let mut result = |kind: ErrorKind| batch.write(|_| Err(kind.into())).map_err(|e| e.kind());
        assert_eq!(result(ErrorKind::WouldBlock), Ok(0));
        assert_eq!(result(ErrorKind::Interrupted), Ok(0));
        assert_eq!(result(ErrorKind::BrokenPipe), Err(ErrorKind::BrokenPipe));
        assert_eq!(
            batch.write(|_| Ok(0)).unwrap_err().kind(),
            ErrorKind::WriteZero
        );
    }

    #[test]
    fn what_is_small_is_copied_into_one_slice_and_what_is_large_is_not() {
        // How many pieces, their size, and how many slices they are. Not all of the last ones fit.
        for (pieces, data, expected) in [(20, 600, 1), (3, JOINED, 9), (22, JOINED, SLICES)] {
            let mut batch = Batch::default();
            for _ in 0..pieces {
                batch.push(chunk(&"a".repeat(data)));
            }
            let mut slices = 0;
            let taken = batch.write(|written| {
                slices = written.len();
                Ok(written.iter().map(|slice| slice.len()).sum())
            });
            assert_eq!(slices, expected);
            let is_whole = expected == 1 || expected == 3 * pieces;
            assert_eq!(batch.settle(taken.unwrap()).is_none(), is_whole);
        }
    }
}
