//! The canonical bytes of a block.

use alloc::vec::Vec;

use bytes::BufMut;

use crate::block::Block;
use crate::decimal::Decimal;
use crate::lines::{Cutter, count_lf, find_far_break};

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
        self.len_around(self.data_len())
    }

    /// The bytes of the block in an allocation of their size.
    ///
    /// Data on one line is searched for line breaks once, to count. If it is searched again to copy
    /// it, 270 bytes take 1.2 times as long, and 1 MiB takes 1.4 times.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        let data_len = self.data_len();
        let mut bytes = Vec::with_capacity(self.len_around(data_len));
        let put = &mut |part: &[u8]| bytes.extend_from_slice(part);
        match &self.data {
            // One line, which need not be looked for again.
            Some(data) if data_len == DATA_JOINT.len() + data.as_bytes().len() => {
                self.put_head(put);
                put(DATA_START);
                put(data.as_bytes());
                self.put_end(put);
            }
            _ => self.put(put),
        }
        bytes
    }

    /// The number of bytes of the block, if its data takes this many.
    fn len_around(&self, data_len: usize) -> usize {
        let mut len = data_len;
        self.put_head(&mut |bytes| len += bytes.len());
        self.put_tail(&mut |bytes| len += bytes.len());
        len
    }

    /// The number of bytes that the lines of data take.
    fn data_len(&self) -> usize {
        let Some(data) = &self.data else {
            return 0;
        };
        let text = data.as_bytes();
        let Some(first) = find_far_break(text) else {
            return DATA_JOINT.len() + text.len();
        };
        if let Some(breaks) = count_lf(&text[first..]) {
            return DATA_JOINT.len() + text.len() + breaks * (DATA_JOINT.len() - 1);
        }
        let mut len = 0;
        put_lines(DATA_JOINT, text, &mut |bytes| len += bytes.len());
        len
    }

    /// The only description of the canonical form.
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

    /// The end of the last line of data, and everything after the data.
    pub(crate) fn put_end(&self, put: &mut impl FnMut(&[u8])) {
        put(b"\n");
        self.put_tail(put);
    }

    /// Everything after the data.
    fn put_tail(&self, put: &mut impl FnMut(&[u8])) {
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
