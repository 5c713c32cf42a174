//! What ties the state machine to an ecosystem: one file and one feature each.

#[cfg(feature = "blocking")]
pub mod blocking;
mod chunk_events;
mod ended;
mod events;
mod handle;
mod item;
mod platform;
mod request;
#[cfg(all(
    feature = "reqwest",
    not(all(target_family = "wasm", target_os = "unknown"))
))]
pub mod reqwest;
mod retry_after;
mod source;
mod sync;
#[cfg(feature = "test")]
pub mod testing;
#[cfg(feature = "tokio")]
mod tokio;
#[cfg(feature = "tower")]
mod tower;
mod trace;
mod transport;
#[cfg(feature = "ureq")]
mod ureq;
#[cfg(all(feature = "wasm", target_family = "wasm", target_os = "unknown"))]
mod wasm;

pub use self::chunk_events::ChunkEvents;
pub use self::ended::Ended;
pub use self::events::Events;
pub use self::handle::Handle;
pub use self::item::{Item, Reconnecting};
pub use self::platform::MaybeSend;
pub use self::request::RequestError;
pub use self::source::EventSource;
#[cfg(feature = "tokio")]
pub use self::tokio::TokioTimer;
#[cfg(feature = "tower")]
pub use self::tower::Tower;
pub use self::transport::{BoxError, NotSent, Timer, Transport};
#[cfg(all(feature = "wasm", target_family = "wasm", target_os = "unknown"))]
pub use self::wasm::WebTimer;
