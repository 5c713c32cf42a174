//! What ties the encoder to other crates: one file and one feature each.

#[cfg(feature = "async_io")]
mod async_io;
#[cfg(feature = "codec")]
mod codec;
#[cfg(feature = "json")]
mod json;

#[cfg(feature = "async_io")]
pub use async_io::copy_data;
#[cfg(feature = "codec")]
pub use codec::BlockEncoder;
