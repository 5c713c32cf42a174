//! Serves until Ctrl-C, for the examples that end in bounded time.

use std::io;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::signal::ctrl_c;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long clients that read may take for the end of their responses.
const LINGER: Duration = Duration::from_secs(1);

/// A server after Ctrl-C. It still accepts clients.
pub(crate) struct Interrupted {
    stop: oneshot::Sender<()>,
    serving: JoinSet<io::Result<()>>,
}

/// Prints the address, and serves until Ctrl-C.
pub(crate) async fn serve_until_ctrl_c(
    listener: TcpListener,
    app: Router,
) -> io::Result<Interrupted> {
    let address = listener.local_addr()?;
    // Send an event at once, although the one before it is not acknowledged yet.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    let (stop, stopped) = oneshot::channel::<()>();
    let server = axum::serve(listener, app).with_graceful_shutdown(async { drop(stopped.await) });
    let mut serving = JoinSet::new();
    let begin = async {
        println!("listening on http://{address}");
        serving.spawn(server.into_future());
    };
    // Catches Ctrl-C before the address is printed.
    let (interrupted, ()) = tokio::join!(biased; ctrl_c(), begin);
    interrupted?;
    Ok(Interrupted { stop, serving })
}

impl Interrupted {
    /// Accepts nobody any more, waits for `end`, and then for a moment until the responses are over.
    /// Returns the result of `end`, and whether they are.
    pub(crate) async fn stop_with<T>(mut self, end: impl Future<Output = T>) -> (T, bool) {
        drop(self.stop);
        let end = end.await;
        let over = timeout(LINGER, self.serving.join_next()).await.is_ok();
        (end, over)
    }
}
