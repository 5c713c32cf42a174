//! For hyper: `CoalescedWrites`, for an accept loop of your own. Feature `hyper`.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};

/// Up to this size a copy costs less than a call with several slices.
const SMALL: usize = 4096;

/// A connection that writes small events in one piece.
///
/// hyper passes each event of a chunked response on as three slices: its length, the event, and the
/// end of the chunk. If they come to at most 4 KiB, they are copied together, on the stack. Larger
/// ones are written as slices, without a copy. Nothing is kept between two writes.
///
/// An accept loop like this one serves many subscribers better than `axum::serve`, which makes
/// connections that are ready for HTTP/2 and upgrades as well, and needs nearly twice the memory for
/// each. The service may be an `axum::Router`, through `hyper_util::service::TowerToHyperService`.
/// Unless you need the loop itself, the feature `serve` has a better one.
///
/// ```no_run
/// use std::convert::Infallible;
/// use std::time::Duration;
///
/// use esse_server::hyper::CoalescedWrites;
/// use esse_server::{Hub, Sink, response};
/// use hyper::server::conn::http1;
/// use hyper::service::service_fn;
/// use hyper_util::rt::{TokioIo, TokioTimer};
/// use tokio::net::TcpListener;
///
/// async fn serve(listener: TcpListener, hub: Hub) -> std::io::Result<()> {
///     let mut builder = http1::Builder::new();
///     // How much a connection holds for a client that does not read.
///     builder.max_buf_size(16 * 1024);
///     builder.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(10));
///     loop {
///         let (stream, _) = listener.accept().await?;
///         // An event does not wait until the one before it is acknowledged.
///         stream.set_nodelay(true)?;
///         let hub = hub.clone();
///         let service = service_fn(move |_| {
///             let body = Sink::new(hub.subscribe().open());
///             std::future::ready(Ok::<_, Infallible>(response(body)))
///         });
///         tokio::spawn(builder.serve_connection(CoalescedWrites::new(TokioIo::new(stream)), service));
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct CoalescedWrites<I>(I);

impl<I> CoalescedWrites<I> {
    /// Writes to this connection.
    pub const fn new(io: I) -> Self {
        Self(io)
    }

    /// Returns the connection.
    pub fn into_inner(self) -> I {
        self.0
    }
}

impl<I: Write + Unpin> Write for CoalescedWrites<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let io = Pin::new(&mut self.0);
        let mut room = [0; SMALL];
        match join(slices, &mut room) {
            Some(joined) => io.poll_write(cx, joined),
            None => io.poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// All of the slices in one piece, if they fit.
fn join<'r>(slices: &[IoSlice<'_>], room: &'r mut [u8]) -> Option<&'r [u8]> {
    let mut length = 0;
    for slice in slices {
        let end = length + slice.len();
        room.get_mut(length..end)?.copy_from_slice(slice);
        length = end;
    }
    Some(&room[..length])
}

impl<I: Read + Unpin> Read for CoalescedWrites<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_executor::block_on;

    use super::*;

    /// Takes everything that is written, and records each call: how many slices, how many bytes.
    #[derive(Default)]
    struct Calls(Vec<(usize, usize)>);

    impl Write for Calls {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.0.push((1, bytes.len()));
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let length = slices.iter().map(|slice| slice.len()).sum();
            self.0.push((slices.len(), length));
            Poll::Ready(Ok(length))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn write(lengths: [usize; 3]) -> (usize, usize) {
        let data = lengths.map(|length| vec![b'x'; length]);
        let slices = [0, 1, 2].map(|index: usize| IoSlice::new(&data[index]));
        let mut io = CoalescedWrites::new(Calls::default());
        let written = block_on(poll_fn(|cx| {
            Pin::new(&mut io).poll_write_vectored(cx, &slices)
        }));
        let calls = io.into_inner().0;
        assert_eq!(calls.len(), 1);
        assert_eq!(written.unwrap(), calls[0].1);
        calls[0]
    }

    #[test]
    fn what_is_small_goes_out_in_one_piece() {
        assert_eq!(write([5, 300, 2]), (1, 307));
        assert_eq!(write([6, SMALL - 8, 2]), (1, SMALL));
        assert_eq!(write([0, 0, 0]), (1, 0));
    }

    #[test]
    fn what_is_large_is_not_copied() {
        assert_eq!(write([7, SMALL - 8, 2]), (3, SMALL + 1));
        assert_eq!(write([8, 1 << 20, 2]), (3, (1 << 20) + 10));
    }

    #[test]
    fn pieces_are_joined_in_order() {
        let slices = ["3\r\n", "abc", "\r\n"].map(|text| IoSlice::new(text.as_bytes()));
        let mut room = [0; SMALL];
        assert_eq!(join(&slices, &mut room), Some(&b"3\r\nabc\r\n"[..]));
    }
}
