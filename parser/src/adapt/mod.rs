//! The adapters: one file and one feature for each ecosystem.

#[cfg(feature = "body")]
mod body;
#[cfg(feature = "codec")]
mod codec;
#[cfg(any(feature = "codec", feature = "read", feature = "stream"))]
mod cursor;
#[cfg(any(feature = "read", feature = "stream"))]
mod error;
#[cfg(feature = "read")]
mod read;
#[cfg(feature = "stream")]
mod stream;

#[cfg(feature = "body")]
pub use self::body::BodyEvents;
#[cfg(feature = "codec")]
pub use self::codec::EventDecoder;
#[cfg(any(feature = "read", feature = "stream"))]
pub use self::error::ReadError;
#[cfg(feature = "read")]
pub use self::read::EventReader;
#[cfg(feature = "stream")]
pub use self::stream::EventStream;
