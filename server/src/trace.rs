//! What is reported to `tracing`, if the feature of that name is on.
#![cfg_attr(not(feature = "tracing"), allow(unused_variables))]

#[cfg(feature = "redis")]
use std::fmt::Display;

use crate::gap::Gap;
use crate::metrics::Outcome;
use crate::source::BoxError;
use crate::topics::Topics;

/// `tracing::debug!` or `tracing::warn!`, or nothing without the feature.
macro_rules! report {
    ($level:ident, $($fields:tt)*) => {
        #[cfg(feature = "tracing")]
        tracing::$level!($($fields)*);
    };
}

pub(crate) fn opened(topics: &Topics) {
    report!(debug, ?topics, "subscriber opened");
}

pub(crate) fn closed(outcome: Outcome) {
    report!(debug, ?outcome, "subscriber closed");
}

pub(crate) fn gap(gap: &Gap) {
    // No text of the client, and no warning: any client can cause as many as it likes.
    let Gap { cause, missed, .. } = gap;
    report!(debug, ?cause, missed, "subscriber missed events");
}

pub(crate) fn source_failed(error: &BoxError) {
    report!(warn, %error, "the source of an event, or of a response, failed");
}

#[cfg(feature = "serve")]
pub(crate) fn could_not_accept(error: &std::io::Error) {
    report!(warn, %error, "a connection could not be accepted");
}

#[cfg(feature = "redis")]
pub(crate) fn out_of_reach(error: &redis::RedisError) {
    report!(warn, %error, "the log in Redis is out of reach");
}

#[cfg(feature = "redis")]
pub(crate) fn left_out(id: impl Display, why: &str) {
    report!(warn, %id, why, "a stream entry cannot be an event and is left out");
}

#[cfg(feature = "redis")]
pub(crate) fn missed_after(id: impl Display) {
    report!(warn, %id, "the hub missed the stream entries after this one");
}
