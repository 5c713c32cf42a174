//! [`Block::copy_data`]: a tokio reader as the data of one event. Feature `tokio`.

use alloc::vec;
use alloc::vec::Vec;
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::block::Block;
use crate::open_event::OpenEvent;

/// Bytes to read at a time. The output for them is at most seven times as long, because each byte
/// may be a line break, which becomes `"\ndata: "`.
const READ: usize = 8 * 1024;

impl Block<'_> {
    /// Writes one event with the fields of this block, whose data is everything that `reader`
    /// returns. Returns the number of bytes read. Needs the feature `tokio`.
    ///
    /// If the block already has data, the reader continues it. The output is what
    /// [`encode`](Self::encode) produces for the same data; the memory needed is constant. At the
    /// end the blank line is written and `writer` is flushed.
    ///
    /// # Errors
    /// Those of the reader and the writer, and `InvalidData`, with an
    /// [`InvalidUtf8`](crate::InvalidUtf8) inside, for bytes that are not UTF-8.
    ///
    /// After an error, or if the future is dropped, the event is unfinished, and the receiver never
    /// dispatches it. **The writer cannot carry another block after that.** The format has no way
    /// to take back a field, so the lines of the next block would be added to the half that was
    /// sent. Close the connection.
    ///
    /// ```
    /// use esse_encoder::{Block, EventType};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let mut file = "two\nlines".as_bytes();
    /// let mut stream = Vec::new();
    /// let block = Block::new().event_type(EventType::from_static("file"));
    /// block.copy_data(&mut file, &mut stream).await?;
    /// assert_eq!(stream, b"event: file\ndata: two\ndata: lines\n\n");
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn copy_data<R, W>(&self, reader: &mut R, writer: &mut W) -> io::Result<u64>
    where
        R: AsyncRead + Unpin + ?Sized,
        W: AsyncWrite + Unpin + ?Sized,
    {
        let mut read = vec![0; READ];
        let mut ready = Vec::new();
        let mut event = OpenEvent::default();
        event.start(self, &mut |part| ready.extend_from_slice(part));
        let mut copied = 0;
        loop {
            let count = reader.read(&mut read).await?;
            if count == 0 {
                break;
            }
            event.pass(&read[..count], |part| {
                ready.extend_from_slice(part);
                Ok(())
            })?;
            writer.write_all(&ready).await?;
            ready.clear();
            copied += count as u64;
        }
        event.finish()?;
        self.put_end(&mut |part| ready.extend_from_slice(part));
        writer.write_all(&ready).await?;
        writer.flush().await?;
        Ok(copied)
    }
}
