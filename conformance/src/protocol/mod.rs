//! The subject protocol, version 1: JSON lines on stdin and stdout. The README describes it.

pub(crate) mod message;
mod serve;

pub use self::message::{
    Answer, Command, EncodeMembers, OutOfStep, Outcome, Started, VERSION, from_base64,
    read_encoded, read_parsed, to_base64,
};
pub use self::serve::serve;
