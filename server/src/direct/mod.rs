//! Direct mode: HTTP/1.1 for event streams alone, with no task and no buffer for a subscriber.
//! Feature `direct`.
//!
//! | file | its one job |
//! |---|---|
//! | head.rs, request.rs, bad_head.rs | a request from its bytes, or why not |
//! | answer.rs, refusal.rs | the response to it |
//! | framing.rs | frames and what HTTP puts around them, written together |
//! | connection.rs, stream.rs, farewell.rs | one connection: its head, its stream, its end |
//! | driver.rs, bell.rs, timers.rs | all connections: who has something to do, or no time left |
//! | meter.rs | what is counted |

mod answer;
mod bad_head;
mod bell;
mod connection;
mod driver;
mod farewell;
mod framing;
mod head;
mod input;
mod meter;
mod refusal;
mod request;
mod stream;
mod timers;

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use driver::Driver;
use esse_encoder::{Block, Frame};
use http::{Request, Response};
pub use meter::{Meter, Traffic};
pub use refusal::Refusal;
use tokio::net::TcpListener;
use tokio::task::unconstrained;

use crate::hub::Hub;
use crate::response::{last_event_id, response};
use crate::subscriber::{KEEP_ALIVE, Subscribe};

type OnRequest = dyn Fn(&Hub, &Request<()>) -> Result<Response<Subscribe>, Refusal> + Send + Sync;

/// Serves event streams over HTTP/1.1 and nothing else: for a process, or a port, that does nothing
/// but fan out.
///
/// One task serves all connections of a listener. For a subscriber there is neither a task nor a
/// buffer: its socket, its place in the hub's log, and, where a write stopped half-way, one frame.
/// Events that are there together leave in one write.
///
/// A request is `GET` or `HEAD`, without a body; every response is the last of its connection. TLS,
/// HTTP/2 and other resources are for a proxy in front, or for a server of the general kind with a
/// [`Sink`](crate::Sink).
///
/// ```
/// use esse_encoder::Block;
/// use esse_server::{Direct, Hub, KEEP_ALIVE_INTERVAL, Refusal, last_event_id, response};
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
///     let id = last_event_id(request.headers())?;
///     Ok(response(hub.subscribe().last_event_id(id)))
/// });
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let serving = tokio::spawn(direct.serve(listener));
///
/// // Wherever things happen:
/// hub.publish(Block::event("x"))?;
///
/// // At the end:
/// hub.close(None);
/// serving.await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
#[must_use]
pub struct Direct {
    hub: Hub,
    on_request: Arc<OnRequest>,
    settings: Settings,
    meter: Meter,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    head_bytes: usize,
    head_fields: usize,
    head_within: Duration,
    stalled_after: Duration,
    close_within: Duration,
    max_connections: usize,
    begin_with: Frame,
}

impl Direct {
    /// Serves this hub, until it is closed or drained: every request subscribes to everything, after
    /// its `Last-Event-ID`, unless [`on_request`](Self::on_request) says otherwise.
    ///
    /// ```
    /// let direct = esse_server::Direct::new(&esse_server::Hub::new());
    /// ```
    pub fn new(hub: &Hub) -> Self {
        Self {
            hub: hub.clone(),
            on_request: Arc::new(subscribe_to_everything),
            settings: Settings {
                head_bytes: 8 * 1024,
                head_fields: 64,
                head_within: Duration::from_secs(10),
                stalled_after: Duration::from_secs(30),
                close_within: Duration::from_secs(5),
                max_connections: 65_536,
                begin_with: KEEP_ALIVE.clone(),
            },
            meter: Meter::default(),
        }
    }

