//! The conformance suite for the event stream format of the
//! [WHATWG standard](https://html.spec.whatwg.org/multipage/server-sent-events.html): the golden
//! vectors at all cuts, run against any implementation in any language.
//!
//! This is the library behind the `esse` program, whose README tells how to use that. To test
//! an implementation in Rust without a second process, implement [`subject::Subject`]:
//!
//! ```
//! use esse_conformance::{builtin::Builtin, report, runner, suite::Suite};
//!
//! let suite = Suite::load()?.filter(&["bom".to_owned()])?;
//! let options = runner::Options::default();
//! let result = runner::run(&mut Builtin::new(), &suite, None, &options, &mut |_| {});
//! println!("{}", report::text::report(&[result]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`suite`]: the vectors. [`cut`]: the ways to split a stream.
//! - [`subject`]: what an implementation under test does. [`builtin`], [`process`]: the two
//!   kinds of it. [`protocol`]: how a process is spoken to. [`serve`]: its side of it.
//! - [`smoke`]: says what is wrong with an adapter, before any vector is run.
//! - [`runner`]: runs vectors. [`judge`]: says whether an answer is right. [`known`]: failures
//!   that are expected. [`report`]: shows what came of it.
//! - [`certify`]: has a real browser read the vectors.
//! - [`block_json`]: blocks as JSON.
#![forbid(unsafe_code)]

pub mod block_json;
pub mod builtin;
pub mod certify;
pub mod cut;
mod describe;
pub mod escape;
pub mod judge;
pub mod known;
pub mod process;
pub mod protocol;
pub mod random;
pub mod report;
pub mod runner;
pub mod serve;
pub mod smoke;
pub mod subject;
pub mod suite;
