//! esse and its peers on the same bytes, in one process, in one run.
//!
//! A [`corpus`](Corpus) writes an event stream and knows its events. A [`Feed`] hands the stream
//! out in chunks, a [`Peer`](peers::Peer) parses them, a [`Sink`](sink::Sink) takes the
//! events: [`Discard`](sink::Discard) to measure time, [`Check`](sink::Check) to compare the events
//! with those that the corpus wrote. The README describes the commands.
//!
//! ```
//! use std::time::Duration;
//!
//! use esse_bench::{ChunkSize, Corpus, Verdict, peers};
//!
//! let sample = Corpus::Llm.sample(1 << 14);
//! let esse = peers::SUBJECTS[0];
//! let verdict = esse.verdict(&sample, ChunkSize::Bytes(16), Duration::from_secs(60));
//! assert_eq!(verdict, Verdict::Exact);
//! ```
#![forbid(unsafe_code)]

pub mod commands;
mod corpus;
mod feed;
mod grid;
pub mod header;
pub mod numbers;
mod payloads;
pub mod peers;
mod rounds;
pub mod sink;
pub mod table;
mod verdict;

pub use corpus::{Corpus, Sample, Written};
pub use feed::{ChunkSize, Feed, Input, Slices};
pub use payloads::Payloads;
pub use rounds::Plan;
pub use verdict::Verdict;
