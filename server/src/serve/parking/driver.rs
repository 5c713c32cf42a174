//! Many parked connections, in one task.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;

use super::batch::Batch;
use super::connection::Connection;
use super::{Parked, Patience};
use crate::serve::metrics::Counts;
use crate::serve::stop::Stop;
use crate::sync::Mutex;

/// How many bytes are read at once.
const READ: usize = 4 * 1024;

/// What all connections of a driver use.
#[derive(Debug)]
pub(crate) struct Tools {
    pub(crate) patience: Patience,
    pub(crate) counts: Arc<Counts>,
    /// Used by one connection after the other. Nothing in it belongs to one of them.
    pub(crate) buffers: Mutex<Buffers>,
}

#[derive(Debug)]
pub(crate) struct Buffers {
    pub(crate) input: Box<[u8]>,
    pub(crate) batch: Batch,
}

impl Tools {
    pub(crate) fn new(patience: Patience, counts: Arc<Counts>) -> Arc<Self> {
        let buffers = Mutex::new(Buffers {
            input: vec![0; READ].into(),
            batch: Batch::default(),
        });
        Arc::new(Self {
            patience,
            counts,
            buffers,
        })
    }
}

/// Serves what is parked. Ends when the last connection is gone and no further one can come, or when
/// all of them are cut off.
pub(crate) async fn drive(
    tools: Arc<Tools>,
    mut parked: UnboundedReceiver<Parked>,
    mut stop: watch::Receiver<Stop>,
) {
    let mut connections = FuturesUnordered::new();
    let mut cut_off = pin!(Stop::CutOff.reached(&mut stop));
    let count = &tools.counts.parked;
    let mut is_open = true;
    while is_open || !connections.is_empty() {
        tokio::select! {
            () = &mut cut_off => break,
            received = parked.recv(), if is_open => match received {
                Some(parked) => {
                    count.fetch_add(1, Ordering::Relaxed);
                    connections.push(Connection::new(parked, Arc::clone(&tools)));
                }
                None => is_open = false,
            },
            Some(()) = connections.next() => {
                count.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
    for mut connection in connections {
        count.fetch_sub(1, Ordering::Relaxed);
        // It does not matter any more whether its body panics.
        let _ = connection.cut_off();
    }
}
