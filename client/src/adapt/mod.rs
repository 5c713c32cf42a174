//! What ties the state machine to an ecosystem: one file and one feature each.

#[cfg(feature = "blocking")]
pub mod blocking;
mod ended;
mod events;
mod handle;
mod item;
mod request;
#[cfg(feature = "reqwest")]
pub mod reqwest;
mod retry_after;
mod source;
#[cfg(feature = "test")]
pub mod testing;
#[cfg(feature = "tokio")]
mod tokio;
#[cfg(feature = "tower")]
pub mod tower;
mod trace;
mod transport;
#[cfg(feature = "ureq")]
pub mod ureq;

pub use self::ended::Ended;
pub use self::events::Events;
pub use self::handle::Handle;
pub use self::item::{Item, Reconnecting};
pub use self::request::RequestError;
pub use self::source::EventSource;
#[cfg(feature = "tokio")]
pub use self::tokio::TokioTimer;
#[cfg(feature = "tower")]
pub use self::tower::Tower;
pub use self::transport::{BoxError, NotSent, Timer, Transport};
