//! `DataWriter`: writes the data of one event as it arrives.

use alloc::vec::Vec;
use std::fmt;
use std::io::{self, Read, Write};

use crate::block::Block;
use crate::open_event::OpenEvent;

/// Short lines are collected up to this many bytes before they are written.
const BUFFER: usize = 8 * 1024;

/// Writes the data of one event, of any size, in constant memory.
///
/// Created by [`Block::data_writer`]. It is an [`io::Write`], so [`io::copy`] and
/// `serde_json::to_writer` can write to it, and a [`fmt::Write`]. (Import only one of the two
/// traits, or `write!` is ambiguous.) Writes may end anywhere, even inside a CRLF or a character.
/// The output is what [`Block::encode`] produces for the same data.
///
/// Short lines are collected in a buffer of 8 KiB. Longer slices are passed on without a copy. The
/// inner writer must block until it has accepted the bytes, as `write_all` requires.
///
/// # An unfinished event stays unfinished
/// Only [`finish`](Self::finish) ends the event. If the source of the data fails, drop the
/// `DataWriter` without calling `finish`. Dropping it writes nothing, so the receiver never
/// dispatches half an event. After an error (of the inner writer, or because data is not UTF-8) all
/// further writes and `finish` fail too.
///
/// **The inner writer cannot carry another block after that.** The format has no way to take back a
/// field, so the lines of the next block would be added to the half that was sent. Close the
/// connection.
///
/// ```
/// use std::io::Write;
///
/// use esse_encoder::{Block, EventId, EventType};
///
/// let block = Block::new()
///     .event_type(EventType::from_static("report"))
///     .id(EventId::from(7));
/// let mut writer = block.data_writer(Vec::new());
/// writer.write_all(b"first line\r")?;
/// writer.write_all(b"\nsecond line")?;
/// let stream = writer.finish()?;
/// assert_eq!(stream, b"event: report\ndata: first line\ndata: second line\nid: 7\n\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "without `finish` the receiver never dispatches the event"]
#[derive(Debug)]
pub struct DataWriter<W> {
    event: OpenEvent,
    out: Buffered<W>,
    failed: bool,
    /// The error that `fmt::Write` could not report.
    cause: Option<io::Error>,
}

impl Block<'_> {
    /// Starts an event with the fields of this block, and returns a writer for its data.
    ///
    /// If the block already has data, the writer continues it. That data is copied. Nothing is
    /// written to `out` yet.
    ///
    /// ```
    /// use std::io::Write;
    ///
    /// use esse_encoder::Block;
    ///
    /// let mut writer = Block::event("total: ").data_writer(Vec::new());
    /// write!(writer, "{}", 42)?;
    /// assert_eq!(writer.finish()?, b"data: total: 42\n\n");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn data_writer<W: Write>(&self, out: W) -> DataWriter<W> {
        let mut bytes = Vec::with_capacity(BUFFER);
        let event = OpenEvent::start(self, &mut bytes);
        DataWriter {
            event,
            out: Buffered { bytes, out },
            failed: false,
            cause: None,
        }
    }
}

impl<W: Write> DataWriter<W> {
    /// Writes everything that `reader` returns, and returns the number of bytes.
    ///
    /// Unlike [`io::copy`], it remembers a failure of the reader, so that `finish` fails too.
    ///
    /// # Errors
    /// Those of the reader and of the inner writer, and `InvalidData` for bytes that are not UTF-8.
    ///
    /// ```
    /// use esse_encoder::Block;
    ///
    /// let mut file = "two\nlines".as_bytes();
    /// let mut writer = Block::new().data_writer(Vec::new());
    /// assert_eq!(writer.copy_from(&mut file)?, 9);
    /// assert_eq!(writer.finish()?, b"data: two\ndata: lines\n\n");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn copy_from(&mut self, reader: &mut (impl Read + ?Sized)) -> io::Result<u64> {
        let copied = io::copy(reader, self);
        self.failed |= copied.is_err();
        copied
    }

    /// Ends the event, and returns the inner writer.
    ///
    /// The end of the last line, the ID and the blank line are written at once, and the inner writer
    /// is flushed.
    ///
    /// # Errors
    /// Those of the inner writer, `InvalidData` if the data ended inside a character, or an error
    /// that says that an earlier write failed. The inner writer is dropped.
    pub fn finish(mut self) -> io::Result<W> {
        self.unless_failed(|this| {
            this.out.put(this.event.finish()?)?;
            this.out.flush()
        })?;
        Ok(self.out.out)
    }

    /// Marks the event as failed while `step` runs. An error, or a panic of the inner writer, leaves
    /// it marked.
    fn unless_failed(&mut self, step: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        if self.failed {
            return Err(self.cause.take().unwrap_or_else(failed_before));
        }
        self.failed = true;
        step(self)?;
        self.failed = false;
        Ok(())
    }
}

fn failed_before() -> io::Error {
    io::Error::other("the event stays unfinished: an earlier write failed")
}

/// Bytes that are not UTF-8 are an `InvalidData` error with an [`InvalidUtf8`](crate::InvalidUtf8)
/// inside. Its offset counts the bytes that were written, without the data that the block had.
impl<W: Write> Write for DataWriter<W> {
    /// Accepts all of `bytes` or fails.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_failed(|this| this.event.pass(bytes, |part| this.out.put(part)))?;
        Ok(bytes.len())
    }

    /// Passes the collected bytes to the inner writer and flushes it. The event stays unfinished.
    fn flush(&mut self) -> io::Result<()> {
        self.unless_failed(|this| this.out.flush())
    }
}

/// [`fmt::Error`] has no room for the cause of an error. `finish` returns it.
impl<W: Write> fmt::Write for DataWriter<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write_all(text.as_bytes()).map_err(|cause| {
            self.cause = Some(cause);
            fmt::Error
        })
    }
}

/// Like `io::BufWriter`, but dropping it does not write.
#[derive(Debug)]
struct Buffered<W> {
    bytes: Vec<u8>,
    out: W,
}

impl<W: Write> Buffered<W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.bytes.len() + bytes.len() > BUFFER {
            self.drain()?;
        }
        if bytes.len() >= BUFFER {
            return self.out.write_all(bytes);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn drain(&mut self) -> io::Result<()> {
        self.out.write_all(&self.bytes)?;
        self.bytes.clear();
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain()?;
        self.out.flush()
    }
}
