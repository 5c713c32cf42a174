//! Server-sent events for many subscribers, in the HTTP handler that you already have: one encoded
//! frame for all of them, and exact resuming by `Last-Event-ID`.
//!
//! Start with a [`Hub`]: publish [`Block`](esse_encoder::Block)s into it, and answer each request
//! with a [`Sink`] around a [`Subscriber`].
//!
//! ```
//! use esse_encoder::{Block, EventId, EventType};
//! use esse_server::{Hub, Sink, Subscriber, Topics, last_event_id, response};
//!
//! const HEAD: EventType = EventType::from_static("head");
//!
//! // In a handler of any server whose bodies are `http_body::Body`:
//! fn events<B>(
//!     hub: &Hub,
//!     request: &http::Request<B>,
//! ) -> http::Response<Sink<Subscriber>> {
//!     let subscriber = hub
//!         .subscribe()
//!         .topics(Topics::of([HEAD]))
//!         .last_event_id(last_event_id(request.headers()))
//!         .open();
//!     response(Sink::new(subscriber))
//! }
//!
//! // Anywhere else in the program:
//! fn publish(hub: &Hub) -> Result<(), Box<dyn std::error::Error>> {
//!     let head = Block::event(r#"{"slot":"10"}"#)
//!         .event_type(HEAD)
//!         .id(EventId::new("0x9a2f")?);
//!     Ok(hub.publish(head)?)
//! }
//!
//! let hub = Hub::new();
//! let response = events(&hub, &http::Request::new(()));
//! publish(&hub)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to | use |
//! |---|---|
//! | send what you publish to all subscribers | [`Hub`] |
//! | send an event to one user, or to some | [`Record::with_topics`] |
//! | decide who may see an event | [`Record::for_audience`] and [`Subscribe::authorize`] |
//! | decide what happens when a client missed events | [`HubBuilder::on_gap`], [`Subscribe::on_gap`] |
//! | accept connections, with everything that a server needs | `serve` (feature `serve`) |
//! | keep idle streams alive in another server | [`Hub::keep_alive`] |
//! | stop the server | [`Hub::drain_within`] |
//! | send a stream for one client, with keep-alives and shutdown | [`Hub::guard`] |
//! | send any other stream of frames | [`Sink`], with [`TryFrames`] if it may break off |
//! | share events between processes, or keep them longer than a process lives | [`log`], `redis::RedisLog` |
//!
//! # Features
//! None is on by default.
//!
//! | feature | adds |
//! |---|---|
//! | `axum` | a [`Sink`] is a response of axum 0.8, and [`LastEventId`] an extractor |
//! | `file` | `Record::from_file`, an event whose data is a file; needs tokio |
//! | `hyper` | `hyper::CoalescedWrites`, for an accept loop that serves many subscribers |
//! | `json` | `Hub::publish_json` |
//! | `redis` | `redis::RedisLog`, a log that several processes share; needs tokio |
//! | `serve` | [`serve`](serve()), which accepts connections and serves an `axum::Router` or any other service on them: timeouts, limits, shutdown, and about a kilobyte for an idle subscriber; needs tokio |
//! | `tracing` | a `tracing` event when a subscriber opens, closes, or misses events |
//!
//! Without `file`, `redis` and `serve` the crate depends on no runtime: it is passed a timer if it
//! needs one.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod adapt;
mod frame_end;
pub mod gap;
mod guard;
mod held;
mod hub;
mod id_counter;
mod keep_alive;
pub mod last_event_id;
pub mod log;
pub mod metrics;
mod open_metrics;
mod publish_error;
mod record;
mod recover;
mod replay;
pub mod response;
mod resume;
#[cfg(feature = "serve")]
pub mod serve;
mod shared;
mod shutdown;
mod sink;
mod source;
mod state;
mod subscribe;
mod subscriber;
mod sync;
mod topics;
mod trace;
mod try_frames;
mod unfinished;
mod wants;

#[cfg(feature = "hyper")]
pub use adapt::hyper;
#[cfg(feature = "json")]
pub use adapt::json;
#[cfg(feature = "redis")]
pub use adapt::redis;
pub use gap::{Gap, GapCause, Recovery};
pub use guard::Guarded;
pub use hub::{Hub, HubBuilder};
pub use id_counter::IdCounter;
pub use keep_alive::KEEP_ALIVE_INTERVAL;
pub use last_event_id::{LastEventId, last_event_id};
pub use open_metrics::OPEN_METRICS;
pub use publish_error::{PublishError, UnusableId};
pub use record::Record;
pub use response::{no_content, response};
#[cfg(feature = "serve")]
pub use serve::serve;
pub use sink::Sink;
pub use state::{Keep, TooMany};
pub use subscribe::{Opened, Subscribe};
pub use subscriber::Subscriber;
pub use topics::{Topic, Topics, UnknownTopic};
pub use try_frames::TryFrames;
pub use unfinished::UnfinishedEvent;

/// The README's examples, run as tests.
#[cfg(all(doctest, feature = "axum", feature = "serve"))]
#[doc = include_str!("../README.md")]
struct Readme;
