//! The end of the server: clients get what is left, as long as they read.

use std::io;
use std::pin::pin;
use std::time::Duration;

use esse_server::Hub;
use esse_server::serve::{Application, Serve};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::runtime::Signals;

/// How long clients may read on after a signal.
const AFTER_SIGNAL: Duration = Duration::from_secs(5);
/// How long they may then take for their last bytes.
const LAST_BYTES: Duration = Duration::from_secs(1);
/// The server ends those that take nothing. The others need no limit.
const NO_LIMIT: Duration = Duration::from_secs(1 << 30);

/// Serves until `over` is ready or a signal comes, and then until each client has everything. A signal
/// limits that time, and a second one ends it. Returns how many clients were cut off.
pub(super) async fn serve(
    server: Serve<impl Application>,
    hub: &Hub,
    over: impl Future<Output = ()>,
    mut signals: Signals,
) -> io::Result<u64> {
    let (stop, stopped) = oneshot::channel::<()>();
    let server = server.hub(hub).drain_within(NO_LIMIT).until(async {
        let _ = stopped.await;
    });
    let mut server = pin!(server.into_future());
    let is_stopped = tokio::select! {
        biased;
        ended = &mut server => return ended.map(|()| 0),
        () = signals.next() => true,
        () = over => false,
    };
    let stalled_before = hub.metrics().closed.stalled;
    let cut_off = || {
        let metrics = hub.metrics();
        metrics.closed.stalled - stalled_before + metrics.open as u64
    };
    drop(stop);
    let end = async {
        if !is_stopped {
            signals.next().await;
        }
        timeout(AFTER_SIGNAL, signals.again()).await
    };
    let again = tokio::select! {
        biased;
        ended = &mut server => return ended.map(|()| cut_off()),
        again = end => again,
    };
    let cut_off = cut_off();
    if again.is_err() {
        hub.close();
        tokio::select! {
            ended = server => ended?,
            () = signals.next() => {}
            () = sleep(LAST_BYTES) => {}
        }
    }
    Ok(cut_off)
}
