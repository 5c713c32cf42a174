//! In which order connections get their turns.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use esse_server::{Hub, response};
use futures_util::Stream;
use http_body::Frame;
use tokio::io::AsyncReadExt;
use tokio::sync::watch;

use crate::client::Server;
use crate::support::soon;

/// Chunks that a batch has room for.
const BATCH: usize = 16;
const CHUNK: usize = 1024;
/// With its size in hexadecimal, and two line ends.
const ON_THE_WIRE: usize = CHUNK + 7;
/// What a connection with much has in a round. It fits into the buffers of its socket.
const MUCH: usize = 64;
/// What each connection has in a round.
const CHUNKS: [usize; 4] = [MUCH, MUCH, MUCH, 1];

/// The connections, in the order in which their bodies were asked for a chunk.
type Log = Arc<Mutex<Vec<usize>>>;

/// In each round it has this many chunks.
struct Rounds {
    number: usize,
    chunks: usize,
    left: usize,
    begin: Pin<Box<dyn Stream<Item = ()> + Send>>,
    log: Log,
}

impl http_body::Body for Rounds {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            match self.begin.as_mut().poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(())) => self.left = self.chunks,
            }
        }
        self.left -= 1;
        self.log.lock().unwrap().push(self.number);
        let chunk = Bytes::from(vec![b'x'; CHUNK]);
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }
}

fn app(begin: &watch::Sender<()>, log: &Log) -> Router {
    let (begin, log) = (begin.clone(), Arc::clone(log));
    let body = async move |Path(number): Path<usize>| -> Response {
        let rounds = begin.subscribe();
        let begin = futures_util::stream::unfold(rounds, |mut rounds| async {
            rounds.changed().await.ok()?;
            Some(((), rounds))
        });
        response(Body::new(Rounds {
            number,
            chunks: CHUNKS[number],
            left: 0,
            begin: Box::pin(begin),
            log,
        }))
    };
    Router::new().route("/{number}", get(body))
}

/// All are woken at once.
#[tokio::test]
async fn a_connection_with_little_waits_for_one_write_at_most() {
    let (begin, log) = (watch::Sender::new(()), Log::default());
    let (begins, logs) = (begin.clone(), Arc::clone(&log));
    let app = move |_: &Hub| app(&begins, &logs);
    let server = Server::start_with(Hub::new(), app, |serve| serve).await;
    let mut clients = Vec::new();
    for number in 0..4 {
        let mut client = server.connect().await;
        client.send(format!("GET /{number} HTTP/1.1\r\n\r\n")).await;
        client.until("\r\n\r\n").await;
        clients.push(client);
    }
    for round in 0..3 {
        log.lock().unwrap().clear();
        begin.send_replace(());
        soon(async {
            while log.lock().unwrap().len() < 3 * MUCH + 1 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let order = log.lock().unwrap().clone();
        let before = order.iter().position(|number| *number == 3).unwrap();
        // In the first round nothing is known of them.
        let writes = if round == 0 { 3 } else { 1 };
        assert!(before <= writes * BATCH, "{before} in round {round}");
        let turns = order.chunk_by(|one, next| one == next);
        let longest = turns.map(<[_]>::len).max();
        assert_eq!(longest, Some(BATCH), "{order:?}");
        for (client, chunks) in clients.iter_mut().zip(CHUNKS) {
            let mut read = vec![0; chunks * ON_THE_WIRE];
            client.0.read_exact(&mut read).await.unwrap();
        }
    }
}
