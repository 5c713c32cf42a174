//! esse, in each way that it can be used.

use std::fmt;
use std::io::{self, Cursor};

use bytes::Bytes;
use esse_encoder::{Block, Data};
use esse_parser::{BodyEvents, Chunk, EventDecoder, EventReader, EventStream, OwnedEvent, Parser};
use futures_util::TryStreamExt;
use http_body::Frame;
use http_body_util::StreamBody;

use super::{Encoder, Peer, decode, drain, stream};
use crate::sink::{Sink, Stop};
use crate::{Feed, Input};

/// Events borrowed from the chunk.
pub(super) struct Borrowed;

impl Peer for Borrowed {
    const NAME: &'static str = "esse borrowed";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        let mut parser = Parser::new();
        for bytes in feed.slices() {
            let mut chunk = Chunk::new(bytes);
            while let Some(event) = parser.next_event(&mut chunk)? {
                sink.event(event.event_type, event.data, event.last_event_id)?;
            }
        }
        Ok(())
    }
}

/// Events that own their values.
pub(super) struct Owned;

impl Peer for Owned {
    const NAME: &'static str = "esse String";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        let mut parser = Parser::new();
        for bytes in I::chunks(feed) {
            let mut chunk = Chunk::new(bytes.as_ref());
            while let Some(event) = parser.next_owned_event(&mut chunk)? {
                put(sink, &event)?;
            }
        }
        Ok(())
    }
}

/// The adapter for streams of chunks.
pub(super) struct OfStream;

impl Peer for OfStream {
    const NAME: &'static str = "esse EventStream";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        drain(EventStream::new(stream::<I>(feed)), |event| {
            put(sink, &event?)
        })
    }
}

/// The adapter for HTTP bodies.
pub(super) struct OfBody;

impl Peer for OfBody {
    const NAME: &'static str = "esse BodyEvents";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        let body = StreamBody::new(stream::<Bytes>(feed).map_ok(Frame::data));
        drain(BodyEvents::new(body), |event| put(sink, &event?))
    }
}

/// The adapter for tokio-util.
pub(super) struct OfCodec;

impl Peer for OfCodec {
    const NAME: &'static str = "esse EventDecoder";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        decode(feed, EventDecoder::new(), |event| put(sink, &event?))
    }
}

/// The adapter for readers.
pub(super) struct OfReader;

impl Peer for OfReader {
    const NAME: &'static str = "esse EventReader";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        EventReader::new(feed.reader()).try_for_each(|event| put(sink, &event?))
    }
}

fn put(sink: &mut impl Sink, event: &OwnedEvent) -> Result<(), Stop> {
    sink.event(&event.event_type, &event.data, &event.last_event_id)
}

/// A block appended to a buffer.
#[derive(Default)]
pub(super) struct Contiguous(Vec<u8>);

impl Encoder for Contiguous {
    const NAME: &'static str = "esse";

    fn encode(&mut self, payloads: &mut Vec<String>, put: &mut dyn FnMut(&[u8])) {
        self.0.clear();
        for payload in payloads {
            Block::event(payload.as_str()).encode(&mut self.0);
        }
        put(&self.0);
    }
}

/// The data read from a reader and streamed into a buffer.
#[derive(Default)]
pub(super) struct Streamed(Vec<u8>);

impl Encoder for Streamed {
    const NAME: &'static str = "esse DataWriter";

    fn encode(&mut self, payloads: &mut Vec<String>, put: &mut dyn FnMut(&[u8])) {
        self.0.clear();
        for payload in payloads {
            let mut writer = Block::new().data_writer(&mut self.0);
            let copied = writer.copy_from(&mut Cursor::new(&*payload));
            // A payload is text: neither of the two can fail.
            let _ = copied.and_then(|_| writer.finish().map(drop));
        }
        put(&self.0);
    }
}

/// The data streamed into a buffer as bytes, in one write.
#[derive(Default)]
pub(super) struct Written(Vec<u8>);

impl Encoder for Written {
    const NAME: &'static str = "esse DataWriter, io::Write";

    fn encode(&mut self, payloads: &mut Vec<String>, put: &mut dyn FnMut(&[u8])) {
        self.0.clear();
        for payload in payloads {
            let mut writer = Block::new().data_writer(&mut self.0);
            let written = io::Write::write_all(&mut writer, payload.as_bytes());
            let _ = written.and_then(|()| writer.finish().map(drop));
        }
        put(&self.0);
    }
}

/// The data streamed into a buffer as text, in one write.
#[derive(Default)]
pub(super) struct WrittenText(Vec<u8>);

impl Encoder for WrittenText {
    const NAME: &'static str = "esse DataWriter, fmt::Write";

    fn encode(&mut self, payloads: &mut Vec<String>, put: &mut dyn FnMut(&[u8])) {
        self.0.clear();
        for payload in payloads {
            let mut writer = Block::new().data_writer(&mut self.0);
            // If this failed, so would `finish`.
            let _ = fmt::Write::write_str(&mut writer, payload);
            let _ = writer.finish();
        }
        put(&self.0);
    }
}

/// A frame made from text.
#[derive(Default)]
pub(super) struct FramedText;

impl Encoder for FramedText {
    const NAME: &'static str = "esse Frame of &str";

    fn encode(&mut self, payloads: &mut Vec<String>, put: &mut dyn FnMut(&[u8])) {
        for payload in payloads {
            let frame = Block::event(payload.as_str()).to_frame();
            frame.segments().iter().for_each(|segment| put(segment));
        }
    }
}

/// A frame made from `Bytes`, which it validates, and shares if they are large.
#[derive(Default)]
pub(super) struct Framed;

impl Encoder for Framed {
    const NAME: &'static str = "esse Frame";

    fn encode(&mut self, payloads: &mut Vec<String>, put: &mut dyn FnMut(&[u8])) {
        for payload in payloads.drain(..) {
            let Ok(data) = Data::try_from(Bytes::from(payload)) else {
                continue;
            };
            Block::event(data)
                .to_frame()
                .segments()
                .iter()
                .for_each(|segment| put(segment));
        }
    }
}
