//! How a client ends for good.

use alloc::string::String;
use core::error::Error;
use core::fmt;

use esse_parser::{Discarded, LimitExceeded, NotAnEventStream};

use crate::Cause;

/// Why the client will not connect again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Closed {
    /// The caller closed it.
    ByCaller,
    /// The server answered 204: it has no more events, and asks not to come back.
    NoContent,
    /// The response ended, and the policy does not connect again.
    End {
        /// What its end cut off.
        discarded: Discarded,
    },
    /// The event came that ends the stream.
    Terminal,
    /// The response ended or broke before the event that ends the stream.
    Truncated {
        /// How it ended.
        cause: Cause,
    },
    /// The answer was not an event stream.
    Refused {
        /// Status, content type and the first bytes of the body.
        answer: NotAnEventStream,
        /// `Location`, if the answer was a redirect that the transport did not follow.
        location: Option<String>,
    },
    /// The event stream is compressed, and the transport does not undo that.
    Compressed {
        /// The value of `Content-Encoding`.
        coding: String,
    },
    /// A block held more than the limits allow. Connecting again would fetch it again.
    Limit(LimitExceeded),
    /// No attempt can succeed.
    Futile,
    /// The request may have reached the server, and may not be sent twice; see
    /// [`Replay`](crate::Replay).
    NotRepeated {
        /// Why it would have been sent again.
        cause: Cause,
    },
    /// As many attempts as the policy allows came to nothing. If the last of them was refused, this is
    /// [`Refused`](Self::Refused), which has the start of the body.
    GaveUp {
        /// What the last one came to.
        last: Cause,
    },
}

impl Closed {
    /// Whether something went wrong: not for an end that the caller, the server or the policy
    /// wanted.
    pub const fn is_error(&self) -> bool {
        !matches!(
            self,
            Self::ByCaller | Self::NoContent | Self::Terminal | Self::End { .. }
        )
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByCaller => f.write_str("closed by the caller"),
            Self::NoContent => f.write_str("the server answered 204: it has no more events"),
            Self::End { discarded } if discarded.had_data() => {
                f.write_str("the response ended inside an event")
            }
            Self::End { .. } => f.write_str("the response ended"),
            Self::Terminal => f.write_str("the last event came"),
            Self::Truncated { cause } => write!(f, "cut off before the last event: {cause}"),
            Self::Refused { answer, location } => {
                write!(f, "{answer}")?;
                match location {
                    Some(location) => write!(f, ", location {}", location.escape_debug()),
                    None => Ok(()),
                }
            }
            Self::Compressed { coding } => {
                let coding = coding.escape_debug();
                write!(
                    f,
                    "the body is compressed ({coding}), so no event can be read in it"
                )
            }
            Self::Limit(error) => write!(f, "{error}"),
            Self::Futile => f.write_str("the request cannot succeed"),
            Self::NotRepeated { cause } => write!(
                f,
                "{cause}; the request is not idempotent, so it was not sent again"
            ),
            Self::GaveUp { last } => write!(f, "gave up: {last}"),
        }
    }
}

impl Error for Closed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Limit(error) => Some(error),
            _ => None,
        }
    }
}
