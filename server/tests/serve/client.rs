//! A server for a test, and a client that sees every byte.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use esse_server::metrics::Metrics as HubMetrics;
use esse_server::serve::{Metrics, MetricsHandle, Serve};
use esse_server::{Hub, LastEventId, Sink, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::sleep;

pub(crate) const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

pub(crate) struct Server {
    pub(crate) hub: Hub,
    pub(crate) at: SocketAddr,
    pub(crate) metrics: MetricsHandle,
    serving: JoinHandle<io::Result<()>>,
    stop: oneshot::Sender<()>,
}

/// Every path is the hub's stream, from the last event ID on.
pub(crate) fn streams(hub: &Hub) -> Router {
    let hub = hub.clone();
    let events = async move |id: LastEventId| {
        Sink::new(hub.subscribe().owner("ada").last_event_id(id).open())
    };
    Router::new().fallback(get(events))
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(Hub::new(), streams, |serve| serve).await
    }

    pub(crate) async fn start_hub(hub: Hub) -> Self {
        Self::start_with(hub, streams, |serve| serve).await
    }

    pub(crate) async fn start_app(app: impl FnOnce(&Hub) -> Router) -> Self {
        Self::start_with(Hub::new(), app, |serve| serve).await
    }

    pub(crate) async fn start_set(set: impl FnOnce(Serve<Router>) -> Serve<Router>) -> Self {
        Self::start_with(Hub::new(), streams, set).await
    }

    pub(crate) async fn start_with(
        hub: Hub,
        app: impl FnOnce(&Hub) -> Router,
        set: impl FnOnce(Serve<Router>) -> Serve<Router>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server = serve(listener, app(&hub)).hub(&hub);
        let server = set(server.until(async { stopped.await.unwrap() }));
        Self {
            metrics: server.metrics(),
            serving: tokio::spawn(server.into_future()),
            hub,
            at,
            stop,
        }
    }

    /// Stops it, and waits until it has ended.
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.serving.await.unwrap().unwrap();
    }

    /// Drops it while it runs.
    pub(crate) async fn abort(&mut self) {
        self.serving.abort();
        let ended = (&mut self.serving).await;
        assert!(ended.unwrap_err().is_cancelled());
    }

    pub(crate) async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.at).await.unwrap())
    }

    /// Everything that comes back, up to the end of the connection.
    pub(crate) async fn answer(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut client = self.connect().await;
        client.send(bytes).await;
        client.rest().await
    }

    /// A client whose stream has begun.
    pub(crate) async fn subscribe(&self) -> Client {
        self.subscribe_with(GET).await
    }

    pub(crate) async fn subscribe_with(&self, head: &str) -> Client {
        let mut client = self.connect().await;
        client.send(head).await;
        client.until(": \n\n").await;
        client
    }

    /// Waits for something that the hub does by itself.
    pub(crate) async fn until(&self, holds: impl Fn(&HubMetrics) -> bool) {
        while !holds(&self.hub.metrics()) {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// The same for the connections.
    pub(crate) async fn until_serve(&self, holds: impl Fn(&Metrics) -> bool) {
        while !holds(&self.metrics.read()) {
            sleep(Duration::from_millis(1)).await;
        }
    }
}

pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Reads up to the end of this text.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        let mut read = Vec::new();
        while !read.ends_with(end.as_bytes()) {
            let byte = self.0.read_u8().await;
            read.push(byte.unwrap_or_else(|error| {
                panic!("{error} after {:?}", String::from_utf8_lossy(&read))
            }));
        }
        String::from_utf8(read).unwrap()
    }

    /// Reads to the end of the connection, even if it is cut off.
    pub(crate) async fn rest(&mut self) -> String {
        let (mut read, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
        while let Ok(count @ 1..) = self.0.read(&mut buffer).await {
            read.extend_from_slice(&buffer[..count]);
        }
        String::from_utf8(read).unwrap()
    }
}

/// The body of a whole chunked response. Panics unless the framing is right to the byte.
pub(crate) fn unchunked(mut body: &str) -> String {
    let mut data = String::new();
    loop {
        let (size, after) = body.split_once("\r\n").expect("a size line");
        let size = usize::from_str_radix(size, 16).expect("a size");
        if size == 0 {
            assert_eq!(after, "\r\n", "nothing comes after the last chunk");
            return data;
        }
        data.push_str(&after[..size]);
        body = after[size..].strip_prefix("\r\n").expect("the chunk's end");
    }
}

/// The head, and what follows it.
pub(crate) fn split(answer: &str) -> (&str, &str) {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
    (head, body)
}

pub(crate) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).expect("a status line")
}
