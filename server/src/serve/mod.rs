//! Accepts connections, serves an application on them, and parks event streams. Feature `serve`.

mod accept;
mod connection;
pub(crate) mod current;
mod head;
mod limits;
mod metrics;
mod output;
mod parking;
mod request_body;
mod response_head;
mod stall_timeout;
mod stop;
mod streams;
mod unparked;
mod writes;
mod written_first;

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use limits::Limits;
use metrics::Counts;
pub use metrics::{Metrics, MetricsHandle};
use parking::{Parking, Patience};
pub use request_body::RequestBody;
pub use stall_timeout::StallTimeout;
use stop::Stop;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_service::Service;

use crate::hub::Hub;
use crate::keep_alive::KEEP_ALIVE_INTERVAL;
use crate::source::BoxError;

/// Accepts connections and serves `app` on them, such as an `axum::Router`. Await it to start; it
/// ends after Ctrl-C.
///
/// It does what a server of event streams needs, and what is easily forgotten:
/// - Events are sent at once (`TCP_NODELAY`), and those that are ready together in one write.
/// - Keep-alives run for the [hubs](Serve::hub) that you name.
/// - It stops in bounded time: hubs are drained, responses end, and what is left is cut off.
/// - Clients that send their request slowly, or that take nothing, are disconnected.
/// - The number of connections is limited, in all and for each address if you like.
///
/// # Parking
/// A connection that waits for events needs no task. If the answer to the first request of a
/// connection is an event stream, the connection is *parked*: it is polled by a task that serves
/// many of them, and an idle subscriber costs about a kilobyte. When the stream ends, the connection
/// is closed.
///
/// What is parked: the response to a `GET` in HTTP/1.1 without a body and without `Upgrade`, with
/// status 200, if it was made by [`response`](crate::response()), as every [`Sink`](crate::Sink) in
/// axum is. The layers of the application stay in place.
///
/// What is not: everything else, such as other routes, HTTP/2, HTTP/1.0 (which old versions of nginx
/// speak by default: set `proxy_http_version 1.1`), compressed streams, and streams that are not the
/// first response of their connection. hyper serves these, exactly as it would without parking. They
/// only cost more memory.
///
/// A parked stream is polled together with others, so polling it must not block, as anywhere in
/// async code.
///
/// # The address of the client
/// It is in the extensions of each request, as a `SocketAddr`. In axum the extractor is
/// `Extension<SocketAddr>`, not `ConnectInfo`.
///
/// # Upgrades
/// After an upgrade over HTTP/1.1, as of a WebSocket, the connection is the application's. It still
/// counts as one that is open. But the server does not wait for it when it stops, and does not close
/// it: the application must.
///
/// # TLS
/// A listener is a TCP port. For TLS put a proxy in front.
///
/// ```
/// use axum::Router;
/// use axum::extract::State;
/// use axum::routing::get;
/// use esse_server::{Hub, LastEventId, Sink, Subscriber, serve};
/// use tokio::net::TcpListener;
///
/// async fn events(State(hub): State<Hub>, id: LastEventId) -> Sink<Subscriber> {
///     Sink::new(hub.subscribe().last_event_id(id).open())
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let hub = Hub::new();
/// let app = Router::new().route("/events", get(events)).with_state(hub.clone());
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// # let stop = std::future::ready(());
/// serve(listener, app)
///     .hub(&hub)
///     .until(stop) // without this: until Ctrl-C
///     .await
/// # }).unwrap();
/// ```
pub fn serve<A>(listener: TcpListener, app: A) -> Serve<A> {
    Serve {
        listener,
        app,
        hubs: Vec::new(),
        until: None,
        settings: Settings {
            patience: Patience {
                stalled_after: Duration::from_secs(30),
                close_within: Duration::from_secs(5),
            },
            head_within: Duration::from_secs(10),
            drain_within: Duration::from_secs(5),
            keep_alive: KEEP_ALIVE_INTERVAL,
        },
        metrics: MetricsHandle {
            limits: Limits::new(65_536),
            counts: Arc::default(),
        },
    }
}

/// A server that is about to start, made by [`serve`](serve()). Await it.
#[must_use = "a server does nothing unless it is awaited"]
pub struct Serve<A> {
    listener: TcpListener,
    app: A,
    hubs: Vec<Hub>,
    until: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    settings: Settings,
    metrics: MetricsHandle,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    patience: Patience,
    head_within: Duration,
    drain_within: Duration,
    keep_alive: Duration,
}

/// What all connections of a server share.
struct Shared {
    settings: Settings,
    counts: Arc<Counts>,
    limits: Arc<Limits>,
    parking: Parking,
    stop: watch::Receiver<Stop>,
}

