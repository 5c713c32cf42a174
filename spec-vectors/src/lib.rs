//! Golden vectors for the WHATWG event stream format (server-sent events), embedded and typed.
//!
//! The vectors are JSON files for any language; the README describes them. This crate embeds the
//! same files for Rust, and expands them to bytes and strings. It contains no parser and no encoder.
//!
//! | to | use |
//! |---|---|
//! | test a parser | [`parse_vectors`]: event streams and what they mean (9.2.6 of the [standard]) |
//! | test an encoder | [`encode_vectors`]: blocks and their encoding, or why they must be refused |
//! | test a client | [`connect::scenarios`]: what a server does, and what the client must say and send (9.2.2, 9.2.3) |
//! | explain a failure | [`notes`]: the class of bug that a flag of a vector stands for |
//!
//! ```
//! for vector in esse_vectors::parse_vectors()? {
//!     // Feed `vector.input` to a parser, in any chunks, and compare with `vector.expect`.
//!     assert!(!vector.id.is_empty());
//! }
//! # Ok::<(), esse_vectors::VectorError>(())
//! ```
//!
//! Nothing is cached, so each call reads the files again. The result of [`encode_vectors`] contains
//! payloads of 16 MiB and takes about 100 MiB. The structs have the members of the files; a
//! minor version may add a member that may be absent.
//!
//! [standard]: https://html.spec.whatwg.org/multipage/server-sent-events.html
#![forbid(unsafe_code)]

pub mod connect;

mod encode;
mod envelope;
mod error;
mod files;
mod hex;
mod notes;
mod parse;
mod text;

pub use crate::encode::{BlockVector, EncodeExpectation, EncodeVector, RejectedField, Rejection};
pub use crate::envelope::{Level, Note};
pub use crate::error::{Reason, VectorError};
pub use crate::notes::notes;
pub use crate::parse::{Alternative, Content, Discarded, Expectation, ExpectedEvent, ParseVector};

/// The version of the vectors, which is the version of this crate. The README explains its parts.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How browser engines deviate, as JSON: the file `deviations.json`. `DEVIATIONS.md` explains it.
pub const DEVIATIONS: &str = include_str!("../deviations.json");

/// All parse vectors, in the order of their files.
///
/// # Errors
/// [`VectorError`] if an embedded file does not match its schema. The tests of this crate make sure
/// that all files do.
pub fn parse_vectors() -> Result<Vec<ParseVector>, VectorError> {
    collect(files::PARSE, parse::vectors)
}

/// All encode vectors, in the order of their files.
///
/// # Errors
/// [`VectorError`] if an embedded file does not match its schema. The tests of this crate make sure
/// that all files do.
pub fn encode_vectors() -> Result<Vec<EncodeVector>, VectorError> {
    collect(files::ENCODE, encode::vectors)
}

fn collect<V>(
    files: &[files::File],
    read: fn(&files::File) -> Result<Vec<V>, VectorError>,
) -> Result<Vec<V>, VectorError> {
    let per_file = files.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(per_file.into_iter().flatten().collect())
}

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
