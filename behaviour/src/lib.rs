//! Judges what clients and servers of event streams do.
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod connect;
pub mod serve;

mod described;
mod pace;
mod report;
mod result;
mod verdict;

pub use described::{Described, Kind};
pub use pace::Pace;
pub use result::{BehaviourResult, Outcome, RuleResult, Tally};
pub use verdict::{Rule, Verdict};
