//! What the tests share: blocks as plain values, from the test kit, and readers and writers.
#![allow(dead_code, unused_imports, reason = "each test uses a part")]

#[cfg(feature = "std")]
pub(crate) mod io;

pub(crate) use esse_testkit::{Values, encoded, with_lf};
