//! Server-sent events to many subscribers: one encoded frame for all of them, replay by
//! `Last-Event-ID`, in the HTTP handler that you already have.
//!
//! ```
//! use esse_encoder::{Block, EventId, EventType};
//! use esse_server::{Hub, Sink, Topics, last_event_id, response};
//!
//! // Once:
//! let hub = Hub::new();
//!
//! // In the handler, whatever it belongs to:
//! # let request = http::Request::new(());
//! let subscriber = hub
//!     .subscribe()
//!     .topics(Topics::of([EventType::from_static("head")]))
//!     .last_event_id(last_event_id(request.headers())?)
//!     .open();
//! let response = response(Sink::new(subscriber));
//!
//! // Wherever things happen:
//! let head = Block::event(r#"{"slot":"10"}"#)
//!     .event_type(EventType::from_static("head"))
//!     .id(EventId::new("0x9a2f")?);
//! hub.publish(head)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to | use |
//! |---|---|
//! | send what you publish to all who are subscribed | [`Hub`] |
//! | send a stream of your own, with keep-alives and shutdown | [`Hub::guard`] |
//! | send any stream of frames | [`Sink`] alone |
//! | keep records beyond the memory of one process | [`Log`] |
//!
//! # Features
//! None is on by default. `axum`: a [`Sink`] is a response, and `LastEventId` an extractor.
//! `direct`: a server of its own for a process that does nothing but fan out, on tokio. `hyper`:
//! `Joined`, for an accept loop that serves many subscribers. `redis`: `RedisLog`, a log that
//! several processes share, on tokio. `tracing`: an event for each subscriber that opens, closes,
//! or misses events. Without `direct` and `redis` there is no dependency on a runtime: what needs a
//! timer is given one.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod adapt;
#[cfg(feature = "direct")]
mod direct;
mod guard;
mod hub;
mod keep_alive;
mod log;
mod metrics;
mod overflow;
mod record;
mod replay;
mod response;
mod shutdown;
mod sink;
mod state;
mod subscriber;
mod sync;
mod topics;
mod trace;

#[cfg(any(feature = "axum", feature = "hyper", feature = "redis"))]
pub use adapt::*;
#[cfg(feature = "direct")]
pub use direct::{Direct, Meter, Refusal, Traffic};
pub use guard::Guarded;
pub use hub::{Builder, Hub};
pub use keep_alive::KEEP_ALIVE_INTERVAL;
pub use log::{AppendError, HubClosed, Log, LogFuture, Page};
pub use metrics::{Closed, Dropped, Metrics};
pub use overflow::{Cause, Gap, Recovery};
pub use record::Record;
pub use response::{
    EVENT_STREAM, InvalidLastEventId, LAST_EVENT_ID, last_event_id, last_event_id_within, response,
    stop,
};
pub use sink::Sink;
pub use subscriber::{Subscribe, Subscriber};
pub use topics::Topics;

/// The README's examples, run as tests.
#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../README.md")]
struct Readme;
