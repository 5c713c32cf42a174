//! Feature `test`: a transport that plays a script, and time that passes at once, for users' tests.
//!
//! [`Scripted`] takes the place of the network and [`VirtualTime`] that of the clock, so that a test
//! of reconnecting code needs neither sockets nor sleeps.
//!
//! ```
//! use std::time::Duration;
//!
//! use esse_client::EventSource;
//! use esse_client::testing::{Answer, Scripted, VirtualTime};
//! use futures_util::TryStreamExt;
//!
//! let time = VirtualTime::new();
//! let transport = Scripted::new(time.clone())
//!     .answer(Answer::stream().chunk("id: 1\ndata: a\n\n").breaks())
//!     .answer(Answer::stream().pause(Duration::from_secs(60)).chunk("data: b\n\n"))
//!     .answer(Answer::status(204));
//! let request = http::Request::get("http://localhost/").body("".into())?;
//!
//! let source = EventSource::with_timer(transport.clone(), time.clone(), request);
//! let events = source.events().map_ok(|event| event.data);
//! let data: Vec<_> = time.run(events.try_collect())?;
//!
//! assert_eq!(data, ["a", "b"]);
//! assert_eq!(transport.requests()[1].headers()["last-event-id"], "1");
//! assert!(time.now() > Duration::from_secs(60));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! If the code under test spawns tasks of tokio, give `TokioTimer` to both in place of
//! [`VirtualTime`], under `#[tokio::test(start_paused = true)]`.

mod scripted;
mod time;

pub use scripted::{Answer, Played, Scripted, Sending};
pub use time::{Sleep, VirtualTime};
