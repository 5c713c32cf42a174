//! `Frame`: a block as bytes, encoded once and sent to any number of receivers.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::slice;

use bytes::{Buf, Bytes};

use crate::block::Block;
use crate::data::{Data, SHARE_FROM};
use crate::encode::{DATA_JOINT, DATA_START};
use crate::lines::Cutter;

/// A block as encoded bytes: immutable and cheap to clone.
///
/// The bytes are those of [`Block::encode`], in one or more [`segments`](Frame::segments). A
/// small block is one segment and takes one allocation. A large payload that the block owns
/// (`String`, `Bytes`) is not copied. Its lines are segments of their own, slices of the payload.
///
/// ```
/// use esse_encoder::Block;
///
/// let frame = Block::event("x").to_frame();
/// assert_eq!(frame.segments(), ["data: x\n\n"]);
///
/// let large = "x".repeat(1 << 20);
/// let frame = Block::event(large).to_frame();
/// assert_eq!(frame.segments().len(), 3); // "data: ", the payload itself, and the line ends
/// ```
#[derive(Clone, Debug)]
pub struct Frame(Repr);

#[derive(Clone, Debug)]
enum Repr {
    Contiguous(Bytes),
    Segmented { segments: Arc<[Bytes]>, len: usize },
}

impl Block<'_> {
    /// Encodes the block once, to be sent to any number of receivers.
    ///
    /// ```
    /// use esse_encoder::Block;
    ///
    /// let frame = Block::event("x").to_frame();
    /// let for_another_receiver = frame.clone(); // copies no bytes
    /// assert_eq!(for_another_receiver.to_bytes(), "data: x\n\n");
    /// ```
    pub fn to_frame(&self) -> Frame {
        let payload = self.data.as_ref().and_then(Data::shared);
        let large = payload.filter(|payload| payload.len() >= SHARE_FROM);
        let segmented = large.and_then(|payload| segmented(self, payload));
        segmented.unwrap_or_else(|| Frame(Repr::Contiguous(self.to_vec().into())))
    }
}

/// `None` if the lines are so short that copying them is faster than a segment for each.
fn segmented(block: &Block<'_>, payload: &Bytes) -> Option<Frame> {
    let lines = cut_lines(payload, payload.len() / SHARE_FROM)?;
    let (head, tail) = edges(block);
    let mut segments = Vec::with_capacity(2 * lines.len() + 1);
    segments.push(head);
    for line in lines {
        segments.push(line);
        segments.push(Bytes::from_static(DATA_JOINT));
    }
    // The last line is followed by the tail instead of a joint.
    segments.pop();
    segments.push(tail);
    segments.retain(|segment| !segment.is_empty());
    let len = segments.iter().map(Bytes::len).sum();
    let segments = segments.into();
    Some(Frame(Repr::Segmented { segments, len }))
}

/// The lines as slices of the payload, unless there are more than `most`. The scan stops there, so
/// that short lines are not scanned a third time.
fn cut_lines(payload: &Bytes, most: usize) -> Option<Vec<Bytes>> {
    let mut lines = Vec::new();
    let mut in_line = false;
    for piece in Cutter::default().pieces(payload) {
        if lines.len() == most {
            return None;
        }
        lines.push(payload.slice_ref(piece.text));
        in_line = !piece.ended;
    }
    if in_line {
        return Some(lines);
    }
    lines.push(Bytes::new());
    (lines.len() <= most).then_some(lines)
}

/// The bytes before and after the data, in one allocation.
fn edges(block: &Block<'_>) -> (Bytes, Bytes) {
    let mut edges = Vec::new();
    block.put_head(&mut |bytes| edges.extend_from_slice(bytes));
    edges.extend_from_slice(DATA_START);
    let cut = edges.len();
    block.put_end(&mut |bytes| edges.extend_from_slice(bytes));
    let mut head = Bytes::from(edges);
    let tail = head.split_off(cut);
    (head, tail)
}

// A frame is never empty: it ends in a blank line, or it is a part that has bytes.
#[allow(clippy::len_without_is_empty)]
impl Frame {
    /// A part of a block that is sent in several.
    #[cfg(feature = "body")]
    pub(crate) fn part(bytes: Bytes) -> Self {
        Self(Repr::Contiguous(bytes))
    }

    /// The bytes, in order. None of the segments is empty.
    pub fn segments(&self) -> &[Bytes] {
        match &self.0 {
            Repr::Contiguous(bytes) => slice::from_ref(bytes),
            Repr::Segmented { segments, .. } => segments,
        }
    }

