//! The crates of the project under one name, each behind a feature.
#![cfg_attr(
    any(not(doctest), all(feature = "parser", feature = "axum", feature = "serve")),
    doc = include_str!("../README.md")
)]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(no_inline)]
#[cfg(feature = "client")]
pub use esse_client as client;
#[doc(no_inline)]
#[cfg(feature = "encoder")]
pub use esse_encoder as encoder;
#[doc(no_inline)]
#[cfg(feature = "parser")]
pub use esse_parser as parser;
#[doc(no_inline)]
#[cfg(feature = "testing")]
pub use esse_replay as testing;
#[doc(no_inline)]
#[cfg(feature = "server")]
pub use esse_server as server;
