//! Why a connection was lost.

use core::fmt;
use core::time::Duration;

use esse_parser::Discarded;

/// What the transport reports if a request or its answer breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// No byte of the request was sent: the name did not resolve, or nothing accepted the
    /// connection. Sending the request again repeats nothing.
    Unreachable,
    /// The request was sent, or a part of it, and the server may have acted on it.
    Broken,
    /// No attempt can succeed: the URL has a scheme that the transport does not know, or the
    /// certificate is for another name.
    Futile,
}

/// Why the client connects again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The response ended.
    End {
        /// What its end cut off.
        discarded: Discarded,
    },
    /// The connection broke, before or inside the response.
    Broken {
        /// What was cut off.
        discarded: Discarded,
    },
    /// No byte of the request was sent.
    Unreachable,
    /// The head of the response did not come in time.
    NoHead,
    /// No byte came in time, not even one of a comment.
    Idle {
        /// What was cut off.
        discarded: Discarded,
    },
    /// No event came in time.
    Silent {
        /// What was cut off.
        discarded: Discarded,
    },
    /// The server refused for now.
    Refused {
        /// The status code.
        status: u16,
        /// How long the server asked to wait.
        retry_after: Option<Duration>,
    },
    /// The caller asked for it.
    Restart,
}

impl Cause {
    /// Whether the response ended as HTTP says that it should.
    pub(crate) const fn is_clean(&self) -> bool {
        matches!(self, Self::End { .. } | Self::Restart)
    }

    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End { discarded } if discarded.had_data() => {
                f.write_str("the response ended inside an event")
            }
            Self::End { .. } => f.write_str("the response ended"),
            Self::Broken { .. } => f.write_str("the connection broke"),
            Self::Unreachable => f.write_str("the server cannot be reached"),
            Self::NoHead => f.write_str("no answer came in time"),
            Self::Idle { .. } => f.write_str("nothing came in time, not even a comment"),
            Self::Silent { .. } => f.write_str("no event came in time"),
            Self::Refused { status, .. } => write!(f, "the server answered {status}"),
            Self::Restart => f.write_str("restarted by the caller"),
        }
    }
}
