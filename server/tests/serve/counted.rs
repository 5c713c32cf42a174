//! Payloads that can be counted.

use std::sync::Arc;

use bytes::Bytes;

struct Counted {
    bytes: Vec<u8>,
    _token: Arc<()>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Bytes that hold a token as long as any of them is there.
pub(crate) fn counted(bytes: Vec<u8>, token: &Arc<()>) -> Bytes {
    Bytes::from_owner(Counted {
        bytes,
        _token: Arc::clone(token),
    })
}
