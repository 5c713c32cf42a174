//! One request, and what came back, with the time of each piece.

use std::io::Write;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use flate2::write::{MultiGzDecoder, ZlibDecoder};
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderName, Request, StatusCode, Version};
use reqwest::Url;
use tokio::time::{Instant, sleep};

use crate::phrases::{seconds, with_sources};
use crate::request;

/// How much of a stream is kept, in bytes.
const KEPT: usize = 16 * 1024 * 1024;

/// A response, as far as it was read. Times count from the request on.
pub(super) struct Exchange {
    pub(super) began: Instant,
    /// Where the response came from.
    pub(super) url: Url,
    pub(super) is_redirected: bool,
    pub(super) status: StatusCode,
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
    /// When the head was there.
    pub(super) head: Duration,
    /// The body as it came, perhaps compressed.
    pub(super) pieces: Vec<Piece>,
    pub(super) end: End,
    /// When it ended.
    pub(super) took: Duration,
}

#[derive(Clone)]
pub(super) struct Piece {
    pub(super) at: Duration,
    pub(super) bytes: Bytes,
}

/// The bytes of all pieces, without their boundaries.
pub(super) fn joined(pieces: &[Piece]) -> Vec<u8> {
    let pieces: Vec<_> = pieces.iter().map(|piece| &piece.bytes[..]).collect();
    pieces.concat()
}

/// Why nothing more was read.
#[derive(Debug)]
pub(super) enum End {
    Complete,
    Broken(String),
    /// The time was over, or it was enough.
    Stopped,
}

/// Sends a request, and reads the response for this time at most, until it is enough, or until the
/// probe is stopped.
///
/// # Errors
/// No head came: the text says why.
pub(super) async fn exchange(
    client: &reqwest::Client,
    request: Request<Bytes>,
    time: Duration,
    mut is_enough: impl FnMut(&Piece) -> bool,
    stopped: impl Future<Output = ()>,
) -> Result<Exchange, String> {
    let request = request::for_reqwest(client, request).map_err(|error| with_sources(&error))?;
    let asked = request.url().clone();
    let began = Instant::now();
    let mut over = pin!(async {
        tokio::select! {
            () = sleep(time) => {}
            () = stopped => {}
        }
    });
    let mut response = tokio::select! {
        response = client.execute(request) => {
            response.map_err(|error| with_sources(&error.without_url()))?
        }
        () = &mut over => {
            let waited = seconds(began.elapsed());
            return Err(format!("no head of a response came within {waited}"));
        }
    };
    let head = began.elapsed();
    let (mut pieces, mut kept) = (Vec::new(), 0);
    let end = loop {
        let chunk = tokio::select! {
            chunk = response.chunk() => chunk,
            () = &mut over => break End::Stopped,
        };
        match chunk {
            Ok(Some(bytes)) => {
                kept += bytes.len();
                let at = began.elapsed();
                let piece = Piece { at, bytes };
                let is_last = kept >= KEPT || is_enough(&piece);
                pieces.push(piece);
                if is_last {
                    break End::Stopped;
                }
            }
            Ok(None) => break End::Complete,
            Err(error) => break End::Broken(with_sources(&error.without_url())),
        }
    };
    Ok(Exchange {
        began,
        url: response.url().clone(),
        is_redirected: *response.url() != asked,
        status: response.status(),
        version: response.version(),
        headers: response.headers().clone(),
        head,
        pieces,
        end,
        took: began.elapsed(),
    })
}

impl Exchange {
    /// The value of a header, if it is text.
    pub(super) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body without its compression, each piece with the time when it could be read.
    ///
    /// # Errors
    /// The coding is one that the probe cannot undo, or the bytes are not of this coding.
    pub(super) fn decoded(&self) -> Result<Vec<Piece>, String> {
        match self.header(CONTENT_ENCODING) {
            None | Some("identity" | "") => Ok(self.pieces.clone()),
            Some("gzip" | "x-gzip") => self.through(MultiGzDecoder::new(Vec::new()), |decoder| {
                std::mem::take(decoder.get_mut())
            }),
            Some("deflate") => self.through(ZlibDecoder::new(Vec::new()), |decoder| {
                std::mem::take(decoder.get_mut())
            }),
            Some(other) => Err(format!("the probe cannot read the coding {other:?}")),
        }
    }

    fn through<D: Write>(
        &self,
        mut decoder: D,
        take: fn(&mut D) -> Vec<u8>,
    ) -> Result<Vec<Piece>, String> {
        let mut pieces = Vec::new();
        for piece in &self.pieces {
            let written = decoder.write_all(&piece.bytes);
            written
                .and_then(|()| decoder.flush())
                .map_err(|error| format!("the body cannot be decompressed: {error}"))?;
            let bytes = take(&mut decoder);
            if !bytes.is_empty() {
                pieces.push(Piece {
                    at: piece.at,
                    bytes: bytes.into(),
                });
            }
        }
        Ok(pieces)
    }
}
