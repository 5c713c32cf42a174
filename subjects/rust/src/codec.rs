//! Drives a decoder of tokio-util as its framed reader does.

use bytes::{Bytes, BytesMut};
use tokio_util::codec::Decoder;

/// Takes all items, and tells after which chunk.
pub fn decode<D: Decoder>(
    mut decoder: D,
    chunks: Vec<Bytes>,
    mut take: impl FnMut(D::Item, usize),
) -> Result<(), String>
where
    D::Error: ToString,
{
    let (mut buffer, end) = (BytesMut::new(), chunks.len());
    for (after, chunk) in chunks.iter().enumerate() {
        buffer.extend_from_slice(chunk);
        while let Some(item) = decoder.decode(&mut buffer).map_err(|error| error.to_string())? {
            take(item, after);
        }
    }
    // An error at the end takes back nothing: it says that something was left over.
    while let Ok(Some(item)) = decoder.decode_eof(&mut buffer) {
        take(item, end);
    }
    Ok(())
}
