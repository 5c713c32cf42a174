//! Feature `tracing`: what is reported to `tracing`.
//!
//! Only the host of a URL and the status of an answer are reported. Queries, headers and bodies may
//! hold secrets, and so may the errors of transports, which quote URLs.
#![cfg_attr(not(feature = "tracing"), allow(unused_variables, clippy::unused_self))]

use core::time::Duration;

use bytes::Bytes;

use crate::{Attempt, Cause, Closed};

/// The span of a client.
#[derive(Debug)]
pub(super) struct Trace {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

/// `tracing::debug!` or `tracing::warn!` in the span, or nothing without the feature.
macro_rules! report {
    ($trace:ident, $level:ident, $($fields:tt)*) => {
        #[cfg(feature = "tracing")]
        tracing::$level!(parent: &$trace.span, $($fields)*);
    };
}

impl Trace {
    pub(super) fn new(request: &http::Request<Bytes>) -> Self {
        Self {
            #[cfg(feature = "tracing")]
            span: tracing::info_span!(
                "event_source",
                method = %request.method(),
                host = request.uri().host(),
            ),
        }
    }

    pub(super) fn attempt(&self, attempt: &Attempt<'_>) {
        let Attempt {
            number, failures, ..
        } = attempt;
        report!(self, debug, number, failures, "attempt");
        if attempt.is_id_left_out() {
            let length = attempt.last_event_id.len();
            report!(
                self,
                warn,
                length,
                "the last event ID cannot be sent and is left out"
            );
        }
    }

    pub(super) fn open(&self) {
        report!(self, debug, "open");
    }

    pub(super) fn lost(&self, cause: &Cause, wait: Duration) {
        report!(self, debug, %cause, ?wait, "lost");
    }

    pub(super) fn ended(&self, closed: &Closed) {
        match closed {
            Closed::Refused { answer, .. } => {
                report!(self, warn, status = answer.status, "ended: refused");
            }
            closed if closed.is_error() => {
                report!(self, warn, %closed, "ended");
            }
            closed => {
                report!(self, debug, %closed, "ended");
            }
        }
    }

    pub(super) fn hook_failed(&self) {
        report!(self, warn, "ended: the hook made no request");
    }
}
