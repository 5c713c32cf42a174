//! For the maintainers of esse: real browsers as judges of the golden vectors, and the published
//! comparison of implementations. Two programs, which `scripts/certify` and `scripts/matrix` call.
#![forbid(unsafe_code)]

pub mod certify;
pub mod clients;
pub mod pages;
mod stop;

pub use self::stop::{Stop, exit};
