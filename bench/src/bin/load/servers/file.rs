//! Servers whose event is a file, which is never in memory as a whole.

use std::fs::File;
use std::future::pending;
use std::io::{self, Read, Write};
use std::net;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use esse_encoder::Block;
use esse_server::{Hub, Record, Sink, response, serve};
use memchr::memchr2_iter;
use tokio::net::TcpListener;

use super::esse::counters;
use super::floor;
use super::{Counters, Publish, Running};

/// What is read at once, in bytes.
const CHUNK: usize = 128 * 1024;

/// `Record::from_file` in `serve`.
pub(crate) fn start(listener: TcpListener, path: PathBuf) -> Running {
    let hub = Hub::new();
    let app = Router::new()
        .route("/events", get(events))
        .with_state(hub.clone());
    let server = serve(listener, app).hub(&hub).until(pending());
    let counters = counters(server.metrics());
    tokio::spawn(server.into_future());
    let publish: Publish = Arc::new(move |_, _| {
        let _ = hub.publish(Record::from_file(Block::new(), &path));
    });
    Running {
        publish,
        counters: Box::new(counters),
    }
}

async fn events(State(hub): State<Hub>) -> Response {
    response(Body::new(Sink::new(hub.subscribe().open())))
}

/// A lower bound: a thread for each socket that reads, looks for line breaks, and writes.
pub(crate) fn start_floor(listener: TcpListener, path: PathBuf) -> Running {
    let sockets = Arc::new(Mutex::new(Vec::<net::TcpStream>::new()));
    tokio::spawn(floor::accept(listener, sockets.clone()));
    let publish: Publish = Arc::new(move |_, _| {
        for socket in floor::lock(&sockets).drain(..) {
            let path = path.clone();
            thread::spawn(move || copy(&path, socket));
        }
    });
    Running {
        publish,
        counters: Box::new(Counters::default),
    }
}

fn copy(path: &PathBuf, mut socket: net::TcpStream) -> io::Result<usize> {
    let mut file = File::open(path)?;
    let (mut buffer, mut breaks) = (vec![0; CHUNK], 0);
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok(breaks);
        }
        breaks += memchr2_iter(b'\n', b'\r', &buffer[..length]).count();
        socket.write_all(&buffer[..length])?;
    }
}
