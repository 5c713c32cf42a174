#![doc = include_str!("../README.md")]
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(any(
    feature = "body",
    feature = "bytes",
    feature = "codec",
    feature = "read",
    feature = "stream"
))]
mod adapt;
mod advance;
mod block;
mod builder;
mod chunk;
mod decode;
mod error;
mod event;
mod field;
mod limits;
mod line;
mod line_ends;
mod parser;
#[cfg(all(test, feature = "reference"))]
mod proof;
#[cfg(feature = "reference")]
pub mod reference;
mod whole_block;
mod work;

#[cfg(any(
    feature = "body",
    feature = "bytes",
    feature = "codec",
    feature = "read",
    feature = "stream"
))]
pub use adapt::*;
pub use builder::Builder;
pub use chunk::Chunk;
pub use error::LimitExceeded;
pub use event::{Discarded, Event, Item, OwnedEvent};
pub use limits::{LimitKind, Limits};
pub use parser::Parser;
