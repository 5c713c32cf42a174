//! The body of a response: the pieces of a timeline, each when it is due.

use std::convert::Infallible;
use std::fmt;
use std::future::pending;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::vec;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use http_body_util::StreamBody;
use hyper::body::Frame;
use socket2::SockRef;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, sleep_until};

use crate::timeline::{Ending, Piece, Timeline};

/// "For ever", in a form that a timer takes.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// A reset discards what has not been sent yet.
const BEFORE_RESET: Duration = Duration::from_millis(50);

/// How fast the recording goes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Pace {
    /// So many times as fast as it was recorded.
    Times(f64),
    /// Without waiting.
    #[default]
    Fast,
}

/// What went out.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) chunks: AtomicU64,
    pub(crate) bytes: AtomicU64,
}

/// The response ends before its end, as was asked for or recorded.
#[derive(Debug)]
pub(crate) struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the response is broken on purpose")
    }
}

impl std::error::Error for Broken {}

impl From<Infallible> for Broken {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

struct Playing {
    pieces: vec::IntoIter<Piece>,
    end: (Duration, Ending),
    start: Instant,
    pace: Pace,
    socket: Arc<TcpStream>,
    totals: Arc<Totals>,
}

/// Plays a timeline on a connection.
pub(crate) fn play(
    timeline: Timeline,
    pace: Pace,
    socket: Arc<TcpStream>,
    totals: Arc<Totals>,
) -> StreamBody<impl Stream<Item = Result<Frame<Bytes>, Broken>>> {
    let playing = Playing {
        pieces: timeline.pieces.into_iter(),
        end: timeline.end,
        start: Instant::now(),
        pace,
        socket,
        totals,
    };
    StreamBody::new(stream::unfold(playing, |mut playing| async {
        let next = playing.next().await?;
        Some((next.map(Frame::data), playing))
    }))
}

impl Playing {
    async fn next(&mut self) -> Option<Result<Bytes, Broken>> {
        if let Some(piece) = self.pieces.next() {
            self.wait(piece.at).await;
            self.totals.chunks.fetch_add(1, Ordering::Relaxed);
            let bytes = piece.bytes.len() as u64;
            self.totals.bytes.fetch_add(bytes, Ordering::Relaxed);
            return Some(Ok(piece.bytes));
        }
        let (at, ending) = self.end;
        self.wait(at).await;
        match ending {
            Ending::Clean => None,
            Ending::Broken => Some(Err(Broken)),
            Ending::Reset => {
                sleep(BEFORE_RESET).await;
                // If that fails, the connection is closed instead.
                let _ = SockRef::from(&*self.socket).set_linger(Some(Duration::ZERO));
                Some(Err(Broken))
            }
            Ending::Stall => pending().await,
        }
    }

    /// In any case the pieces before are written to the socket, so that they stay apart.
    async fn wait(&self, at: Duration) {
        yield_now().await;
        if let Pace::Times(times) = self.pace {
            let wait = Duration::try_from_secs_f64(at.as_secs_f64() / times);
            sleep_until(self.start + wait.map_or(YEAR, |wait| wait.min(YEAR))).await;
        }
    }
}
