//! `Direct`: HTTP/1.1 for event streams alone, with no task and no buffer for a subscriber. Feature
//! `direct`.
// | file | its one job |
// |---|---|
// | head.rs, request.rs, bad_head.rs | a request from its bytes, or why not |
// | answer.rs, refusal.rs | the response to it |
// | framing.rs | frames with their chunk framing, written together |
// | input.rs | what clients send after the head |
// | connection.rs, stream.rs, farewell.rs | one connection: its head, its stream, its end |
// | context.rs | what all connections of a listener share |
// | driver.rs, wake.rs, timers.rs | all connections: which have something to do, or no time left |
// | metrics.rs | counters |

mod answer;
mod bad_head;
mod connection;
mod context;
mod driver;
mod farewell;
mod framing;
mod head;
mod input;
mod metrics;
mod refusal;
mod request;
mod stream;
mod timers;
mod wake;

use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::time::Duration;

use context::{ServeContext, Settings};
use driver::Driver;
use esse_encoder::Block;
use http::{Request, Response};
use metrics::Counts;
pub use metrics::Metrics;
pub use refusal::Refusal;
use tokio::net::TcpListener;
use tokio::task::unconstrained;

use crate::hub::Hub;
use crate::last_event_id::last_event_id;
use crate::response::response;
use crate::sink::EMPTY_COMMENT;
use crate::subscribe::Subscribe;

/// Serves event streams over HTTP/1.1 and nothing else, for a process or port that only fans out.
///
/// One task serves all connections of a listener. A subscriber has neither a task nor a buffer: it
/// costs its socket, its place in the hub's log, and one frame if a write stopped half-way. Events
/// that are ready together leave in one write.
///
/// A request is a `GET` or `HEAD` without a body, and every response is the last on its connection.
/// For TLS, HTTP/2 and other resources put a proxy in front, or use a [`Sink`](crate::Sink) in
/// another server.
///
/// A `Direct` is a handle of its hub. Clones share their [`metrics`](Self::metrics).
///
/// ```
/// use esse_encoder::Block;
/// use esse_server::direct::Direct;
/// use esse_server::{Hub, KEEP_ALIVE_INTERVAL, last_event_id, response};
/// use http::StatusCode;
/// use tokio::net::TcpListener;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let hub = Hub::new();
/// tokio::spawn(hub.keep_alive(KEEP_ALIVE_INTERVAL, tokio::time::sleep));
///
/// let direct = Direct::new(&hub).on_request(|hub, request| {
///     if request.uri().path() != "/events" {
///         return Err(StatusCode::NOT_FOUND.into());
///     }
///     let id = last_event_id(request.headers());
///     Ok(response(hub.subscribe().last_event_id(id)))
/// });
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let serving = tokio::spawn(direct.serve(listener));
///
/// hub.publish(Block::event("x"))?;
///
/// hub.close();
/// serving.await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
#[must_use]
pub struct Direct {
    settings: Settings,
    counts: Arc<Counts>,
}

impl Direct {
    /// Serves this hub until it is closed or drained. By default every request subscribes to
    /// everything after its `Last-Event-ID`.
    pub fn new(hub: &Hub) -> Self {
        Self {
            settings: Settings {
                hub: hub.clone(),
                on_request: Arc::new(subscribe_to_everything),
                head_bytes: 8 * 1024,
                head_fields: 64,
                head_within: Duration::from_secs(10),
                stalled_after: Duration::from_secs(30),
                close_within: Duration::from_secs(5),
                max_connections: 65_536,
                begin_with: EMPTY_COMMENT.clone(),
            },
            counts: Arc::default(),
        }
    }

