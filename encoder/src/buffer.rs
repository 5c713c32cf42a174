//! `Buffer`: what a `DataWriter` has not written yet.

use alloc::vec::Vec;
use std::io::{self, Write};

use crate::block::Block;
use crate::encode::DATA_JOINT;

/// Short lines are collected up to this many bytes before they are written.
const SIZE: usize = 8 * 1024;

/// Like `io::BufWriter`, but dropping it does not write. It also keeps the end of the event.
#[derive(Debug)]
pub(crate) struct Buffer {
    /// The end of the event, then what waits to be written.
    bytes: [u8; SIZE],
    len: usize,
    /// The length of the end.
    end: usize,
    /// The end and what was appended, if it did not fit into `bytes`. Comes before `bytes`.
    large: Vec<u8>,
}

impl Buffer {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; SIZE],
            len: 0,
            end: 0,
            large: Vec::new(),
        }
    }

    /// Forgets everything, and keeps the end of this block.
    pub(crate) fn start(&mut self, block: &Block<'_>) {
        self.len = 0;
        self.large.clear();
        block.put_end(&mut |part| self.append(part, block));
        self.end = self.len + self.large.len();
    }

    /// Appends a part of the block itself, without writing.
    #[inline]
    pub(crate) fn append(&mut self, part: &[u8], block: &Block<'_>) {
        if self.is_large() || !self.fit(part) {
            self.append_large(part, block);
        }
    }

    #[cold]
    fn append_large(&mut self, part: &[u8], block: &Block<'_>) {
        if !self.is_large() {
            let len = block.encoded_len() + DATA_JOINT.len();
            self.large.reserve_exact(len);
            self.large.extend_from_slice(&self.bytes[..self.len]);
            self.len = 0;
        }
        self.large.extend_from_slice(part);
    }

    /// Passes the bytes on, or keeps them until there are more.
    #[inline]
    pub(crate) fn put(&mut self, bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        if self.fit(bytes) {
            return Ok(());
        }
        self.put_more(bytes, out)
    }

    #[cold]
    fn put_more(&mut self, bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        self.drain(out)?;
        if self.fit(bytes) {
            return Ok(());
        }
        out.write_all(bytes)
    }

    /// Writes what waits and the end.
    pub(crate) fn finish(&mut self, out: &mut impl Write) -> io::Result<()> {
        if self.is_large() {
            self.drain(out)?;
            return out.write_all(&self.large);
        }
        if self.end > SIZE - self.len {
            self.drain(out)?;
        }
        // In one write with what waits, unless the end is longer than half of the buffer.
        if self.end > SIZE - self.len {
            return out.write_all(&self.bytes[..self.end]);
        }
        self.bytes.copy_within(..self.end, self.len);
        self.len += self.end;
        out.write_all(&self.bytes[self.end..self.len])
    }

    /// Writes what waits.
    pub(crate) fn drain(&mut self, out: &mut impl Write) -> io::Result<()> {
        let mut kept = self.end;
        if self.is_large() {
            out.write_all(&self.large[self.end..])?;
            self.large.truncate(self.end);
            kept = 0;
        }
        out.write_all(&self.bytes[kept..self.len])?;
        self.len = kept;
        Ok(())
    }

    pub(crate) fn is_large(&self) -> bool {
        !self.large.is_empty()
    }

    #[inline]
    fn fit(&mut self, bytes: &[u8]) -> bool {
        let Some(room) = self.bytes.get_mut(self.len..self.len + bytes.len()) else {
            return false;
        };
        room.copy_from_slice(bytes);
        self.len += bytes.len();
        true
    }
}
