//! An event stream handed out in chunks.

use std::ops::Range;
use std::str::FromStr;
use std::time::Instant;
use std::{fmt, io};

use bytes::Bytes;

/// The number of chunks between looks at the clock.
const LOOK: u32 = 256;

/// The size of a chunk in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChunkSize(usize);

/// An event stream to be read in chunks, until the deadline.
#[derive(Clone, Debug)]
pub struct Feed {
    bytes: Bytes,
    size: ChunkSize,
    deadline: Instant,
}

impl ChunkSize {
    /// The event stream in one chunk.
    pub const WHOLE: Self = Self(usize::MAX);

    /// Chunks of that many bytes, at least one.
    pub fn new(bytes: usize) -> Self {
        Self(bytes.max(1))
    }
}

/// A number of bytes, or `whole`.
impl FromStr for ChunkSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(0) => Err("a chunk has at least one byte".into()),
            Ok(bytes) => Ok(Self(bytes)),
            Err(_) if text == "whole" => Ok(Self::WHOLE),
            Err(_) => Err("a number of bytes, or `whole`".into()),
        }
    }
}

impl fmt::Display for ChunkSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            usize::MAX => f.write_str("whole"),
            bytes if bytes % 1024 == 0 => write!(f, "{} KiB", bytes / 1024),
            bytes => write!(f, "{bytes} B"),
        }
    }
}

impl Feed {
    /// The bytes in chunks of this size. It ends early once the deadline has passed.
    pub fn new(bytes: Bytes, size: ChunkSize, deadline: Instant) -> Self {
        Self {
            bytes,
            size,
            deadline,
        }
    }

    /// All the bytes.
    pub fn whole(&self) -> &[u8] {
        &self.bytes
    }

    /// The chunks as slices.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        self.cuts().map(|cut| &self.bytes[cut])
    }

    /// The chunks as [`Bytes`] that share one buffer.
    pub fn chunks(&self) -> impl Iterator<Item = Bytes> + Send + Sync + use<> {
        let bytes = self.bytes.clone();
        self.cuts().map(move |cut| bytes.slice(cut))
    }

    /// The chunks as a reader. No read goes past the end of a chunk.
    pub fn reader(&self) -> Reader<'_> {
        Reader {
            bytes: &self.bytes,
            cuts: self.cuts(),
            rest: &[],
        }
    }

    fn cuts(&self) -> Cuts {
        Cuts {
            at: 0,
            len: self.bytes.len(),
            size: self.size.0,
            until_look: LOOK,
            deadline: self.deadline,
        }
    }
}

/// The ranges of the chunks.
#[derive(Debug)]
struct Cuts {
    at: usize,
    len: usize,
    size: usize,
    until_look: u32,
    deadline: Instant,
}

impl Cuts {
    fn is_late(&mut self) -> bool {
        self.until_look -= 1;
        if self.until_look > 0 {
            return false;
        }
        self.until_look = LOOK;
        Instant::now() > self.deadline
    }
}

impl Iterator for Cuts {
    type Item = Range<usize>;

    #[inline]
    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        if start == self.len || self.is_late() {
            return None;
        }
        self.at = start.saturating_add(self.size).min(self.len);
        Some(start..self.at)
    }
}

/// The chunks of a [`Feed`] as a reader; from [`Feed::reader`].
#[derive(Debug)]
pub struct Reader<'f> {
    bytes: &'f [u8],
    cuts: Cuts,
    rest: &'f [u8],
}

impl<'f> Reader<'f> {
    /// The rest of this chunk, or the next one; empty at the end.
    pub fn fill(&mut self) -> &'f [u8] {
        if self.rest.is_empty() {
            self.rest = self.cuts.next().map_or(&[], |cut| &self.bytes[cut]);
        }
        self.rest
    }

    /// Moves on by this many bytes of what [`fill`](Self::fill) returned.
    pub fn consume(&mut self, count: usize) {
        self.rest = &self.rest[count..];
    }
}

impl io::Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill().read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}
