//! Feature `ureq`: the requests of the iterator go out with ureq.

use alloc::string::ToString;
use core::fmt;
use core::time::Duration;
use std::io::{self, ErrorKind, Read};

use ::ureq::{Agent, AsSendBody, BodyReader, Error, Timeout};
use bytes::Bytes;

use super::blocking::Connect;
use super::transport::{NotSent, is_futile};
use crate::Failure;

/// The time-outs of the agent do not count, since most of them would cut off a healthy stream: those
/// of the policy do. Its `http_status_as_error` does not count either.
///
/// Redirects are not followed, whatever the agent says: ureq would send a key in a header such as
/// `X-Api-Key` to another host. A redirect is an answer, and ends the client with
/// [`Closed::Refused`](crate::Closed::Refused), which has the `location`.
///
/// A connection that the client has left is closed when the next byte comes, or when no byte has
/// come for as long as the head time-out of the policy.
impl Connect for Agent {
    type Body = Body;

    fn connect(
        &self,
        request: http::Request<Bytes>,
        head_timeout: Option<Duration>,
    ) -> Result<http::Response<Body>, NotSent> {
        if request.body().is_empty() {
            run(self, request.map(drop), head_timeout)
        } else {
            let (parts, body) = request.into_parts();
            let request = http::Request::from_parts(parts, &*body);
            run(self, request, head_timeout)
        }
    }
}

fn run<B: AsSendBody>(
    agent: &Agent,
    request: http::Request<B>,
    head_timeout: Option<Duration>,
) -> Result<http::Response<Body>, NotSent> {
    let request = agent
        .configure_request(request)
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(None)
        .timeout_per_call(None)
        .timeout_recv_body(None)
        .timeout_connect(head_timeout)
        .timeout_recv_response(head_timeout)
        // Also of the body, so that it bounds how long an abandoned connection stays.
        .timeout_per_read(head_timeout)
        .build();
    let response = agent.run(request).map_err(not_sent)?;
    Ok(response.map(|body| Body(body.into_reader())))
}

fn not_sent(error: Error) -> NotSent {
    let failure = match &error {
        error if is_futile(error) => Failure::Futile,
        Error::HostNotFound
        | Error::ConnectionFailed
        | Error::ConnectProxyFailed(_)
        | Error::Timeout(Timeout::Resolve | Timeout::Connect) => Failure::Unreachable,
        Error::Io(error)
            if error.kind() == ErrorKind::ConnectionRefused || is_from_resolver(error) =>
        {
            Failure::Unreachable
        }
        Error::BadUri(_)
        | Error::Http(_)
        | Error::InvalidProxyUrl
        | Error::RequireHttpsOnly(_)
        | Error::TlsRequired => Failure::Futile,
        _ => Failure::Broken,
    };
    NotSent {
        failure,
        error: error.into(),
    }
}

/// The standard library gives such an error no kind that is stable.
fn is_from_resolver(error: &io::Error) -> bool {
    let text = error.to_string();
    error.raw_os_error().is_none() && text.starts_with("failed to lookup address information")
}

/// The body of a response of ureq.
pub struct Body(BodyReader<'static>);

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| {
            let inner = error.get_ref().and_then(|error| error.downcast_ref());
            // ureq gives it no kind.
            if matches!(inner, Some(Error::Timeout(Timeout::PerRead))) {
                ErrorKind::TimedOut.into()
            } else {
                error
            }
        })
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Body").finish_non_exhaustive()
    }
}