/// A service that [`serve`](serve()) can serve. Every service with these types is one.
pub trait Application:
    Service<
        Request<RequestBody>,
        Response = Response<Self::Body>,
        Error: Into<BoxError>,
        Future: Send,
    > + Clone
    + Send
    + 'static
{
    /// The body of its responses.
    type Body: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static;
}

impl<A, B> Application for A
where
    A: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
    A::Error: Into<BoxError>,
    A::Future: Send,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Body = B;
}

impl<A> Serve<A> {
    /// A hub whose subscribers are served here. Its keep-alives run while the server does, and it is
    /// drained when the server stops. Several hubs may be named.
    pub fn hub(mut self, hub: &Hub) -> Self {
        self.hubs.push(hub.clone());
        self
    }

    /// How long a stream of the hubs may be silent before a comment is sent. Default:
    /// [`KEEP_ALIVE_INTERVAL`].
    pub fn keep_alive(mut self, interval: Duration) -> Self {
        self.settings.keep_alive = interval;
        self
    }

    /// Stops when this future is ready. Default: Ctrl-C (SIGINT), and SIGTERM on Unix. Once the server
    /// has started, these signals no longer end the process.
    ///
    /// To send a last block to all subscribers, call [`Hub::drain_with`] at the end of the future.
    pub fn until(mut self, stop: impl Future<Output = ()> + Send + 'static) -> Self {
        self.until = Some(Box::pin(stop));
        self
    }

    /// How long open responses may take to their end after the server was stopped. Default: 5 s.
    /// Then the hubs are closed, and a second later all connections that were not upgraded.
    pub fn drain_within(mut self, limit: Duration) -> Self {
        self.settings.drain_within = limit;
        self
    }

    /// How long a client may take to send the complete head of a request, from when it was accepted
    /// or its last response has ended. Default: 10 s. Then the connection is closed, with status 408
    /// for the first request over HTTP/1.
    ///
    /// So this is also how long a connection may be idle between two requests. Over HTTP/2 it is idle
    /// while none of its streams is open, and the client gets a GOAWAY. Then it has
    /// [`stalled_after`](Self::stalled_after) for the last bytes of its responses.
    ///
    /// Over HTTP/1.1 a head of more than 16 KiB, or of more than 100 fields, is answered with status 431.
    pub fn head_within(mut self, limit: Duration) -> Self {
        self.settings.head_within = limit;
        self
    }

    /// How long a client may take nothing at all while there is something to send. Default: 30 s.
    /// After that it is disconnected. Over HTTP/2 a stream is ended if its client has left its window
    /// closed for so long, or has taken less than 16 KiB of what waits. A parked subscriber or such a
    /// stream is counted as [`stalled`](crate::metrics::Closed::stalled). If clients hold
    /// [too much](crate::HubBuilder::hold_bytes), the slowest are disconnected earlier.
    pub fn stalled_after(mut self, limit: Duration) -> Self {
        self.settings.patience.stalled_after = limit;
        self
    }

    /// How long a client may take to close the connection after its stream has ended. Default: 5 s.
    pub fn close_within(mut self, limit: Duration) -> Self {
        self.settings.patience.close_within = limit;
        self
    }

    /// How many connections may be open at once. Default: 65,536. Further ones get status 503.
    ///
    /// The system limits open files too. Set that limit well above this one.
    pub fn max_connections(self, limit: usize) -> Self {
        self.metrics.limits.set_total(limit);
        self
    }

    /// How many connections may come from one address at once. Default: as many as from all.
    /// Further ones get status 429. An IPv6 network of 64 bits counts as one address.
    ///
    /// Behind a proxy all connections come from the address of the proxy, so set no limit there.
    pub fn max_connections_per_address(self, limit: usize) -> Self {
        self.metrics.limits.set_per_address(limit);
        self
    }

    /// Reads the counters while the server runs.
    pub fn metrics(&self) -> MetricsHandle {
        self.metrics.clone()
    }
}

impl<A: Application> IntoFuture for Serve<A> {
    type Output = io::Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

    /// Serves, and returns when the last connection has ended. Dropping the future closes all
    /// connections. Connections that were upgraded are neither waited for nor closed.
    ///
    /// # Errors
    /// If the signals that stop it cannot be caught. Nothing else ends a server: if a connection
    /// cannot be accepted, it tries again.
    ///
    /// # Panics
    /// When polled outside a tokio runtime with I/O and time enabled.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(accept::run(self))
    }
}

impl<A> fmt::Debug for Serve<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve")
            .field("listener", &self.listener)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
