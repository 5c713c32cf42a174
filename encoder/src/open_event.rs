//! `OpenEvent`: an event whose data is still arriving. Does no I/O; `DataWriter` and the tokio
//! adapter do.

use core::convert::Infallible;
use std::io;

use crate::block::Block;
use crate::encode::{DATA_JOINT, DATA_START};
use crate::error::InvalidUtf8;
use crate::lines::{Cutter, plain_len};
use crate::utf8::Checker;

/// An event that has begun. `Block::put_end` has the bytes that end it.
#[derive(Debug, Default)]
pub(crate) struct OpenEvent {
    checker: Checker,
    cutter: Cutter,
}

impl OpenEvent {
    /// Puts everything before the data, and the data that the block already has.
    pub(crate) fn start(&mut self, block: &Block<'_>, put: &mut impl FnMut(&[u8])) {
        block.put_head(put);
        put(DATA_START);
        if let Some(data) = &block.data {
            let Ok(()) = self.cut(data.as_bytes(), &mut |part: &[u8]| {
                put(part);
                Ok::<(), Infallible>(())
            });
        }
    }

    /// Puts the next bytes of the data, in parts. Fails if they are not UTF-8.
    #[inline]
    pub(crate) fn pass(
        &mut self,
        bytes: &[u8],
        mut put: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut rest = bytes;
        let plain = plain_len(bytes);
        if self.checker.skip(plain) {
            rest = self.pass_plain(bytes, plain, &mut put)?;
        }
        if rest.is_empty() {
            return Ok(());
        }
        self.checker.check(rest)?;
        self.cut(rest, &mut put)
    }

    /// Like `pass`, without a check of what is known to be UTF-8.
    #[inline]
    pub(crate) fn pass_text(
        &mut self,
        text: &str,
        mut put: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        if !self.checker.skip(text.len()) {
            return self.pass(text.as_bytes(), put);
        }
        let rest = self.pass_plain(text.as_bytes(), plain_len(text.as_bytes()), &mut put)?;
        self.cut(rest, &mut put)
    }

    /// Puts `count` bytes that are ASCII without a line break, and returns those after them.
    #[inline]
    fn pass_plain<'a>(
        &mut self,
        bytes: &'a [u8],
        count: usize,
        put: &mut impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<&'a [u8]> {
        let (plain, rest) = bytes.split_at(count);
        // An empty write between CR and LF must leave the state of the cutter as it is.
        if !plain.is_empty() {
            self.cutter = Cutter::default();
            put(plain)?;
        }
        Ok(rest)
    }

    fn cut<E>(
        &mut self,
        bytes: &[u8],
        put: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for piece in self.cutter.pieces(bytes) {
            put(piece.text)?;
            if piece.ended {
                put(DATA_JOINT)?;
            }
        }
        Ok(())
    }

    /// Fails if the data ended inside a character.
    pub(crate) fn finish(&self) -> Result<(), InvalidUtf8> {
        self.checker.finish()
    }
}
