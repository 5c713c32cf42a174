//! Feature `reqwest`: requests go out with reqwest.

use alloc::boxed::Box;
use alloc::string::ToString;
use core::future::Future;
use core::pin::Pin;

use ::reqwest::{Body, Client, redirect};
use bytes::Bytes;

use super::transport::{NotSent, Transport, is_futile};
use crate::Failure;

impl Transport for Client {
    type Body = Body;
    type Sending = Pin<Box<dyn Future<Output = Result<http::Response<Body>, NotSent>> + Send>>;

    fn send(&mut self, request: http::Request<Bytes>) -> Self::Sending {
        let (parts, body) = request.into_parts();
        // Takes a user and a password out of the URL, which a `Request` made of this one would not.
        let request = self
            .request(parts.method, parts.uri.to_string())
            .headers(parts.headers)
            .body(body);
        let request = request.version(parts.version);
        let sending = request.send();
        Box::pin(async move { sending.await.map(Into::into).map_err(not_sent) })
    }
}

fn not_sent(error: ::reqwest::Error) -> NotSent {
    let failure = if error.is_builder() || error.is_redirect() || is_futile(&error) {
        Failure::Futile
    } else if error.is_connect() {
        Failure::Unreachable
    } else {
        Failure::Broken
    };
    NotSent {
        failure,
        error: error.into(),
    }
}

/// Returns the policy that follows redirects within one origin, and at most ten.
///
/// reqwest's own policy follows redirects to other hosts and removes only the headers that it knows
/// to be secret, such as `Authorization`. A key in a header such as `X-Api-Key` would go along.
pub fn same_origin() -> redirect::Policy {
    redirect::Policy::custom(|attempt| {
        let is_same = attempt
            .previous()
            .last()
            .is_none_or(|from| from.origin() == attempt.url().origin());
        if !is_same {
            attempt.stop()
        } else if attempt.previous().len() > 10 {
            attempt.error("more than ten redirects")
        } else {
            attempt.follow()
        }
    })
}
