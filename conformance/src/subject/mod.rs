//! Subjects: implementations under test.
//!
//! Implement [`Subject`] to test an implementation in this process. [`Process`] speaks the
//! subject protocol with a program, [`Oneshot`] runs a program once per stream, and [`Builtin`]
//! is the parser and the encoder of esse.

pub(crate) mod answer;
pub(crate) mod block;
mod builtin;
pub(crate) mod contract;
pub(crate) mod info;
mod known;
mod process;

pub use self::answer::{Encoded, Event, NoAnswer, Parsed};
pub use self::block::Block;
pub use self::builtin::Builtin;
pub use self::contract::{Origin, Subject};
pub use self::info::{Capability, Info, Role, title};
pub use self::known::{Known, KnownError};
pub use self::process::{Oneshot, Process};
pub use esse_vectors::{Content, Discarded};
