//! The canonical bytes of a block.

use bytes::BufMut;

use crate::block::Block;
use crate::decimal::Decimal;
use crate::lines::Cutter;

/// The end of one line of data and the start of the next.
pub(crate) const DATA_JOINT: &[u8; 7] = b"\ndata: ";
pub(crate) const DATA_START: &[u8] = b"data: ";

const COMMENT_JOINT: &[u8; 3] = b"\n: ";

impl Block<'_> {
    /// Appends the bytes of the block, including the blank line. Allocates only what the buffer
    /// needs to grow.
    ///
    /// `BufMut` has no method to reserve room, so it pays to create a new buffer with a capacity of
    /// [`encoded_len`](Self::encoded_len) bytes. A buffer that is reused soon has the room.
    ///
    /// # Panics
    /// If the buffer cannot grow and has less than `encoded_len` bytes left, like all methods of
    /// `BufMut`. A `Vec<u8>` and a `BytesMut` grow.
    ///
    /// ```
    /// use esse_encoder::Block;
    ///
    /// let block = Block::event("x");
    /// let mut stream = Vec::with_capacity(block.encoded_len());
    /// block.encode(&mut stream);
    /// assert_eq!(stream, b"data: x\n\n");
    /// ```
    pub fn encode(&self, buf: &mut impl BufMut) {
        self.put(&mut |bytes| buf.put_slice(bytes));
    }

    /// The exact number of bytes that [`encode`](Self::encode) appends. Scans the data for line
    /// breaks.
    pub fn encoded_len(&self) -> usize {
        let mut len = 0;
        self.put(&mut |bytes| len += bytes.len());
        len
    }

    /// The only description of the canonical form. One caller writes what is put, the other counts
    /// it.
    fn put(&self, put: &mut impl FnMut(&[u8])) {
        self.put_head(put);
        if let Some(data) = &self.data {
            put_lines(DATA_JOINT, data.as_bytes(), put);
        }
        self.put_tail(put);
    }

    /// Everything before the data.
    pub(crate) fn put_head(&self, put: &mut impl FnMut(&[u8])) {
        for comment in &self.comments {
            put_lines(COMMENT_JOINT, comment.as_bytes(), put);
        }
        if let Some(event_type) = &self.event_type {
            put_field("event", event_type.as_str().as_bytes(), put);
        }
        if let Some(milliseconds) = self.retry {
            put_field("retry", Decimal::new(milliseconds).as_bytes(), put);
        }
        for (name, value) in &self.fields {
            put_field(name.as_str(), value.as_bytes(), put);
        }
    }

    /// Everything after the data.
    pub(crate) fn put_tail(&self, put: &mut impl FnMut(&[u8])) {
        if let Some(id) = &self.id {
            put_field("id", id.as_bytes(), put);
        }
        put(b"\n");
    }
}

/// A value that its type guarantees to be one line.
fn put_field(name: &str, value: &[u8], put: &mut impl FnMut(&[u8])) {
    put(name.as_bytes());
    put(b": ");
    put(value);
    put(b"\n");
}

/// A value of any number of lines. A text with n breaks makes n + 1 lines; an empty text makes one.
///
/// The length of the joint is a constant, so that copying it is a store and not a call to memcpy.
fn put_lines<const N: usize>(joint: &[u8; N], text: &[u8], put: &mut impl FnMut(&[u8])) {
    put(&joint[1..]);
    for piece in Cutter::default().pieces(text) {
        put(piece.text);
        if piece.ended {
            put(joint);
        }
    }
    put(b"\n");
}
