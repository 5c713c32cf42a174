//! One connection, up to where it is parked or given to hyper.

use std::future::{pending, poll_fn};
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::BytesMut;
use http::{Request, Response, StatusCode};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::head::{self, First};
use super::limits::Permit;
use super::parking::{Parked, may_park};
use super::request_body::RequestBody;
use super::stop::Stop;
use super::unparked::{self, Begun};
use super::{Application, Shared};

/// How many bytes are read at first. Most heads are shorter.
const READ: usize = 1024;

/// A connection that was accepted.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) socket: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) permit: Permit,
}

impl Accepted {
    /// Serves the connection, or parks it.
    pub(crate) async fn serve<A: Application>(mut self, app: A, shared: Arc<Shared>) {
        let mut bytes = BytesMut::with_capacity(READ);
        let mut stop = shared.stop.clone();
        let first = tokio::select! {
            first = timeout(shared.settings.head_within, read_head(&mut self.socket, &mut bytes)) => first,
            () = Stop::Draining.reached(&mut stop) => return,
        };
        let request = match first {
            Err(_) => {
                shared.counts.slow_heads.add_one();
                let refusal = StatusCode::REQUEST_TIMEOUT;
                let parked = Parked::refusal(self.socket, refusal, self.permit);
                return shared.parking.park(parked);
            }
            Ok(None) => return,
            Ok(Some(First::Get(request))) => request,
            Ok(Some(First::Http2)) => {
                return self.give_to_hyper(bytes, Begun::Http2, app, &shared).await;
            }
            Ok(Some(First::Other)) => {
                return self
                    .give_to_hyper(bytes, Begun::Http1(None), app, &shared)
                    .await;
            }
        };
        let request = with_peer(request.map(|()| RequestBody::default()), self.peer);
        let response = tokio::select! {
            biased;
            response = call(app.clone(), request) => response.ok(),
            () = gone(&mut self.socket, &mut bytes) => None,
        };
        let Some(response) = response else { return };
        if may_park(&response) {
            // Bytes that came after the head are not looked at, because the connection ends with
            // this response.
            let parked = Parked::response(self.socket, response, self.permit);
            return shared.parking.park(parked);
        }
        self.give_to_hyper(bytes, Begun::Http1(Some(response)), app, &shared)
            .await;
    }

    /// With the bytes that were read.
    async fn give_to_hyper<A: Application>(
        self,
        bytes: BytesMut,
        begun: Begun<A::Body>,
        app: A,
        shared: &Shared,
    ) {
        // Boxed, so that a connection that is parked never needs room for this.
        Box::pin(unparked::serve(self, bytes.freeze(), begun, app, shared)).await;
    }
}

/// `None` if the client has gone.
async fn read_head(socket: &mut TcpStream, bytes: &mut BytesMut) -> Option<First> {
    loop {
        if socket.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
        if let Some(first) = First::of(bytes) {
            return Some(first);
        }
    }
}

/// Waits until the client has gone. Keeps what it sends, which may be the next request, up to a
/// limit.
async fn gone(socket: &mut TcpStream, bytes: &mut BytesMut) {
    while bytes.len() < 2 * head::BYTES {
        if let Ok(0) | Err(_) = socket.read_buf(bytes).await {
            return;
        }
    }
    pending::<()>().await;
}

/// Calls the application when it is ready.
pub(crate) async fn call<A: Application>(
    mut app: A,
    request: Request<RequestBody>,
) -> Result<Response<A::Body>, A::Error> {
    poll_fn(|cx| app.poll_ready(cx)).await?;
    app.call(request).await
}

pub(crate) fn with_peer<B>(mut request: Request<B>, peer: SocketAddr) -> Request<B> {
    request.extensions_mut().insert(peer);
    request
}
