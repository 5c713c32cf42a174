//! A server whose listener and connections can be dropped at any moment and started again at the
//! same address, while its hub stays.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use esse_server::{Hub, Sink, response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// The events of a hub, at `/`.
pub(crate) fn stream_of(hub: &Hub) -> Router {
    Router::new()
        .route("/", get(events))
        .with_state(hub.clone())
}

/// The same, from the last event ID on.
#[cfg(feature = "axum")]
pub(crate) fn resuming_stream_of(hub: &Hub) -> Router {
    let hub = hub.clone();
    let events = async move |id: esse_server::LastEventId| {
        Sink::new(hub.subscribe().last_event_id(id).open())
    };
    Router::new().route("/", get(events))
}

pub(crate) async fn events(State(hub): State<Hub>) -> Response {
    response(Body::new(Sink::new(hub.subscribe().open())))
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) writes: Writes,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Speaks HTTP/1.1 and HTTP/2, whichever the client begins with.
    pub(crate) fn start(app: Router) -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into(), app)
    }

    pub(crate) fn start_at(address: SocketAddr, app: Router) -> Self {
        let http = auto::Builder::new(TokioExecutor::new());
        Self::listen(TcpSocket::new_v4().unwrap(), address, app, http)
    }

    /// A server with small buffers, so that little is under way to a client that does not read.
    pub(crate) fn start_with_small_buffers(app: Router) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_send_buffer_size(4096).unwrap();
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http1().max_buf_size(8192);
        Self::listen(socket, ([127, 0, 0, 1], 0).into(), app, http)
    }

    fn listen(socket: TcpSocket, address: SocketAddr, app: Router, http: Http) -> Self {
        socket.set_reuseaddr(true).unwrap();
        socket.bind(address).unwrap();
        let listener = socket.listen(1024).unwrap();
        let address = listener.local_addr().unwrap();
        let writes = Writes::default();
        let accepting = tokio::spawn(accept(listener, app, http, writes.clone()));
        Self {
            address,
            writes,
            accepting,
        }
    }

    /// Drops the listener and every connection at once.
    pub(crate) async fn stop(mut self) {
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

type Http = auto::Builder<TokioExecutor>;

async fn accept(listener: TcpListener, app: Router, http: Http, writes: Writes) {
    let mut connections = JoinSet::new();
    loop {
        let (io, _) = listener.accept().await.unwrap();
        io.set_nodelay(true).unwrap();
        let io = TokioIo::new(Counted {
            io,
            writes: writes.clone(),
        });
        let service = TowerToHyperService::new(app.clone());
        connections.spawn(http.serve_connection(io, service).into_owned());
    }
}

/// How many bytes each write to a connection took.
#[derive(Clone, Default)]
pub(crate) struct Writes(Arc<Mutex<Vec<usize>>>);

impl Writes {
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn note(&self, bytes: usize) {
        self.0.lock().unwrap().push(bytes);
    }
}

struct Counted {
    io: TcpStream,
    writes: Writes,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, bytes))?;
        self.writes.note(written);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write_vectored(cx, slices))?;
        self.writes.note(written);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
