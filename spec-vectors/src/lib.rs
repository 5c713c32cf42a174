//! Golden vectors for the WHATWG event stream format (server-sent events), embedded and typed.
//!
//! The vectors are JSON files, made to be used from any language: see the README beside them.
//! This crate holds the same files for Rust. It embeds them, expands them to bytes and strings, and
//! does nothing else: it knows no parser and no encoder.
//!
//! - A [`ParseVector`] is an event stream and what it means by 9.2.6 of the
//!   [standard](https://html.spec.whatwg.org/multipage/server-sent-events.html).
//! - An [`EncodeVector`] is a block and its canonical encoding, or why it must be refused.
//! - A [`Note`] says which class of bug a flag of a vector stands for.
//!
//! ```
//! for vector in esse_vectors::parse_vectors()? {
//!     // Feed `vector.input` to a parser, cut as you like, and compare with `vector.expect`.
//!     assert!(!vector.id.is_empty());
//! }
//! # Ok::<(), esse_vectors::VectorError>(())
//! ```
//!
//! Nothing is cached: each call reads the files anew. [`encode_vectors`] holds payloads of 16 MiB and
//! takes about 100 MiB.
#![forbid(unsafe_code)]

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
pub use crate::parse::{Alternative, Expectation, ExpectedEvent, ParseVector};

/// The version of the vectors, which is that of this crate. The README says what changes with it.
///
/// ```
/// let major = esse_vectors::VERSION.split('.').next();
/// assert_eq!(major, Some("1"));
/// ```
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is known of the browser engines, as JSON: `deviations.json`, explained by `DEVIATIONS.md`.
///
/// ```
/// assert!(esse_vectors::DEVIATIONS.contains("chromium"));
/// ```
pub const DEVIATIONS: &str = include_str!("../deviations.json");

/// All parse vectors, in the order of their files.
///
/// # Errors
/// [`VectorError`] where an embedded file is not of the shape that its schema demands. The tests of
/// this crate see to it that no released file is.
///
/// ```
/// let vectors = esse_vectors::parse_vectors()?;
/// let with_bom = vectors.iter().filter(|vector| vector.spec == "9.2.5/bom");
/// assert!(with_bom.count() > 0);
/// # Ok::<(), esse_vectors::VectorError>(())
/// ```
pub fn parse_vectors() -> Result<Vec<ParseVector>, VectorError> {
    collect(files::PARSE, parse::vectors)
}

/// All encode vectors, in the order of their files.
///
/// # Errors
/// [`VectorError`] where an embedded file is not of the shape that its schema demands. The tests of
/// this crate see to it that no released file is.
///
/// ```
/// use esse_vectors::EncodeExpectation;
///
/// let vectors = esse_vectors::encode_vectors()?;
/// let refused = vectors
///     .iter()
///     .filter(|vector| matches!(vector.expect, EncodeExpectation::Rejected { .. }));
/// assert!(refused.count() > 0);
/// # Ok::<(), esse_vectors::VectorError>(())
/// ```
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

/// Runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
