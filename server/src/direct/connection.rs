//! One connection, from its head to its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Version};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::bad_head::BadHead;
use super::bell::Bell;
use super::farewell::Farewell;
use super::framing::{Batch, Framing, SizeLine};
use super::head::Scan;
use super::input::poll_read;
use super::meter::Meter;
use super::refusal::Refusal;
use super::stream::Stream;
use super::timers::Armed;
use super::{Direct, OnRequest, Settings, answer, request};
use crate::hub::Hub;
use crate::subscriber::Subscribe;

/// How many bytes are read at once.
const READ: usize = 16 * 1024;

#[derive(Debug)]
pub(crate) struct Connection {
    socket: TcpStream,
    bell: Arc<Bell>,
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
    /// What has come of it; nothing where it comes in one piece.
    begun: Vec<u8>,
    scan: Scan,
    until: Instant,
}

/// What a stage comes to.
pub(crate) enum Turn {
    /// The bell will be rung.
    Wait,
    Become(Stage),
    Gone,
}

/// What all connections share: nothing of it stays with one of them.
pub(crate) struct Common {
    pub(crate) hub: Hub,
    on_request: Arc<OnRequest>,
    pub(crate) settings: Settings,
    pub(crate) meter: Meter,
    pub(crate) buffer: Box<[u8]>,
    pub(crate) batch: Batch,
    /// Set once the hub is closed.
    pub(crate) ends_at: Option<Instant>,
}

impl Common {
    pub(crate) fn new(direct: Direct) -> Self {
        Self {
            hub: direct.hub,
            on_request: direct.on_request,
            settings: direct.settings,
            meter: direct.meter,
            buffer: vec![0; READ].into(),
            batch: Batch::default(),
            ends_at: None,
        }
    }
}

impl Connection {
    pub(crate) fn new(socket: TcpStream, bell: Arc<Bell>, stage: Stage, meter: &Meter) -> Self {
        meter.counts().connections.fetch_add(1, Ordering::Relaxed);
        Self {
            socket,
            bell,
            stage,
            armed: Armed::default(),
        }
    }

    /// Goes as far as it can. Ready once there is nothing more to do.
    pub(crate) fn poll(&mut self, common: &mut Common) -> Poll<()> {
        self.bell.answer();
        let waker = Waker::from(Arc::clone(&self.bell));
        let cx = &mut Context::from_waker(&waker);
        loop {
            let socket = &mut self.socket;
            let turn = match &mut self.stage {
                Stage::Head(head) => head.poll(socket, cx, common),
                Stage::Stream(stream) => stream.poll(socket, cx, common),
                Stage::Farewell(farewell) => farewell.poll(socket, cx, &mut common.buffer),
            };
            match turn {
                Turn::Wait => return Poll::Pending,
                Turn::Gone => return Poll::Ready(()),
                Turn::Become(stage) => self.stage = stage,
            }
        }
    }

    /// Its time is over. Ready if it has none left at all.
    pub(crate) fn expire(&mut self, common: &mut Common) -> Poll<()> {
        match &mut self.stage {
            Stage::Head(_) if common.ends_at.is_none() => {
                common.meter.counts().slow_heads.add_one();
                let limit = common.settings.head_within;
                let refusal = Refusal::from(BadHead::TooSlow { limit });
                let farewell = Farewell::with(refusal.response(), false, common);
                self.stage = farewell.into();
                self.poll(common)
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

    pub(crate) fn deadline(&self, common: &Common) -> Option<Instant> {
        let own = match &self.stage {
            Stage::Head(head) => Some(head.until),
            Stage::Stream(stream) => stream.deadline(),
            Stage::Farewell(farewell) => Some(farewell.deadline()),
        };
        own.into_iter().chain(common.ends_at).min()
    }
}

impl Head {
    pub(crate) fn new(common: &Common) -> Self {
        Self {
            begun: Vec::new(),
            scan: Scan::default(),
            until: Instant::now() + common.settings.head_within,
        }
    }

    fn poll(&mut self, socket: &TcpStream, cx: &mut Context<'_>, common: &mut Common) -> Turn {
        loop {
            let read = match poll_read(socket, cx, &mut common.buffer) {
                Poll::Pending => return Turn::Wait,
                Poll::Ready(None) => return Turn::Gone,
                Poll::Ready(Some(read)) => read,
            };
            match self.take(read, common) {
                Ok(None) => {}
                Ok(Some(request)) => {
                    return Turn::Become(answer_to(request, socket, common));
                }
                Err(bad) => {
                    common.meter.counts().bad_heads.add_one();
                    let refusal = Refusal::from(bad);
                    let farewell = Farewell::with(refusal.response(), false, common);
                    return Turn::Become(farewell.into());
                }
            }
        }
    }

    /// Takes so many bytes from the buffer. What comes after the head is thrown away.
    fn take(&mut self, read: usize, common: &Common) -> Result<Option<Request<()>>, BadHead> {
        let Settings {
            head_bytes,
            head_fields,
            ..
        } = common.settings;
        let bytes = &common.buffer[..read];
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

/// What the application makes of the request.
fn answer_to(mut request: Request<()>, socket: &TcpStream, common: &Common) -> Stage {
    if let Ok(peer) = socket.peer_addr() {
        request.extensions_mut().insert::<SocketAddr>(peer);
    }
    let to_head = request.method() == Method::HEAD;
    match (common.on_request)(&common.hub, &request) {
        Ok(response) => accept(response, &request, common),
        Err(refusal) => {
            common.meter.counts().refused.add_one();
            Farewell::with(&sendable(refusal), to_head, common).into()
        }
    }
}

fn accept(response: Response<Subscribe>, request: &Request<()>, common: &Common) -> Stage {
    if response.status().is_informational() {
        let response = sendable(response.status().into());
        return Farewell::with(&response, request.method() == Method::HEAD, common).into();
    }
    let framing = match request.version() {
        Version::HTTP_10 => Framing::Bare,
        _ => Framing::Chunked,
    };
    let mut head = answer::stream_head(&response, framing);
    if request.method() == Method::HEAD || !answer::has_body(response.status()) {
        return Farewell::new(Bytes::from(head), common).into();
    }
    put_first(&mut head, common, framing);
    Stage::Stream(Stream::new(response.into_body().open(), framing, head))
}

/// No final response has such a status.
fn sendable(refusal: Refusal) -> Response<Bytes> {
    if refusal.response().status().is_informational() {
        return Refusal::from(StatusCode::INTERNAL_SERVER_ERROR).into();
    }
    refusal.into()
}

/// The first frame leaves with the head.
fn put_first(out: &mut Vec<u8>, common: &Common, framing: Framing) {
    let first = &common.settings.begin_with;
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

impl From<Farewell> for Stage {
    fn from(farewell: Farewell) -> Self {
        Self::Farewell(farewell)
    }
}
