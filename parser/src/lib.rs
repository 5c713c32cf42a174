// One of the README's examples needs the feature `stream`.
#![cfg_attr(any(not(doctest), feature = "stream"), doc = include_str!("../README.md"))]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(any(
    feature = "body",
    feature = "codec",
    feature = "read",
    feature = "stream"
))]
mod adapt;
mod block;
mod buffer;
mod chunk;
mod decode;
mod error;
mod event;
mod field;
mod limits;
mod line_ends;
mod parser;
#[cfg(feature = "reference")]
pub mod reference;
mod response;
mod work;

#[cfg(any(
    feature = "body",
    feature = "codec",
    feature = "read",
    feature = "stream"
))]
pub use adapt::*;
pub use chunk::{Chunk, ChunkState};
pub use error::LimitExceeded;
pub use event::{Content, Discarded, Event, Item, OwnedEvent, OwnedItem};
pub use limits::{LimitKind, Limits};
pub use parser::{Parser, ParserBuilder};
pub use response::{NotAnEventStream, check_response};
