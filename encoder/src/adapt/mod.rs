//! What ties the encoder to other crates: one file and one feature each.

#[cfg(feature = "body")]
mod body;
#[cfg(feature = "codec")]
mod codec;
#[cfg(feature = "file")]
mod file;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "tokio")]
mod tokio;

#[cfg(feature = "body")]
pub use body::EventBody;
#[cfg(feature = "codec")]
pub use codec::BlockEncoder;
#[cfg(feature = "file")]
pub use file::FileChunks;
