//! A lower bound for any server: a loop that writes the same bytes to every socket and blocks on
//! each.

use std::io::{self, Write};
use std::net;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use esse_encoder::Block;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Counters, Running};

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

type Sockets = Arc<Mutex<Vec<net::TcpStream>>>;

pub(crate) fn start(listener: TcpListener) -> Running {
    let sockets = Sockets::default();
    let writes = Arc::new(AtomicU64::new(0));
    tokio::spawn(accept(listener, sockets.clone()));
    let (counted, open) = (writes.clone(), sockets.clone());
    Running {
        publish: Arc::new(move |_, texts| {
            let bytes = encode(texts);
            let mut sockets = lock(&sockets);
            writes.fetch_add(sockets.len() as u64, Ordering::Relaxed);
            sockets.retain_mut(|socket| socket.write_all(&bytes).is_ok());
        }),
        counters: Box::new(move || Counters {
            writes: counted.load(Ordering::Relaxed),
            connections: lock(&open).len() as u64,
            missed: 0,
        }),
    }
}

pub(super) fn lock(sockets: &Sockets) -> MutexGuard<'_, Vec<net::TcpStream>> {
    sockets.lock().unwrap_or_else(PoisonError::into_inner)
}

fn encode(texts: Vec<String>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in texts {
        Block::event(text).encode(&mut bytes);
    }
    bytes
}

pub(super) async fn accept(listener: TcpListener, sockets: Sockets) -> io::Result<()> {
    loop {
        let socket = greet(listener.accept().await?.0).await?;
        lock(&sockets).push(socket);
    }
}

/// Reads the request, which arrives in one piece here, and begins the response.
async fn greet(mut socket: TcpStream) -> io::Result<net::TcpStream> {
    let _ = socket.read(&mut [0; 1024]).await?;
    socket.write_all(HEAD).await?;
    socket.set_nodelay(true)?;
    let socket = socket.into_std()?;
    socket.set_nonblocking(false)?;
    Ok(socket)
}