    /// The number of bytes in all segments.
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::Contiguous(bytes) => bytes.len(),
            Repr::Segmented { len, .. } => *len,
        }
    }

    /// The bytes in one piece. They are shared if there is one segment, and copied otherwise.
    pub fn to_bytes(&self) -> Bytes {
        match &self.0 {
            Repr::Contiguous(bytes) => bytes.clone(),
            Repr::Segmented { segments, .. } => segments.concat().into(),
        }
    }

    /// A cursor over the bytes, for an API that takes a [`Buf`].
    ///
    /// ```
    /// use bytes::Buf;
    /// use esse_encoder::Block;
    ///
    /// let mut rest = Block::event("x").to_frame().to_buf();
    /// rest.advance(6);
    /// assert_eq!(rest.chunk(), b"x\n\n");
    /// ```
    pub fn to_buf(&self) -> FrameBuf {
        FrameBuf {
            frame: self.clone(),
            segment: 0,
            at: 0,
            remaining: self.len(),
        }
    }

    /// The same bytes, which keep `guard` alive: it is dropped with the last of them, wherever they
    /// are by then. That is how to learn when a connection is done with a frame.
    ///
    /// No byte is copied. Each segment takes an allocation, so this is for large frames.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use esse_encoder::Block;
    ///
    /// let frame = Block::event("x").to_frame();
    /// let guard = Arc::new(());
    /// let bytes = frame.with_guard(Arc::clone(&guard)).to_bytes();
    /// assert_eq!(Arc::strong_count(&guard), 2);
    /// drop(bytes);
    /// assert_eq!(Arc::strong_count(&guard), 1);
    /// ```
    #[must_use]
    pub fn with_guard(&self, guard: impl Send + Sync + 'static) -> Self {
        let guard = Arc::new(guard);
        let guarded = |bytes: &Bytes| {
            Bytes::from_owner(Guarded {
                bytes: bytes.clone(),
                _guard: Arc::clone(&guard),
            })
        };
        Self(match &self.0 {
            Repr::Contiguous(bytes) => Repr::Contiguous(guarded(bytes)),
            Repr::Segmented { segments, len } => Repr::Segmented {
                segments: segments.iter().map(guarded).collect(),
                len: *len,
            },
        })
    }

    /// Writes all segments, several per call if `out` supports that. Does not flush.
    ///
    /// # Errors
    /// Those of `out`. It is then unknown how much was written, so nothing more may be sent on this
    /// stream.
    #[cfg(feature = "std")]
    pub fn write_to(&self, out: &mut (impl std::io::Write + ?Sized)) -> std::io::Result<()> {
        use std::io::{ErrorKind, IoSlice};

        let mut rest = self.to_buf();
        while rest.has_remaining() {
            let mut slices = [IoSlice::new(&[]); 16];
            let filled = rest.chunks_vectored(&mut slices);
            match out.write_vectored(&slices[..filled]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => rest.advance(written.min(rest.remaining())),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

struct Guarded<G> {
    bytes: Bytes,
    _guard: Arc<G>,
}

impl<G> AsRef<[u8]> for Guarded<G> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A cursor over the bytes of a [`Frame`], created by [`Frame::to_buf`].
#[derive(Clone, Debug)]
pub struct FrameBuf {
    frame: Frame,
    /// The segment that contains the next byte, and the offset in it.
    segment: usize,
    at: usize,
    remaining: usize,
}

impl Buf for FrameBuf {
    fn remaining(&self) -> usize {
        self.remaining
    }

    fn chunk(&self) -> &[u8] {
        let segment = self.frame.segments().get(self.segment);
        segment.map_or(&[], |segment| &segment[self.at..])
    }

    #[cfg(feature = "std")]
    fn chunks_vectored<'a>(&'a self, slices: &mut [std::io::IoSlice<'a>]) -> usize {
        let segments = self.frame.segments();
        let later = segments.iter().skip(self.segment + 1).map(Bytes::as_ref);
        let chunks = core::iter::once(self.chunk()).chain(later);
        let chunks = chunks.filter(|chunk| !chunk.is_empty());
        let pairs = slices.iter_mut().zip(chunks);
        pairs
            .map(|(slice, chunk)| *slice = std::io::IoSlice::new(chunk))
            .count()
    }

    /// # Panics
    /// If `count` is greater than `remaining`.
    fn advance(&mut self, mut count: usize) {
        assert!(count <= self.remaining, "advance past the end of the frame");
        self.remaining -= count;
        while count > 0 {
            let step = count.min(self.chunk().len());
            count -= step;
            self.at += step;
            if self.chunk().is_empty() {
                self.segment += 1;
                self.at = 0;
            }
        }
    }
}
