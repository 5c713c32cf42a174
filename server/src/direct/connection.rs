//! One connection, from its head to its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Version};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::bad_head::BadHead;
use super::context::{ServeContext, Settings};
use super::farewell::Farewell;
use super::framing::{Framing, SizeLine};
use super::head::Scan;
use super::input::poll_read;
use super::refusal::Refusal;
use super::stream::Stream;
use super::timers::Armed;
use super::wake::KeyWaker;
use super::{answer, request};
use crate::subscribe::Subscribe;

#[derive(Debug)]
pub(crate) struct Connection {
    socket: TcpStream,
    waker: Arc<KeyWaker>,
    stage: Stage,
    pub(crate) armed: Armed,
}

#[derive(Debug)]
pub(crate) enum Stage {
    Head(Head),
    Stream(Stream),
    Farewell(Farewell),
}

/// A head that is on its way.
#[derive(Debug)]
pub(crate) struct Head {
    /// What has arrived so far. Stays empty if the head comes in one piece.
    begun: Vec<u8>,
    scan: Scan,
    until: Instant,
}

impl Connection {
    pub(crate) fn new(
        socket: TcpStream,
        waker: Arc<KeyWaker>,
        stage: Stage,
        context: &ServeContext,
    ) -> Self {
        context.counts.connections.fetch_add(1, Ordering::Relaxed);
        Self {
            socket,
            waker,
            stage,
            armed: Armed::default(),
        }
    }

    /// Goes as far as it can. Ready when the connection is over.
    pub(crate) fn poll(&mut self, context: &mut ServeContext) -> Poll<()> {
        self.waker.reset();
        let waker = Waker::from(Arc::clone(&self.waker));
        let cx = &mut Context::from_waker(&waker);
        loop {
            let socket = &mut self.socket;
            let next = match &mut self.stage {
                Stage::Head(head) => ready!(head.poll(socket, cx, context)),
                Stage::Stream(stream) => {
                    ready!(stream.poll(socket, cx, context)).map(Stage::Farewell)
                }
                Stage::Farewell(farewell) => {
                    ready!(farewell.poll(socket, cx, &mut context.buffer));
                    None
                }
            };
            match next {
                Some(stage) => self.stage = stage,
                None => return Poll::Ready(()),
            }
        }
    }

    /// The deadline has passed. Ready if the connection is over.
    pub(crate) fn expire(&mut self, context: &mut ServeContext) -> Poll<()> {
        match &mut self.stage {
            Stage::Head(_) if context.ends_at.is_none() => {
                context.counts.slow_heads.add_one();
                let limit = context.settings.head_within;
                let refusal = Refusal::from(BadHead::TooSlow { limit });
                let farewell = Farewell::with(refusal.response(), false, context);
                self.stage = Stage::Farewell(farewell);
                self.poll(context)
            }
            Stage::Head(_) | Stage::Farewell(_) => Poll::Ready(()),
            Stage::Stream(stream) => {
                stream.stalled();
                Poll::Ready(())
            }
        }
    }

    pub(crate) fn has_begun(&self) -> bool {
        !matches!(self.stage, Stage::Head(_))
    }

    pub(crate) fn deadline(&self, context: &ServeContext) -> Option<Instant> {
        let own = match &self.stage {
            Stage::Head(head) => Some(head.until),
            Stage::Stream(stream) => stream.deadline(),
            Stage::Farewell(farewell) => Some(farewell.deadline()),
        };
        own.into_iter().chain(context.ends_at).min()
    }
}

impl Head {
    pub(crate) fn new(context: &ServeContext) -> Self {
        Self {
            begun: Vec::new(),
            scan: Scan::default(),
            until: Instant::now() + context.settings.head_within,
        }
    }

    /// Ready with the stage that follows, or `None` if the client has gone.
    fn poll(
        &mut self,
        socket: &TcpStream,
        cx: &mut Context<'_>,
        context: &mut ServeContext,
    ) -> Poll<Option<Stage>> {
        loop {
            let Some(read) = ready!(poll_read(socket, cx, &mut context.buffer)) else {
                return Poll::Ready(None);
            };
            match self.take(read, context) {
                Ok(None) => {}
                Ok(Some(request)) => {
                    return Poll::Ready(Some(answer_to(request, socket, context)));
                }
                Err(bad) => {
                    context.counts.bad_heads.add_one();
                    let refusal = Refusal::from(bad);
                    let farewell = Farewell::with(refusal.response(), false, context);
                    return Poll::Ready(Some(Stage::Farewell(farewell)));
                }
            }
        }
    }

    /// Takes this many bytes from the buffer. What follows the head is thrown away.
    fn take(
        &mut self,
        read: usize,
        context: &ServeContext,
    ) -> Result<Option<Request<()>>, BadHead> {
        let Settings {
            head_bytes,
            head_fields,
            ..
        } = context.settings;
        let bytes = &context.buffer[..read];
        let Some(end) = self.scan.scan(bytes, head_bytes)? else {
            self.begun.extend_from_slice(bytes);
            return Ok(None);
        };
        if self.begun.is_empty() {
            return request::request(&bytes[..end], head_fields).map(Some);
        }
        self.begun.extend_from_slice(&bytes[..end]);
        request::request(&self.begun, head_fields).map(Some)
    }
}

/// Asks the application.
fn answer_to(mut request: Request<()>, socket: &TcpStream, context: &ServeContext) -> Stage {
    if let Ok(peer) = socket.peer_addr() {
        request.extensions_mut().insert::<SocketAddr>(peer);
    }
    let to_head = request.method() == Method::HEAD;
    match (context.settings.on_request)(&context.settings.hub, &request) {
        Ok(response) => accept(response, &request, context),
        Err(refusal) => {
            context.counts.refused.add_one();
            Stage::Farewell(Farewell::with(&sendable(refusal), to_head, context))
        }
    }
}

fn accept(response: Response<Subscribe>, request: &Request<()>, context: &ServeContext) -> Stage {
    if response.status().is_informational() {
        let response = sendable(response.status().into());
        let to_head = request.method() == Method::HEAD;
        return Stage::Farewell(Farewell::with(&response, to_head, context));
    }
    let framing = match request.version() {
        Version::HTTP_10 => Framing::Bare,
        _ => Framing::Chunked,
    };
    let mut head = answer::stream_head(&response, framing);
    if request.method() == Method::HEAD || !answer::has_body(response.status()) {
        return Stage::Farewell(Farewell::new(Bytes::from(head), context));
    }
    put_first(&mut head, context, framing);
    Stage::Stream(Stream::new(response.into_body().open(), framing, head))
}

/// A final response cannot have an informational status.
fn sendable(refusal: Refusal) -> Response<Bytes> {
    if refusal.response().status().is_informational() {
        return Refusal::from(StatusCode::INTERNAL_SERVER_ERROR).into();
    }
    refusal.into()
}

/// The first frame leaves with the head.
fn put_first(out: &mut Vec<u8>, context: &ServeContext, framing: Framing) {
    let first = &context.settings.begin_with;
    let chunked = framing == Framing::Chunked;
    if chunked {
        out.extend_from_slice(SizeLine::new(first.len()).as_bytes());
    }
    first
        .segments()
        .iter()
        .for_each(|segment| out.extend_from_slice(segment));
    if chunked {
        out.extend_from_slice(b"\r\n");
    }
}
