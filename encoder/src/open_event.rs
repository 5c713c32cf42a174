//! `OpenEvent`: an event whose data is still arriving. Does no I/O; `DataWriter` and the tokio
//! adapter do.

use alloc::vec::Vec;
use core::convert::Infallible;
use std::io;

use crate::block::Block;
use crate::encode::{DATA_JOINT, DATA_START};
use crate::error::InvalidUtf8;
use crate::lines::Cutter;
use crate::utf8::Checker;

/// Longest write that takes the ASCII shortcut. `serde_json` writes a few bytes at a time; with the
/// shortcut its output streams in about half the time.
const SHORT: usize = 32;

/// An event that has begun. Only the bytes that `finish` returns end it.
#[derive(Debug)]
pub(crate) struct OpenEvent {
    checker: Checker,
    cutter: Cutter,
    /// The end of the last line, `id` and the blank line.
    end: Vec<u8>,
}

impl OpenEvent {
    /// Appends everything before the data, and the data that the block already has.
    pub(crate) fn start(block: &Block<'_>, out: &mut Vec<u8>) -> Self {
        block.put_head(&mut |bytes| out.extend_from_slice(bytes));
        out.extend_from_slice(DATA_START);
        let mut end = Vec::new();
        end.push(b'\n');
        block.put_tail(&mut |bytes| end.extend_from_slice(bytes));
        let mut event = Self {
            checker: Checker::default(),
            cutter: Cutter::default(),
            end,
        };
        if let Some(data) = &block.data {
            let Ok(()) = event.cut(data.as_bytes(), |part| {
                out.extend_from_slice(part);
                Ok::<(), Infallible>(())
            });
        }
        event
    }

    /// Puts the next bytes of the data, in parts, or nothing if they are not UTF-8.
    #[inline]
    pub(crate) fn pass(
        &mut self,
        bytes: &[u8],
        mut put: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        if is_short_and_plain(bytes) && self.checker.skip_ascii(bytes.len()) {
            self.cutter = Cutter::default();
            return put(bytes);
        }
        self.checker.check(bytes)?;
        self.cut(bytes, put)
    }

    fn cut<E>(
        &mut self,
        bytes: &[u8],
        mut put: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for piece in self.cutter.pieces(bytes) {
            put(piece.text)?;
            if piece.ended {
                put(DATA_JOINT)?;
            }
        }
        Ok(())
    }

    /// The bytes that end the event.
    pub(crate) fn finish(&self) -> Result<&[u8], InvalidUtf8> {
        self.checker.finish()?;
        Ok(&self.end)
    }
}

/// Whether the write is short and printable ASCII, so that no character breaks a line.
fn is_short_and_plain(bytes: &[u8]) -> bool {
    // An empty write between CR and LF must leave the state of the cutter as it is.
    if bytes.is_empty() || bytes.len() > SHORT {
        return false;
    }
    // Without an early exit the compiler compares many bytes at once.
    let plain = |plain, byte: &u8| plain & (b' '..=b'~').contains(byte);
    bytes.iter().fold(true, plain)
}
