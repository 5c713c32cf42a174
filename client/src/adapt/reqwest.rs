//! Feature `reqwest`: requests go out with reqwest.

use alloc::boxed::Box;
use core::future::Future;
use core::pin::Pin;

use ::reqwest::{Body, Client, Request, redirect};
use bytes::Bytes;

use super::transport::{NotSent, Transport};
use crate::Failure;

impl Transport for Client {
    type Body = Body;
    type Sending = Pin<Box<dyn Future<Output = Result<http::Response<Body>, NotSent>> + Send>>;

    fn send(&mut self, request: http::Request<Bytes>) -> Self::Sending {
        let client = self.clone();
        let request = Request::try_from(request.map(Body::from));
        Box::pin(async move {
            let response = match request {
                Ok(request) => client.execute(request).await,
                Err(error) => Err(error),
            };
            response.map(Into::into).map_err(not_sent)
        })
    }
}

fn not_sent(error: ::reqwest::Error) -> NotSent {
    let failure = if error.is_builder() || error.is_redirect() {
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
