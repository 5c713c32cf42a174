//! [`copy_data`]: a tokio reader as the data of one event. Feature `async_io`.

use alloc::vec;
use alloc::vec::Vec;
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::block::Block;
use crate::stream::DataStream;

/// Bytes asked of the reader at a time. What is written for them is at most seven times as much:
/// each may be a line break, and becomes `"\ndata: "`.
const READ: usize = 8 * 1024;

/// Writes one event whose data is all that `reader` gives, in constant memory, and returns how
/// many bytes that was.
///
/// `block` has the other fields; its data, if it has any, comes first. The bytes are those that
/// [`Block::encode`] gives for the same data. At the end the blank line is written and `writer`
/// flushed.
///
/// # Errors
/// Those of the reader and the writer, and `InvalidData`, with an
/// [`InvalidUtf8`](crate::InvalidUtf8) inside, for bytes that are not UTF-8.
///
/// After an error, or if the future is dropped, the event is unfinished, and the receiver never
/// dispatches it. **The writer cannot carry another block then**: the format has no way to take
/// back a field, so its lines would be read together with the half that was sent. Close the
/// connection.
///
/// ```
/// use esse_encoder::{Block, EventType, copy_data};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let mut file = "two\nlines".as_bytes();
/// let mut stream = Vec::new();
/// let block = Block::event("").event_type(EventType::from_static("file"));
/// copy_data(&mut file, &mut stream, &block).await?;
/// assert_eq!(stream, b"event: file\ndata: two\ndata: lines\n\n");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn copy_data<R, W>(reader: &mut R, writer: &mut W, block: &Block<'_>) -> io::Result<u64>
where
    R: AsyncRead + Unpin + ?Sized,
    W: AsyncWrite + Unpin + ?Sized,
{
    let mut read = vec![0; READ];
    let mut ready = Vec::new();
    let mut data = DataStream::start(block, &mut ready);
    let mut copied = 0;
    loop {
        let count = reader.read(&mut read).await?;
        if count == 0 {
            break;
        }
        data.pass(&read[..count], |part| {
            ready.extend_from_slice(part);
            Ok(())
        })?;
        writer.write_all(&ready).await?;
        ready.clear();
        copied += count as u64;
    }
    ready.extend_from_slice(data.finish()?);
    writer.write_all(&ready).await?;
    writer.flush().await?;
    Ok(copied)
}
