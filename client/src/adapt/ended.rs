//! The error that ends a client.

use alloc::boxed::Box;
use core::error::Error;
use core::fmt;

use super::transport::BoxError;
use crate::Closed;

/// Why a client ended unexpectedly.
#[derive(Debug)]
#[non_exhaustive]
pub enum Ended {
    /// The answers of the server, or the network.
    Closed {
        /// Why there is no further attempt.
        closed: Closed,
        /// What the transport says about that.
        error: Option<BoxError>,
        /// Status and headers of the last answer, if that was a refusal.
        refusal: Option<Box<http::response::Parts>>,
    },
    /// The hook that makes the requests failed.
    Hook(BoxError),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed { closed, .. } => closed.fmt(f),
            Self::Hook(_) => f.write_str("the request could not be made"),
        }
    }
}

impl Error for Ended {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Closed {
                error: Some(error), ..
            }
            | Self::Hook(error) => Some(&**error),
            Self::Closed { closed, .. } => closed.source(),
        }
    }
}
