//! `DataWriter`: the data of one event, written as it comes.

use alloc::vec::Vec;
use std::fmt;
use std::io::{self, Read, Write};

use crate::block::Block;
use crate::stream::DataStream;

/// Short lines are collected up to this many bytes before they are written.
const BUFFER: usize = 8 * 1024;

/// Writes the data of one event, of any size, in constant memory.
///
/// It is an [`io::Write`], so [`io::copy`] and `serde_json::to_writer` stream into it, and a
/// [`fmt::Write`] (import one of the two, or `write!` is ambiguous). What is written may be cut
/// anywhere: inside a CRLF, inside a character. The bytes are those that [`Block::encode`] gives
/// for the same data.
///
/// Short lines are collected in a buffer of 8 KiB; longer slices go to the writer as they are.
/// The writer must block until it has taken the bytes, as `write_all` asks of it.
///
/// # An unfinished event stays unfinished
/// Only [`finish`](Self::finish) ends the event. If the source of the data fails, do not call it:
/// drop the `DataWriter`, and the receiver never dispatches half an event. Dropping writes
/// nothing. After any error of a write (that of the inner writer, or data that is not UTF-8) all
/// further writes and `finish` fail too.
///
/// **The inner writer cannot carry another block after that**: the format has no way to take back
/// a field, so its lines would be read together with the half that was sent. Close the connection.
///
/// ```
/// use std::io::Write;
/// use esse_encoder::{Block, DataWriter, EventId, EventType};
///
/// let block = Block::event("")
///     .event_type(EventType::from_static("report"))
///     .id(EventId::from(7));
/// let mut writer = DataWriter::new(Vec::new(), &block);
/// writer.write_all(b"first line\r")?;
/// writer.write_all(b"\nsecond line")?;
/// let stream = writer.finish()?;
/// assert_eq!(stream, b"event: report\ndata: first line\ndata: second line\nid: 7\n\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "without `finish` the receiver never dispatches the event"]
#[derive(Debug)]
pub struct DataWriter<W> {
    stream: DataStream,
    out: Buffered<W>,
    failed: bool,
    /// What `fmt::Write` could not report.
    cause: Option<io::Error>,
}

impl<W: Write> DataWriter<W> {
    /// Begins the event that `block` describes: its comments and fields, and its data, if it has
    /// any, as the start of the data. Most give [`Block::event("")`](Block::event); a
    /// [`Block::control`] does the same here. The block's own data is copied into the buffer.
    ///
    /// Writes nothing yet.
    ///
    /// ```
    /// use std::io::Write;
    /// use esse_encoder::{Block, DataWriter};
    ///
    /// let mut writer = DataWriter::new(Vec::new(), &Block::event("total: "));
    /// write!(writer, "{}", 42)?;
    /// assert_eq!(writer.finish()?, b"data: total: 42\n\n");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new(out: W, block: &Block<'_>) -> Self {
        let mut bytes = Vec::with_capacity(BUFFER);
        let stream = DataStream::start(block, &mut bytes);
        Self {
            stream,
            out: Buffered { bytes, out },
            failed: false,
            cause: None,
        }
    }

    /// Writes all that `reader` gives, and returns how many bytes that was. Unlike [`io::copy`],
    /// it remembers a failure of the reader: `finish` then fails too.
    ///
    /// # Errors
    /// Those of the reader, of the inner writer, and `InvalidData` for bytes that are not UTF-8.
    ///
    /// ```
    /// use esse_encoder::{Block, DataWriter};
    ///
    /// let mut file = "two\nlines".as_bytes();
    /// let mut writer = DataWriter::new(Vec::new(), &Block::event(""));
    /// assert_eq!(writer.copy_from(&mut file)?, 9);
    /// assert_eq!(writer.finish()?, b"data: two\ndata: lines\n\n");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn copy_from(&mut self, reader: &mut (impl Read + ?Sized)) -> io::Result<u64> {
        let copied = io::copy(reader, self);
        self.failed |= copied.is_err();
        copied
    }

    /// Ends the event: the end of its last line, its ID and the blank line are written at once,
    /// and the inner writer is flushed and given back.
    ///
    /// # Errors
    /// Those of the inner writer; `InvalidData` if the data ended inside a character; and
    /// whatever an earlier failure was, or that there was one. The inner writer is dropped then.
    ///
    /// ```
    /// use esse_encoder::{Block, DataWriter};
    ///
    /// let writer = DataWriter::new(Vec::new(), &Block::event(""));
    /// assert_eq!(writer.finish()?, b"data: \n\n");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn finish(mut self) -> io::Result<W> {
        self.unless_failed(|this| {
            this.out.put(this.stream.finish()?)?;
            this.out.flush()
        })?;
        Ok(self.out.out)
    }

    /// Marks the event as failed for as long as `step` runs, so that an error, and a panic of the
    /// inner writer too, leaves it so.
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

/// Bytes that are not UTF-8 are `InvalidData`, with an [`InvalidUtf8`](crate::InvalidUtf8) inside.
/// Its offset counts what was written here, without the data that the block had.
impl<W: Write> Write for DataWriter<W> {
    /// Takes all of `bytes` or fails.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_failed(|this| this.stream.pass(bytes, |part| this.out.put(part)))?;
        Ok(bytes.len())
    }

    /// Hands what was collected to the inner writer and flushes it. The event stays unfinished.
    fn flush(&mut self) -> io::Result<()> {
        self.unless_failed(|this| this.out.flush())
    }
}

/// The error that [`fmt::Error`] has no room for is what `finish` returns.
impl<W: Write> fmt::Write for DataWriter<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write_all(text.as_bytes()).map_err(|cause| {
            self.cause = Some(cause);
            fmt::Error
        })
    }
}

/// Like `io::BufWriter`, which cannot serve here: that one writes when it is dropped.
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
