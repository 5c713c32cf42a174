//! The properties that no input may break, each a plain function on stable Rust.
//!
//! `fuzz_targets/` runs them under libFuzzer, `tests/replay.rs` runs them on the seeds, the
//! corpus and the regressions. A property takes bytes and panics if it does not hold. The README
//! says how to run and how to add one; [`input`] describes how the bytes are read.
#![forbid(unsafe_code)]

mod adapters;
pub mod blocks;
mod connection;
mod differential;
mod encodings;
mod injection;
pub mod input;
mod limits;
mod model;
mod protocol;
pub mod replay;
mod roundtrip;
pub mod seeds;
mod sources;

pub use adapters::adapters;
pub use connection::connection;
pub use differential::differential;
pub use injection::injection;
pub use limits::{limits, memory_bound};
pub use protocol::protocol;
pub use roundtrip::roundtrip;

/// A property, the name of its target, and the kind of seed that it reads.
///
/// ```
/// let differential = &esse_fuzz::PROPERTIES[0];
/// (differential.check)(b"data: x\r\n\r\n");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// The name of the target.
    pub name: &'static str,
    /// The folder of its seeds, as the program `seeds` writes them.
    pub seeds: &'static str,
    /// Panics if the property does not hold for the input.
    pub check: fn(&[u8]),
}

/// All properties.
///
/// ```
/// assert!(esse_fuzz::PROPERTIES.iter().any(|property| property.name == "injection"));
/// ```
pub const PROPERTIES: [Property; 7] = [
    property("differential", "streams", differential),
    property("adapters", "streams", adapters),
    property("roundtrip", "blocks", roundtrip),
    property("injection", "blocks", injection),
    property("limits", "streams", limits),
    property("protocol", "lines", protocol),
    property("connection", "streams", connection),
];

const fn property(name: &'static str, seeds: &'static str, check: fn(&[u8])) -> Property {
    Property { name, seeds, check }
}

/// The whole of a target: what libFuzzer calls, or else a program that replays files.
///
/// ```
/// esse_fuzz::target!(differential);
/// ```
#[macro_export]
macro_rules! target {
    ($property:ident) => {
        #[cfg(fuzzing)]
        ::libfuzzer_sys::fuzz_target!(|input: &[u8]| $crate::$property(input));

        #[cfg(not(fuzzing))]
        fn main() -> ::std::process::ExitCode {
            $crate::replay::main($crate::$property)
        }
    };
}
