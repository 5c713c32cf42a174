//! Recordings of HTTP responses, and a server that plays them.
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "server")]
mod answers;
#[cfg(feature = "server")]
mod body;
#[cfg(feature = "server")]
mod preflight;
mod recording;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
mod timeline;

pub use recording::{
    MASK, RecordedChunk, RecordedEnd, Recording, RecordingError, RecordingHead, RecordingReader,
    RecordingWriter,
};
#[cfg(feature = "server")]
pub use server::{Answer, Played, ReceivedRequest, ReplayServer, ReplayServerBuilder, Start};
#[cfg(feature = "server")]
pub use timeline::Cut;
