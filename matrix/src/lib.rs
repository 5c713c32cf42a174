//! For the maintainers of esse: real browsers as judges of the golden vectors, and the published
//! comparison of implementations. Its programs are called by `scripts/certify`, `scripts/clients`,
//! `scripts/matrix` and `scripts/wpt`.
#![forbid(unsafe_code)]

pub mod certify;
pub mod clients;
pub mod pages;
mod stop;
pub mod wpt;

pub use self::stop::{Stop, exit};
