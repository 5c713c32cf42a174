//! What the client needs from the outside: a way to send requests, and a clock.

use alloc::boxed::Box;
use core::error::Error;
use core::future::Future;
use core::time::Duration;

use bytes::Bytes;
use http_body::Body;

use crate::Failure;

/// An error of a transport or of a hook.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Sends requests.
pub trait Transport {
    /// The body of a response.
    type Body: Body<Data = Bytes, Error: Into<BoxError>>;

    /// The response, once its head is there.
    type Sending: Future<Output = Result<http::Response<Self::Body>, NotSent>>;

    /// Sends the request. If what this returns is dropped, so is the connection.
    ///
    /// A transport that decodes bodies removes `Content-Encoding`. A response that still has one is
    /// not read.
    fn send(&mut self, request: http::Request<Bytes>) -> Self::Sending;
}

/// Why there is no response.
#[derive(Debug)]
#[allow(clippy::exhaustive_structs)]
pub struct NotSent {
    /// Whether sending it again makes sense, and repeats anything.
    pub failure: Failure,
    /// What the transport says.
    pub error: BoxError,
}

/// Whether the error, or one of its sources, is that the transport does not know the scheme, or that
/// the certificate is for another name. The types that say so are those of hyper-util and of the
/// library for TLS, which may be any; so this reads what they say.
#[cfg(any(
    feature = "ureq",
    all(
        feature = "reqwest",
        not(all(target_family = "wasm", target_os = "unknown"))
    )
))]
pub(crate) fn is_futile(error: &(dyn Error + 'static)) -> bool {
    use alloc::string::ToString;

    const FUTILE: [&str; 5] = [
        "scheme is not http",
        // rustls, OpenSSL, and the libraries of Windows and macOS
        "not valid for name",
        "ostname mismatch",
        "CN name does not match",
        "host name mismatch",
    ];
    let mut error = Some(error);
    while let Some(this) = error {
        let text = this.to_string();
        if FUTILE.iter().any(|futile| text.contains(futile)) {
            return true;
        }
        error = this.source();
    }
    false
}

/// A clock that can wait.
pub trait Timer {
    /// Ends at a certain time.
    type Sleep: Future<Output = ()>;

    /// The time since a moment that stays the same.
    fn now(&self) -> Duration;

    /// Waits until [`now`](Self::now) is `until`.
    fn sleep_until(&self, until: Duration) -> Self::Sleep;
}

#[cfg(all(test, any(feature = "reqwest", feature = "ureq")))]
mod tests {
    use std::io;

    use super::is_futile;

    #[test]
    fn what_no_attempt_can_change_is_futile() {
        for (text, expected) in [
            ("invalid URL, scheme is not http", true),
            (
                "invalid peer certificate: certificate not valid for name \"a\"",
                true,
            ),
            (
                "invalid peer certificate: certificate expired: verification time 2",
                false,
            ),
            ("Connection refused (os error 111)", false),
        ] {
            let inner = io::Error::other(text);
            assert_eq!(is_futile(&inner), expected, "{text}");
            let outer = io::Error::other(inner);
            assert_eq!(is_futile(&outer), expected, "{text}");
        }
    }
}
