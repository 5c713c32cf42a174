//! The conformance suite for the event stream format (server-sent events) of the
//! [WHATWG standard](https://html.spec.whatwg.org/multipage/server-sent-events.html): it runs the
//! golden vectors, cut in many ways, against any implementation in any language.
//!
//! This is the library behind `esse conform`. Use it to test an implementation in Rust without a
//! second process: implement [`subject::Subject`].
//!
//! ```
//! use esse_conformance::{report, runner, subject::Builtin, suite::Suite};
//!
//! let suite = Suite::load()?.filter(&["bom".to_owned()])?;
//! let options = runner::Options::default();
//! let result = runner::run(&mut Builtin::new(), &suite, None, &options, &mut |_| {});
//! println!("{}", report::Format::Text.report(&[result]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`suite`]: the vectors.
//! - [`subject`]: implementations under test, in this process or another.
//! - [`runner`]: runs vectors against a subject.
//! - [`report`]: shows the results.
//! - [`protocol`]: the messages between the suite and an adapter.
//! - [`smoke`]: checks that an adapter speaks the protocol, and says what to do if not.
//! - [`process`]: programs under test.
//! - [`parallel`]: judges several items at a time.
//!
//! The crate [`esse-behaviour`](https://docs.rs/esse-behaviour) judges clients and servers.
#![forbid(unsafe_code)]

pub mod parallel;
pub mod process;
pub mod protocol;
pub mod report;
pub mod runner;
pub mod smoke;
pub mod subject;
pub mod suite;

mod cut;
mod describe;
mod escape;
mod judge;
mod random;
