//! Encoder for the WHATWG event stream format (server-sent events): the counterpart of
//! `esse-parser`.
//!
//! ```
//! use esse_encoder::{Block, EventId, EventType};
//!
//! const GREETING: EventType = EventType::from_static("greeting");
//!
//! let frame = Block::event("hello\nworld")
//!     .event_type(GREETING)
//!     .id(EventId::from(7))
//!     .to_frame();
//! assert_eq!(frame.to_bytes(), "event: greeting\ndata: hello\ndata: world\nid: 7\n\n");
//! ```
//!
//! | to | use |
//! |---|---|
//! | append blocks to a buffer | [`Block::encode`] |
//! | send one block to many | [`Block::to_frame`], which copies no large payload |
//! | stream data of any size | [`DataWriter`], or `copy_data` |
//!
//! What goes in comes out. A type, an ID or a field that would be read as something else cannot be
//! made ([`InvalidField`]); nothing is stripped. Data and comments may hold anything that is UTF-8:
//! they are read back as they were, but for CRLF and CR, which become LF.
//!
//! The format is defined by the [standard], sections 9.2.5 and 9.2.6.
//!
//! # Features
//! `std` (default) adds [`DataWriter`] and [`Frame::write_to`]; `codec`, `async_io` and `json` add
//! what ties this crate to tokio-util, tokio and serde. Without `std` the crate needs `alloc` only.
//!
//! [standard]: https://html.spec.whatwg.org/multipage/server-sent-events.html

#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(feature = "std")]
mod adapt;
mod block;
mod data;
mod decimal;
mod encode;
mod error;
mod field;
mod frame;
mod lines;
#[cfg(feature = "std")]
mod stream;
#[cfg(feature = "std")]
mod utf8;
#[cfg(feature = "std")]
mod writer;

#[cfg(any(feature = "codec", feature = "async_io"))]
pub use adapt::*;
pub use block::{Block, Fields};
pub use data::Data;
pub use error::{InvalidField, InvalidUtf8, Part};
pub use field::{EventId, EventType, FieldName};
pub use frame::{Frame, FrameBuf};
#[cfg(feature = "std")]
pub use writer::DataWriter;

/// The README's examples, run as tests.
#[cfg(all(doctest, feature = "codec", feature = "async_io", feature = "json"))]
#[doc = include_str!("../README.md")]
struct Readme;
