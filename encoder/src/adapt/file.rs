//! [`FileChunks`]: a file as the source of an `EventBody`. Feature `file`.

use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// The length of a chunk. A longer one does not stay in the processor's cache until it is sent.
const CHUNK: usize = 64 * 1024;

/// The content of a file, as a [`Stream`] of chunks of at most 64 KiB: a source for
/// [`Block::to_body`](crate::Block::to_body). Needs the feature `file`, and a runtime of tokio.
///
/// The file is opened when the stream is first polled. It is read in tokio's threads for blocking
/// work, except that on Linux, what the page cache has is read without a change of threads. The
/// buffer is used again once its chunk has been dropped.
///
/// ```
/// use std::io::Write;
///
/// use esse_encoder::{Block, FileChunks};
/// use http_body_util::BodyExt;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let mut file = tempfile::NamedTempFile::new()?;
/// file.write_all(b"two\nlines")?;
/// let body = Block::new().to_body(FileChunks::of(file.path()));
/// assert_eq!(body.collect().await?.to_bytes(), "data: two\ndata: lines\n\n");
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a stream does nothing unless it is polled"]
pub struct FileChunks(State);

#[derive(Debug)]
enum State {
    Closed(PathBuf),
    /// Another thread reads. It returns how much.
    Waiting(JoinHandle<io::Result<(Reader, usize)>>),
    Open(Reader),
    Ended,
}

#[derive(Debug)]
struct Reader {
    file: File,
    /// As long as a chunk, unless it is empty.
    buffer: Bytes,
}

impl FileChunks {
    /// The content of the file at this path.
    pub fn of(path: impl AsRef<Path>) -> Self {
        Self(State::Closed(path.as_ref().into()))
    }

    /// Goes on until the stream waits or has a result.
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        loop {
            // An error ends the stream.
            match mem::replace(&mut self.0, State::Ended) {
                State::Closed(path) => self.wait_for(move || Reader::open(&path)?.read())?,
                State::Open(mut reader) => match reader.read_cached() {
                    Some(length) => {
                        let chunk = reader.buffer.slice(..length);
                        self.0 = State::Open(reader);
                        return Poll::Ready(Ok(Some(chunk)));
                    }
                    None => self.wait_for(move || reader.read())?,
                },
                State::Waiting(mut reading) => {
                    let Poll::Ready(read) = Pin::new(&mut reading).poll(cx) else {
                        self.0 = State::Waiting(reading);
                        return Poll::Pending;
                    };
                    let (reader, length) = read.map_err(io::Error::other)??;
                    if length > 0 {
                        let chunk = reader.buffer.slice(..length);
                        self.0 = State::Open(reader);
                        return Poll::Ready(Ok(Some(chunk)));
                    }
                }
                State::Ended => return Poll::Ready(Ok(None)),
            }
        }
    }

    fn wait_for(
        &mut self,
        read: impl FnOnce() -> io::Result<(Reader, usize)> + Send + 'static,
    ) -> io::Result<()> {
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        self.0 = State::Waiting(runtime.spawn_blocking(read));
        Ok(())
    }
}

impl Stream for FileChunks {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        Poll::Ready(ready!(self.get_mut().poll_chunk(cx)).transpose())
    }
}

impl Reader {
    fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: File::open(path)?,
            buffer: Bytes::new(),
        })
    }

    fn read(mut self) -> io::Result<(Self, usize)> {
        let mut file = &self.file;
        let length = into_buffer(&mut self.buffer, |buffer| file.read(buffer))?;
        Ok((self, length))
    }

    /// Reads what needs no wait. `None` if that is nothing, or the end of the file: kernels 5.9 and
    /// 5.10 may report an end that is none.
    #[cfg(target_os = "linux")]
    fn read_cached(&mut self) -> Option<usize> {
        use rustix::io::{ReadWriteFlags, preadv2};
        use std::io::IoSliceMut;

        /// From where the last read ended.
        const CURRENT: u64 = u64::MAX;
        let file = &self.file;
        let read = into_buffer(&mut self.buffer, |buffer| {
            let slices = &mut [IoSliceMut::new(buffer)];
            Ok(preadv2(file, slices, CURRENT, ReadWriteFlags::NOWAIT)?)
        });
        read.ok().filter(|length| *length > 0)
    }

    #[cfg(not(target_os = "linux"))]
    fn read_cached(&mut self) -> Option<usize> {
        None
    }
}

/// Reads into the buffer, or into a new one if a part of its last chunk still exists.
fn into_buffer(
    buffer: &mut Bytes,
    read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
) -> io::Result<usize> {
    let mut bytes = match mem::take(buffer).try_into_mut() {
        Ok(bytes) if bytes.len() == CHUNK => bytes,
        _ => BytesMut::zeroed(CHUNK),
    };
    let length = read(&mut bytes);
    *buffer = bytes.freeze();
    length
}
