//! A hub that has its subscribers' sockets.

use esse_server::Direct;
use tokio::net::TcpListener;

use super::Running;
use super::esse::{hub, publish};

pub(crate) fn start(listener: TcpListener, keep: usize) -> Running {
    let hub = hub(keep);
    let direct = Direct::new(&hub);
    let meter = direct.meter();
    tokio::spawn(direct.serve(listener));
    Running {
        publish: publish(hub),
        writes: Box::new(move || meter.read().writes),
    }
}
