//! The crates that are peers of esse's parser or encoder, one file for each.

mod async_sse;
mod axum;
mod eventsource_client;
mod eventsource_stream;
mod eventsource_stream2;
mod russe;
mod sse_codec;
mod sse_core;
mod sse_parse;
mod sse_stream;
mod sseer;
mod tokio_sse_codec;

use bytes::Bytes;

use super::{EncodingSubject, Kind, Subject, encoder, subject};
use crate::feed::Slices;

/// The parsers.
pub(super) const SUBJECTS: &[Subject] = &[
    subject::<sse_core::SseCore, Slices>(Kind::Peer),
    subject::<sse_core::OfStream, Bytes>(Kind::Peer),
    subject::<sse_stream::SseStream, Slices>(Kind::Peer),
    subject::<sse_stream::SseStream, Bytes>(Kind::Peer),
    subject::<sse_parse::SseParse, Slices>(Kind::Peer),
    subject::<sse_parse::OfStream, Bytes>(Kind::Peer),
    subject::<sseer::Sseer, Bytes>(Kind::Peer),
    subject::<eventsource_stream::EventsourceStream, Slices>(Kind::Peer),
    subject::<eventsource_stream::EventsourceStream, Bytes>(Kind::Peer),
    subject::<eventsource_stream2::EventsourceStream2, Slices>(Kind::Peer),
    subject::<eventsource_stream2::EventsourceStream2, Bytes>(Kind::Peer),
    subject::<async_sse::AsyncSse, Slices>(Kind::Peer),
    subject::<sse_codec::SseCodec, Slices>(Kind::Peer),
    subject::<tokio_sse_codec::TokioSseCodec, Slices>(Kind::Peer),
    subject::<russe::Russe, Slices>(Kind::Peer),
    subject::<eventsource_client::EventsourceClient, Bytes>(Kind::Peer),
];

/// The encoders.
pub(super) const ENCODERS: &[EncodingSubject] = &[
    encoder::<axum::Axum>(Kind::Peer),
    encoder::<sse_stream::SseStream>(Kind::Peer),
    encoder::<russe::Russe>(Kind::Peer),
    encoder::<sse_codec::SseCodec>(Kind::Peer),
    encoder::<tokio_sse_codec::TokioSseCodec>(Kind::Peer),
    encoder::<async_sse::AsyncSse>(Kind::Peer),
];
