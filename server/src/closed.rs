//! `HubClosed`: the error of publishing after the end.

use std::fmt;

/// The hub was closed or is draining, so nothing was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HubClosed;

impl fmt::Display for HubClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the hub is closed, so nothing more can be published")
    }
}

impl std::error::Error for HubClosed {}
