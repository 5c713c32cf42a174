//! Readers and writers that count, cut and fail.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::rc::Rc;

use esse_encoder::Block;
pub(crate) use esse_testkit::cycled as cut;

/// Streams `data` in writes of these sizes, used in a cycle.
pub(crate) fn streamed(block: &Block<'_>, data: &[u8], sizes: &[usize]) -> io::Result<Vec<u8>> {
    let mut writer = block.data_writer(Vec::new());
    for write in cut(data, sizes) {
        // Not `write_all`, which skips empty writes.
        assert_eq!(writer.write(write)?, write.len());
    }
    writer.finish()
}

/// The bytes and calls that reached the other side of a [`Line`].
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) bytes: Vec<u8>,
    pub(crate) writes: usize,
    pub(crate) flushes: usize,
}

/// A connection whose other side the test can inspect.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(pub(crate) Rc<RefCell<Received>>);

impl Line {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.borrow().bytes.clone()
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut received = self.0.borrow_mut();
        received.writes += 1;
        received.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().flushes += 1;
        Ok(())
    }
}

/// Returns the bytes, then fails.
pub(crate) struct BrokenReader<'a>(pub(crate) &'a [u8]);

impl Read for BrokenReader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return Err(io::Error::other("the source broke"));
        }
        self.0.read(buf)
    }
}