    /// Decides what a request gets: a [`response`](crate::response()) around its subscriber, with
    /// more header fields if you like, or a [`Refusal`].
    ///
    /// The client's address is in the request's extensions, as a `SocketAddr`. The subscriber may
    /// belong to another hub, but the hub given to [`new`](Self::new) decides how long to serve.
    ///
    /// This is called from the task that serves everyone, so it must not block. If it panics, only
    /// this connection is closed.
    ///
    /// ```
    /// use std::net::SocketAddr;
    ///
    /// use esse_server::direct::{Direct, Refusal};
    /// use esse_server::{Hub, response};
    /// use http::{HeaderValue, StatusCode};
    ///
    /// let direct = Direct::new(&Hub::new()).on_request(|hub, request| {
    ///     let peer = request.extensions().get::<SocketAddr>();
    ///     if peer.is_none_or(|peer| !peer.ip().is_loopback()) {
    ///         return Err(Refusal::text(StatusCode::FORBIDDEN, "from this machine only"));
    ///     }
    ///     let mut response = response(hub.subscribe());
    ///     let anyone = HeaderValue::from_static("*");
    ///     response.headers_mut().insert("access-control-allow-origin", anyone);
    ///     Ok(response)
    /// });
    /// ```
    pub fn on_request<F>(mut self, decide: F) -> Self
    where
        F: Fn(&Hub, &Request<()>) -> Result<Response<Subscribe>, Refusal> + Send + Sync + 'static,
    {
        self.settings.on_request = Arc::new(decide);
        self
    }

    /// How many bytes the head of a request may have. Default: 8192. A longer one gets status 431,
    /// or 414 if its first line alone is longer.
    pub fn head_bytes(mut self, limit: usize) -> Self {
        self.settings.head_bytes = limit;
        self
    }

    /// How many header fields a request may have. Default: 64. A request with more gets status 431.
    pub fn head_fields(mut self, limit: usize) -> Self {
        self.settings.head_fields = limit;
        self
    }

    /// How long a client may take to send the complete head, from when it was accepted. Default:
    /// 10 s. A slower one gets status 408.
    pub fn head_within(mut self, limit: Duration) -> Self {
        self.settings.head_within = limit;
        self
    }

    /// How long a client may read nothing at all while there is something to send. Default: 30 s.
    /// After that it is disconnected and counted as
    /// [`stalled`](crate::metrics::Closed::stalled).
    pub fn stalled_after(mut self, limit: Duration) -> Self {
        self.settings.stalled_after = limit;
        self
    }

    /// How long a client may take to read its last bytes and close the connection, after its stream
    /// or refusal has ended or the hub was closed. Default: 5 s.
    pub fn close_within(mut self, limit: Duration) -> Self {
        self.settings.close_within = limit;
        self
    }

    /// How many connections may be open at once. Default: 65,536. Further ones get status 503.
    ///
    /// The system limits open files too. Set that limit well above this one.
    pub fn max_connections(mut self, limit: usize) -> Self {
        self.settings.max_connections = limit;
        self
    }

    /// What every stream begins with. Default: an empty comment, so that `onopen` fires before the
    /// first event.
    pub fn begin_with(mut self, block: &Block<'_>) -> Self {
        self.settings.begin_with = block.to_frame();
        self
    }

    /// Counters, and the number of connections right now.
    pub fn metrics(&self) -> Metrics {
        self.counts.read()
    }

    /// Accepts and serves connections until the hub is closed or drained, and then until the last
    /// connection has ended. After [`Hub::close`] that takes no longer than
    /// [`close_within`](Self::close_within). Dropping the future closes all connections.
    ///
    /// The future is one task, so it uses at most one core. To use more, serve clones of the
    /// listener:
    ///
    /// ```
    /// use esse_server::Hub;
    /// use esse_server::direct::Direct;
    /// use tokio::net::TcpListener;
    /// use tokio::task::JoinSet;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let hub = Hub::new();
    /// let direct = Direct::new(&hub);
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// listener.set_nonblocking(true)?;
    /// let mut tasks = JoinSet::new();
    /// for _ in 0..4 {
    ///     let listener = TcpListener::from_std(listener.try_clone()?)?;
    ///     tasks.spawn(direct.serve(listener));
    /// }
    /// hub.close();
    /// tasks.join_all().await;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Panics
    /// Outside a tokio runtime with its timer enabled.
    pub fn serve(&self, listener: TcpListener) -> impl Future<Output = ()> + Send + use<> {
        let context = ServeContext::new(self.settings.clone(), Arc::clone(&self.counts));
        async move {
            let mut driver = Driver::new(context, listener);
            // The driver limits itself, so tokio's budget must not interrupt it.
            unconstrained(poll_fn(|cx| driver.poll(cx))).await;
        }
    }
}

fn subscribe_to_everything(
    hub: &Hub,
    request: &Request<()>,
) -> Result<Response<Subscribe>, Refusal> {
    let id = last_event_id(request.headers());
    Ok(response(hub.subscribe().last_event_id(id)))
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Direct")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
