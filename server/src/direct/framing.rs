//! Frames with their chunk framing, written together, and the place where a write stopped.

use std::io::{self, ErrorKind, IoSlice};
use std::iter;

use bytes::Bytes;
use esse_encoder::Frame;

use crate::state::Position;

/// How many slices are written at once.
const SLICES: usize = 64;
/// Up to this size, everything is copied into one slice, because `writev` costs more than the copy.
const JOINED: usize = 4 * 1024;
/// No further frame is added to a batch of this size.
const BYTES: usize = 64 * 1024;

/// How the end of the body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// One chunk for each frame (RFC 9112, section 7.1).
    Chunked,
    /// For HTTP/1.0, where the body ends with the connection.
    Bare,
}

/// Something to be written.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// Written as it is.
    Raw(Bytes),
    /// Written as a chunk, if the body is chunked.
    Frame(Frame),
}

/// Content that was not fully written. `at` counts its framing too.
#[derive(Debug)]
pub(crate) struct Rest {
    pub(crate) content: Content,
    pub(crate) at: usize,
}

/// What leaves with one write. It is reused by all connections, and empty in between.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pieces: Vec<Piece>,
    slices: usize,
    bytes: usize,
    /// Holds the joined bytes.
    joined: Vec<u8>,
}

#[derive(Debug)]
struct Piece {
    rest: Rest,
    line: SizeLine,
    /// Its place in the hub's ring, if it can be given back.
    position: Option<Position>,
}

impl Batch {
    pub(crate) fn push(&mut self, rest: Rest, framing: Framing, position: Option<Position>) {
        let line = SizeLine::of(&rest.content, framing);
        let piece = Piece {
            rest,
            line,
            position,
        };
        self.slices += piece.parts().count();
        self.bytes += piece.len();
        self.pieces.push(piece);
    }

    pub(crate) fn has_room(&self) -> bool {
        // A frame usually takes three slices: its size, itself, and a line end.
        self.slices + 3 <= SLICES && self.bytes < BYTES
    }

    /// Writes once. Returns how many bytes were taken, which is 0 if the write would block.
    pub(crate) fn write(
        &mut self,
        write: impl FnOnce(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let result = if self.bytes <= JOINED {
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
        self.joined.clear();
        for part in self.pieces.iter().flat_map(Piece::parts) {
            self.joined.extend_from_slice(part);
        }
        &self.joined
    }

    fn write_slices(
        &self,
        write: impl FnOnce(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let parts = self.pieces.iter().flat_map(Piece::parts);
        let pairs = slices.iter_mut().zip(parts);
        let filled = pairs
            .map(|(slice, part)| *slice = IoSlice::new(part))
            .count();
        write(&slices[..filled])
    }

    /// This many bytes were taken. Returns the rest of the piece in which they end, and the
    /// positions of the pieces that were not begun and are to be given back.
    pub(crate) fn settle(&mut self, mut taken: usize) -> (Option<Rest>, Vec<Position>) {
        (self.slices, self.bytes) = (0, 0);
        let mut pieces = self.pieces.drain(..);
        let begun = pieces.find_map(|mut piece| {
            let len = piece.len();
            let advanced = taken.min(len);
            taken -= advanced;
            piece.rest.at += advanced;
            (advanced < len).then_some(piece)
        });
        let Some(begun) = begun else {
            return (None, Vec::new());
        };
        let later = pieces.filter_map(|piece| piece.position);
        match begun.position {
            Some(position) if begun.rest.at == 0 => {
                (None, iter::once(position).chain(later).collect())
            }
            _ => (Some(begun.rest), later.collect()),
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

fn is_again(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

impl Piece {
    /// What is left of the piece, with its framing.
    fn parts(&self) -> impl Iterator<Item = &[u8]> {
        let content = match &self.rest.content {
            Content::Raw(bytes) => std::slice::from_ref(bytes),
            Content::Frame(frame) => frame.segments(),
        };
        let line = self.line.as_bytes();
        let end: &[u8] = if line.is_empty() { b"" } else { b"\r\n" };
        let parts = iter::once(line)
            .chain(content.iter().map(Bytes::as_ref))
            .chain(iter::once(end));
        let mut skip = self.rest.at;
        parts.filter_map(move |part| {
            let skipped = skip.min(part.len());
            skip -= skipped;
            let part = &part[skipped..];
            (!part.is_empty()).then_some(part)
        })
    }

    fn len(&self) -> usize {
        let line = self.line.as_bytes().len();
        let framing = if line == 0 { 0 } else { line + 2 };
        framing + self.rest.content.len() - self.rest.at
    }
}

impl Content {
    fn len(&self) -> usize {
        match self {
            Self::Raw(bytes) => bytes.len(),
            Self::Frame(frame) => frame.len(),
        }
    }
}

impl From<Content> for Rest {
    fn from(content: Content) -> Self {
        Self { content, at: 0 }
    }
}

/// The line before a chunk: its size, in hexadecimal. Empty if the body is not chunked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SizeLine {
    bytes: [u8; 18],
    start: usize,
}

impl SizeLine {
    fn of(content: &Content, framing: Framing) -> Self {
        match (content, framing) {
            (Content::Frame(frame), Framing::Chunked) => Self::new(frame.len()),
            _ => Self {
                bytes: [0; 18],
                start: 18,
            },
        }
    }

    pub(crate) fn new(mut size: usize) -> Self {
        let mut bytes = *b"0000000000000000\r\n";
        let mut start = 16;
        while size > 0 || start == 16 {
            start -= 1;
            bytes[start] = b"0123456789abcdef"[size % 16];
            size /= 16;
        }
        Self { bytes, start }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

#[cfg(test)]
mod tests;
