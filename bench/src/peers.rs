//! The subjects: esse, its peers, and the limits of the machine. One file for each.
//!
//! A peer gets the bytes in the fastest way that its public API allows, and hands on what its users
//! would get, which may be owned values.

#[cfg(feature = "peers")]
mod crates;
#[cfg(not(feature = "peers"))]
mod crates {
    pub(super) const SUBJECTS: &[super::Subject] = &[];
    pub(super) const ENCODERS: &[super::EncodingSubject] = &[];
}
mod esse;
mod limits;

use std::convert::Infallible;
use std::error::Error;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use bytes::{Buf, Bytes, BytesMut};
use futures_core::Stream;
use futures_util::StreamExt;
use tokio_util::codec::Decoder;

use crate::Feed;
use crate::feed::{Input, Slices};
use crate::sink::{Check, Discard, Sink, Stop};

/// A parser.
pub trait Peer {
    /// The name of its row; the crate's name, for a peer.
    const NAME: &'static str;

    /// Parses the chunks of the feed and hands each event to the sink. A parser that takes only one
    /// type of chunks ignores `I`.
    ///
    /// # Errors
    /// Those of the sink, and [`Stop::Failed`] if the peer reports an error.
    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop>;
}

/// An encoder of payloads, each the data of an event without type and ID.
pub trait Encoder: Default {
    /// The name of its row; the crate's name, for a peer.
    const NAME: &'static str;

    /// Encodes all payloads into a buffer that it keeps for the next call, then hands the bytes to
    /// `put`. If its API returns a buffer per event, it hands on each. It may take the payloads out
    /// of the vector if it needs owned ones.
    fn encode(&mut self, payloads: &mut Vec<String>, put: &mut dyn FnMut(&[u8]));
}

/// The kind of a row in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A way to use esse.
    Esse,
    /// A peer of esse.
    Peer,
    /// An upper limit of what the machine can do, without events.
    Limit,
}

/// A parser under test.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// The name of the crate, or of the way to use esse.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// The type of its chunks.
    pub input: &'static str,
    /// Parses the feed and drops the events.
    pub parse: fn(&Feed, &mut Discard) -> Result<(), Stop>,
    /// Parses the feed and compares the events.
    pub check: fn(&Feed, &mut Check<'_>) -> Result<(), Stop>,
}

/// An encoder under test.
#[derive(Clone, Copy, Debug)]
pub struct EncodingSubject {
    /// The name of its row.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Makes one with an empty buffer.
    pub start: fn() -> Encode,
}

/// [`Encoder::encode`] of some encoder.
pub type Encode = Box<dyn FnMut(&mut Vec<String>, &mut dyn FnMut(&[u8]))>;

/// Every parser: esse's, the peers', the limits.
pub static SUBJECTS: LazyLock<Vec<Subject>> = LazyLock::new(|| {
    let esse = [
        subject::<esse::Borrowed, Slices>(Kind::Esse),
        subject::<esse::Owned, Slices>(Kind::Esse),
        subject::<esse::Owned, Bytes>(Kind::Esse),
        subject::<esse::OfStream, Bytes>(Kind::Esse),
        subject::<esse::OfBody, Bytes>(Kind::Esse),
        subject::<esse::OfCodec, Slices>(Kind::Esse),
        subject::<esse::OfReader, Slices>(Kind::Esse),
    ];
    let limits = [
        subject::<limits::Memcpy, Slices>(Kind::Limit),
        subject::<limits::Lines, Slices>(Kind::Limit),
        subject::<limits::Utf8, Slices>(Kind::Limit),
        subject::<limits::LinesAndUtf8, Slices>(Kind::Limit),
    ];
    [&esse, crates::SUBJECTS, &limits].concat()
});

/// Every encoder: esse's, the peers'.
pub static ENCODERS: LazyLock<Vec<EncodingSubject>> = LazyLock::new(|| {
    let esse = [
        encoder::<esse::Contiguous>(Kind::Esse),
        encoder::<esse::Streamed>(Kind::Esse),
        encoder::<esse::Written>(Kind::Esse),
        encoder::<esse::WrittenText>(Kind::Esse),
        encoder::<esse::Framed>(Kind::Esse),
        encoder::<esse::FramedText>(Kind::Esse),
    ];
    [&esse, crates::ENCODERS].concat()
});

impl Subject {
    /// The name of its row, with the type of its chunks if that is not the usual one.
    pub fn row(&self) -> String {
        match self.input {
            Slices::NAME => self.name.into(),
            input => format!("{} of {input}", self.name),
        }
    }

    /// Whether it is there to compare adapters with it: owned events, from the chunks that they get.
    pub fn is_reference(&self) -> bool {
        (self.name, self.input) == (<esse::Owned as Peer>::NAME, Bytes::NAME)
    }
}

const fn subject<P: Peer, I: Input>(kind: Kind) -> Subject {
    Subject {
        name: P::NAME,
        kind,
        input: I::NAME,
        parse: |feed, sink| P::parse::<I>(feed, sink),
        check: |feed, sink| P::parse::<I>(feed, sink),
    }
}

const fn encoder<E: Encoder + 'static>(kind: Kind) -> EncodingSubject {
    EncodingSubject {
        name: E::NAME,
        kind,
        start: || {
            let mut encoder = E::default();
            Box::new(move |payloads, put| encoder.encode(payloads, put))
        },
    }
}

/// The chunks as a stream.
fn stream<I: Input>(feed: &Feed) -> impl Stream<Item = Result<impl Buf + AsRef<[u8]>, Infallible>> {
    futures_util::stream::iter(I::chunks(feed)).map(Ok)
}

/// Takes all that a decoder gives, with the copy into its buffer that a framed reader makes.
fn decode<D>(
    feed: &Feed,
    mut decoder: D,
    mut take: impl FnMut(D::Item) -> Result<(), Stop>,
) -> Result<(), Stop>
where
    D: Decoder<Error: Error>,
{
    let mut buffer = BytesMut::new();
    for bytes in feed.slices() {
        buffer.extend_from_slice(bytes);
        while let Some(item) = decoder.decode(&mut buffer)? {
            take(item)?;
        }
    }
    Ok(())
}

/// Takes all items of a stream. None of the streams here ever waits.
fn drain<S: Stream>(
    stream: S,
    mut take: impl FnMut(S::Item) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut stream = pin!(stream);
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(item)) = stream.as_mut().poll_next(&mut context) {
        take(item)?;
    }
    Ok(())
}
