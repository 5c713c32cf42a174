//! `DataWriter`: writes the data of one event as it arrives.

use alloc::boxed::Box;
use core::cell::Cell;
use std::fmt;
use std::io::{self, Read, Write};

use crate::block::Block;
use crate::buffer::Buffer;
use crate::open_event::OpenEvent;

/// Writes the data of one event, of any size, in constant memory.
///
/// Created by [`Block::data_writer`]. It is an [`io::Write`], so [`io::copy`] and
/// `serde_json::to_writer` can write to it, and a [`fmt::Write`]. (Import only one of the two
/// traits, or `write!` is ambiguous.) Writes may end anywhere, even inside a CRLF or a character.
/// The output is what [`Block::encode`] produces for the same data.
///
/// Short lines are collected in a buffer of 8 KiB. Longer slices are passed on without a copy. The
/// inner writer must block until it has accepted the bytes, as `write_all` requires. The buffer is
/// the only allocation. After [`finish`](Self::finish) the thread keeps it for its next event.
///
/// Text that is written through `fmt::Write` is known to be UTF-8 and not checked again.
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
    state: Box<State>,
    out: W,
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
    #[inline]
    pub fn data_writer<W: Write>(&self, out: W) -> DataWriter<W> {
        DataWriter {
            state: State::start(self),
            out,
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
        self.state.failed |= copied.is_err();
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
    pub fn finish(self) -> io::Result<W> {
        let Self { mut state, mut out } = self;
        state.unless_failed(|state| {
            state.event.finish()?;
            state.buffer.finish(&mut out)?;
            out.flush()
        })?;
        state.leave();
        Ok(out)
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
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Self { state, out } = self;
        state.unless_failed(|state| state.pass(bytes, out))
    }

    /// Passes the collected bytes to the inner writer and flushes it. The event stays unfinished.
    fn flush(&mut self) -> io::Result<()> {
        let Self { state, out } = self;
        state.unless_failed(|state| state.flush(out))
    }
}

/// [`fmt::Error`] has no room for the cause of an error. `finish` returns it.
impl<W: Write> fmt::Write for DataWriter<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let Self { state, out } = self;
        let written = state.unless_failed(|state| state.pass_text(text, out));
        written.map_err(|cause| {
            state.cause = Some(cause);
            fmt::Error
        })
    }
}

std::thread_local! {
    /// What a finished event leaves to the next one of the thread: 8 KiB.
    ///
    /// Without it an event of 270 bytes takes six times as long, because the buffer is allocated and
    /// cleared. With a `Vec` that need not be cleared it takes 1.6 times as long, and with a buffer
    /// inside of `DataWriter` too, because that is copied when the writer is made and finished.
    static SPARE: Cell<Option<Box<State>>> = const { Cell::new(None) };
}

/// Everything but the inner writer, in one allocation, so that moving a `DataWriter` is cheap.
#[derive(Debug)]
struct State {
    event: OpenEvent,
    buffer: Buffer,
    failed: bool,
    /// The error that `fmt::Write` could not report.
    cause: Option<io::Error>,
}

impl State {
    /// With the buffer of an event that was finished, if there is one. It was not marked as failed.
    fn start(block: &Block<'_>) -> Box<Self> {
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        let mut state = spare.unwrap_or_else(Self::new);
        let Self { event, buffer, .. } = &mut *state;
        *event = OpenEvent::default();
        buffer.start(block);
        event.start(block, &mut |part| buffer.append(part, block));
        state
    }

    /// Not inlined, or each event would probe the stack for a copy of the buffer.
    #[cold]
    fn new() -> Box<Self> {
        Box::new(Self {
            event: OpenEvent::default(),
            buffer: Buffer::new(),
            failed: false,
            cause: None,
        })
    }

    /// Marks the event as failed while `step` runs. An error, or a panic of the inner writer, leaves
    /// it marked.
    #[inline]
    fn unless_failed(&mut self, step: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        if self.failed {
            return Err(self.cause.take().unwrap_or_else(failed_before));
        }
        self.failed = true;
        step(self)?;
        self.failed = false;
        Ok(())
    }

    #[inline]
    fn pass(&mut self, bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        let buffer = &mut self.buffer;
        self.event.pass(bytes, |part| buffer.put(part, out))
    }

    #[inline]
    fn pass_text(&mut self, text: &str, out: &mut impl Write) -> io::Result<()> {
        let buffer = &mut self.buffer;
        self.event.pass_text(text, |part| buffer.put(part, out))
    }

    fn flush(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.buffer.drain(out)?;
        out.flush()
    }

    /// Leaves the buffer to the next event of the thread.
    fn leave(self: Box<Self>) {
        if !self.buffer.is_large() {
            // While the thread ends, there is no next event.
            let _ = SPARE.try_with(|spare| spare.set(Some(self)));
        }
    }
}
