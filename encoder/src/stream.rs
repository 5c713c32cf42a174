//! The data of one event as it comes: what `DataWriter` and the `async_io` adapter share. Does no
//! I/O.

use alloc::vec::Vec;
use core::convert::Infallible;
use std::io;

use crate::block::Block;
use crate::encode::{DATA_JOINT, DATA_START};
use crate::error::InvalidUtf8;
use crate::lines::Cutter;
use crate::utf8::Checker;

/// The longest write that is looked at by hand, before the checks that are made for long ones.
/// `serde_json` writes a few bytes at a time: with this its output streams in about half the
/// time.
const SHORT: usize = 32;

/// An event that has begun. Only the bytes that `finish` gives end it.
#[derive(Debug)]
pub(crate) struct DataStream {
    checker: Checker,
    cutter: Cutter,
    /// The end of the last line, `id`, and the blank line.
    end: Vec<u8>,
}

impl DataStream {
    /// Appends all that comes before the data, and the data that the block has.
    pub(crate) fn start(block: &Block<'_>, out: &mut Vec<u8>) -> Self {
        block.put_head(&mut |bytes| out.extend_from_slice(bytes));
        out.extend_from_slice(DATA_START);
        let mut end = Vec::new();
        end.push(b'\n');
        block.put_tail(&mut |bytes| end.extend_from_slice(bytes));
        let mut stream = Self {
            checker: Checker::default(),
            cutter: Cutter::default(),
            end,
        };
        if let Some(data) = &block.data {
            let Ok(()) = stream.cut(data.as_bytes(), |part| {
                out.extend_from_slice(part);
                Ok::<(), Infallible>(())
            });
        }
        stream
    }

    /// Puts the next bytes of the data, in parts. Nothing is put if they are not UTF-8.
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

/// Printable ASCII: one-byte characters, none of which breaks a line.
fn is_short_and_plain(bytes: &[u8]) -> bool {
    // An empty write must not pass for the end of a CRLF that is cut there.
    if bytes.is_empty() || bytes.len() > SHORT {
        return false;
    }
    // No early exit: so the compiler compares many bytes at once.
    let plain = |plain, byte: &u8| plain & (b' '..=b'~').contains(byte);
    bytes.iter().fold(true, plain)
}
