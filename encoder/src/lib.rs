//! An injection-proof encoder for the WHATWG event stream format (server-sent events). Its
//! counterpart is `esse-parser`.
//!
//! Start with [`Block`]: build one, then encode it.
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
//! | send one block to many receivers | [`Block::to_frame`], which does not copy a large payload |
//! | stream data of any size | [`Block::data_writer`], or [`Block::copy_data`] with tokio |
//! | answer a request with one event of any size | [`Block::to_body`], with [`FileChunks`] if its data is a file |
//! | send blocks through the `FramedWrite` of tokio-util | [`BlockEncoder`] |
//! | send a value as JSON | [`Block::json`] |
//! | send a keep-alive or a reconnection time | [`Block::new`] |
//!
//! A type, an ID or a field that a receiver would read as something else is refused with an
//! [`InvalidField`] error. Nothing is stripped. Data and comments may be any UTF-8 text, and
//! receivers read them as they were, except that CRLF and CR become LF.
//!
//! The format is defined by the [standard], sections 9.2.5 and 9.2.6.
//!
//! # Features
//! `std` (default) adds [`DataWriter`] and [`Frame::write_to`]. `tokio` adds [`Block::copy_data`],
//! `body` adds [`Block::to_body`], `file` adds [`FileChunks`], `codec` adds [`BlockEncoder`], and
//! `json` adds [`Block::json`]. Without `std` the crate only needs `alloc`.
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
#[cfg(feature = "std")]
mod buffer;
mod data;
mod decimal;
mod encode;
mod error;
mod field;
mod frame;
mod lines;
#[cfg(feature = "std")]
mod open_event;
#[cfg(feature = "std")]
mod utf8;
#[cfg(feature = "std")]
mod writer;

#[cfg(feature = "codec")]
pub use adapt::BlockEncoder;
#[cfg(feature = "body")]
pub use adapt::EventBody;
#[cfg(feature = "file")]
pub use adapt::FileChunks;
pub use block::{Block, Parts};
pub use data::Data;
pub use error::{FieldPart, InvalidField, InvalidUtf8};
pub use field::{EventId, EventType, FieldName};
pub use frame::{Frame, FrameBuf};
#[cfg(feature = "std")]
pub use writer::DataWriter;

/// The README's examples, run as tests.
#[cfg(all(doctest, feature = "codec", feature = "tokio", feature = "json"))]
#[doc = include_str!("../README.md")]
struct Readme;
