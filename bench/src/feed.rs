//! An event stream handed out in chunks.

use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Instant;
use std::{fmt, io};

use bytes::{Buf, Bytes};

use crate::Sample;

/// The number of chunks between looks at the clock.
const LOOK: usize = 256;

/// The size of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChunkSize {
    /// A block with an event, or a comment that keeps the connection alive.
    Event,
    /// A number of bytes.
    Bytes(usize),
}

/// The type of the chunks that a parser takes.
pub trait Input {
    /// Its name in the tables.
    const NAME: &'static str;

    /// The chunks of this type.
    fn chunks(feed: &Feed) -> impl Iterator<Item: AsRef<[u8]> + Buf>;
}

/// Chunks that are slices, some of them from a reader.
#[derive(Debug)]
pub struct Slices;

impl Input for Slices {
    const NAME: &'static str = "slices";

    fn chunks(feed: &Feed) -> impl Iterator<Item: AsRef<[u8]> + Buf> {
        feed.slices()
    }
}

/// Chunks that are [`Bytes`], most of them from a stream.
impl Input for Bytes {
    const NAME: &'static str = "Bytes";

    fn chunks(feed: &Feed) -> impl Iterator<Item: AsRef<[u8]> + Buf> {
        feed.chunks()
    }
}

/// An event stream to be read in chunks, until the deadline.
#[derive(Clone, Debug)]
pub struct Feed {
    bytes: Bytes,
    /// The ends of the chunks, if they have no size in common.
    ends: Arc<[usize]>,
    size: usize,
    deadline: Instant,
}

impl ChunkSize {
    /// The event stream in one chunk.
    pub const WHOLE: Self = Self::Bytes(usize::MAX);
}

/// `event`, a number of bytes, or `whole`.
impl FromStr for ChunkSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.parse()) {
            (_, Ok(0)) => Err("a chunk has at least one byte".into()),
            (_, Ok(bytes)) => Ok(Self::Bytes(bytes)),
            ("event", _) => Ok(Self::Event),
            ("whole", _) => Ok(Self::WHOLE),
            (_, Err(_)) => Err("`event`, a number of bytes, or `whole`".into()),
        }
    }
}

impl fmt::Display for ChunkSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event => f.write_str("event"),
            &Self::WHOLE => f.write_str("whole"),
            Self::Bytes(bytes) if bytes % 1024 == 0 => write!(f, "{} KiB", bytes / 1024),
            Self::Bytes(bytes) => write!(f, "{bytes} B"),
        }
    }
}

impl Feed {
    /// The sample in chunks of this size. It ends early once the deadline has passed.
    pub fn new(sample: &Sample, size: ChunkSize, deadline: Instant) -> Self {
        let (size, ends) = match size {
            ChunkSize::Event => (0, sample.ends.clone()),
            ChunkSize::Bytes(bytes) => (bytes, Arc::default()),
        };
        Self {
            bytes: sample.bytes.clone(),
            ends,
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
            size: self.size,
            alike: 1,
            ends: self.ends.clone(),
            next: 0,
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
    /// The number of chunks of this size, plus one, before the next call of `change`.
    alike: usize,
    ends: Arc<[usize]>,
    /// The number of chunks, or of looks at the clock if all chunks have one size.
    next: usize,
    deadline: Instant,
}

impl Cuts {
    /// Looks up the next size, or at the clock, and returns whether the deadline has passed.
    #[inline]
    fn change(&mut self) -> bool {
        self.next += 1;
        let Some(end) = self.ends.get(self.next - 1) else {
            self.alike = LOOK;
            return Instant::now() > self.deadline;
        };
        (self.size, self.alike) = (end - self.at, 1);
        self.next.is_multiple_of(LOOK) && Instant::now() > self.deadline
    }
}

impl Iterator for Cuts {
    type Item = Range<usize>;

    #[inline]
    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        if start == self.len {
            return None;
        }
        self.alike -= 1;
        if self.alike == 0 && self.change() {
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
