//! One of several processes that serve what any of them publishes, over a stream in Redis.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use esse_encoder::Block;
use esse_server::Hub;
use esse_server::log::Log;
use esse_server::redis::RedisLog;
use redis::Client;
use tokio::net::TcpListener;
use tokio::time::sleep;

use super::node::{record, run};
use super::{Limits, Running};

/// The stream of all events.
pub(crate) const KEY: &str = "load";

/// Returns when the hub gets what any process publishes.
pub(crate) async fn start(listener: TcpListener, url: String) -> io::Result<Running> {
    let log = RedisLog::new(Client::open(url).map_err(io::Error::other)?, KEY);
    let hub = Hub::builder().history(Arc::new(log.clone())).build();
    tokio::spawn(log.feed(&hub));
    while hub.metrics().published == 0 {
        log.append(Block::event("begin").into())
            .await
            .map_err(io::Error::other)?;
        sleep(Duration::from_millis(50)).await;
    }
    let counters = run(listener, &hub, Limits::default());
    Ok(Running {
        publish: Arc::new(move |topic, texts| {
            let texts = texts.into_iter();
            let records = texts.filter_map(|text| record(topic, text, None)).collect();
            let log = log.clone();
            tokio::spawn(async move {
                if let Err(error) = log.append_all(records).await {
                    eprintln!("load: an event was not added to Redis: {error}");
                }
            });
        }),
        counters: Box::new(counters),
    })
}