    /// What becomes of a request: [`response`](crate::response()) around what it subscribes to, with
    /// more header fields where you like, or a [`Refusal`].
    ///
    /// The address of the receiver is among the request's extensions, as a `SocketAddr`. The
    /// subscriber may be of another hub, but the one that is served decides how long. Called from
    /// the task that serves all: it must not block. Where it panics, that connection is closed.
    ///
    /// ```
    /// use std::net::SocketAddr;
    ///
    /// use esse_server::{Direct, Hub, Refusal, response};
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
        self.on_request = Arc::new(decide);
        self
    }

    /// How many bytes a request's head may have. Default 8192. One that has more is answered with
    /// status 431, or 414 where its first line alone does.
    ///
    /// ```
    /// let direct = esse_server::Direct::new(&esse_server::Hub::new()).head_bytes(4096);
    /// ```
    pub fn head_bytes(mut self, limit: usize) -> Self {
        self.settings.head_bytes = limit;
        self
    }

    /// How many header fields a request may have. Default 64. One that has more is answered with
    /// status 431.
    ///
    /// ```
    /// let direct = esse_server::Direct::new(&esse_server::Hub::new()).head_fields(32);
    /// ```
    pub fn head_fields(mut self, limit: usize) -> Self {
        self.settings.head_fields = limit;
        self
    }

    /// How long a connection may take to send the whole head, from when it was accepted. Default
    /// 10 s. One that takes longer is answered with status 408.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let direct = esse_server::Direct::new(&esse_server::Hub::new())
    ///     .head_within(Duration::from_secs(2));
    /// ```
    pub fn head_within(mut self, limit: Duration) -> Self {
        self.settings.head_within = limit;
        self
    }

    /// How long a receiver may take nothing at all while there is something for it. Default 30 s.
    /// It is cut off then, and counted as [`stalled`](crate::Closed::stalled).
    ///
    /// ```
    /// # use std::time::Duration;
    /// let direct = esse_server::Direct::new(&esse_server::Hub::new())
    ///     .stalled_after(Duration::from_secs(60));
    /// ```
    pub fn stalled_after(mut self, limit: Duration) -> Self {
        self.settings.stalled_after = limit;
        self
    }

    /// How long a receiver may take for its last bytes and to close the connection, once its
    /// stream or refusal is at its end or the hub was closed. Default 5 s.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let direct = esse_server::Direct::new(&esse_server::Hub::new())
    ///     .close_within(Duration::from_secs(1));
    /// ```
    pub fn close_within(mut self, limit: Duration) -> Self {
        self.settings.close_within = limit;
        self
    }

    /// How many connections there may be at once. Default 65,536. Those over it are answered with
    /// status 503.
    ///
    /// The system has a limit too: that on open files, to be set well above this one.
    ///
    /// ```
    /// let direct = esse_server::Direct::new(&esse_server::Hub::new()).max_connections(10_000);
    /// ```
    pub fn max_connections(mut self, limit: usize) -> Self {
        self.settings.max_connections = limit;
        self
    }

    /// What every stream begins with: an empty comment where nothing else is said, so that
    /// `onopen` fires before the first event.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use esse_encoder::Block;
    /// use esse_server::{Direct, Hub};
    ///
    /// let retry = Block::new().retry(Duration::from_millis(500));
    /// let direct = Direct::new(&Hub::new()).begin_with(&retry);
    /// ```
    pub fn begin_with(mut self, block: &Block<'_>) -> Self {
        self.settings.begin_with = block.to_frame();
        self
    }

    /// What is counted, to be read at any time.
    ///
    /// ```
    /// let direct = esse_server::Direct::new(&esse_server::Hub::new());
    /// let meter = direct.meter();
    /// assert_eq!(meter.read().accepted, 0);
    /// ```
    pub fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// Serves all who connect, until the hub is closed or drained. From then on nobody is accepted
    /// any more, and the future ends with the last connection: after [`Hub::close`], no later than
    /// [`close_within`](Self::close_within) allows. To drop it cuts off all connections.
    ///
    /// That is one task, so at most one core. For more, serve clones of the listener:
    ///
    /// ```
    /// use esse_server::{Direct, Hub};
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
    ///     tasks.spawn(direct.clone().serve(listener));
    /// }
    /// hub.close(None);
    /// tasks.join_all().await;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Panics
    /// Outside a tokio runtime that has its timer enabled.
    pub async fn serve(self, listener: TcpListener) {
        let mut driver = Driver::new(self, listener);
        // It has its own measure of when others are to have their turn.
        unconstrained(poll_fn(|cx| driver.poll(cx))).await;
    }
}

fn subscribe_to_everything(
    hub: &Hub,
    request: &Request<()>,
) -> Result<Response<Subscribe>, Refusal> {
    let id = last_event_id(request.headers())?;
    Ok(response(hub.subscribe().last_event_id(id)))
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Direct");
        debug
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
