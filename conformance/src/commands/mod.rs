//! The commands of the `esse` program, one file each: its arguments (`Args`) and `run`.
//!
//! These are modules of the program; what they use of the library comes from
//! `esse_conformance`.

pub mod certify;
pub mod conform;
pub mod decode;
pub mod encode;
pub mod matrix;
pub mod subject;
pub mod vectors;

mod bytes;
mod explain;
mod export;
mod input;
mod report_file;
mod seeds;
mod smoke;
mod standard;
mod stop;
mod subjects;
