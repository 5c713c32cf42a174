//! `Data`: text that is known to be UTF-8, borrowed or shared.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use simdutf8::compat::from_utf8;

use crate::error::InvalidUtf8;

/// How many bytes of data a line must have, on average, for a frame to share the data instead of
/// copying it.
///
/// Measured for one line (x86-64, glibc, in nanoseconds on top of the scan for line breaks):
/// copying takes 200 for 8 KiB, 540 for 16 KiB, 1100 for 32 KiB and 2400 for 64 KiB. Sharing takes
/// 120 for any size, and 30 more than a copy each time that the segments are cloned to be sent. At
/// 32 KiB, sharing is therefore faster for up to about thirty subscribers, and always saves memory.
/// With more segments the ratio stays the same.
pub(crate) const SHARE_FROM: usize = 32 * 1024;

/// The data of an event: any text, line breaks included.
///
/// | from | cost |
/// |---|---|
/// | `&str` | nothing; a [`Frame`](crate::Frame) copies it |
/// | `String`, [`Data::from_static`] | nothing; a `Frame` shares a large one |
/// | `Bytes`, `Vec<u8>` | one UTF-8 check; a `Frame` shares a large one |
/// | `&[u8]` | one UTF-8 check; a `Frame` copies it |
///
/// ```
/// use bytes::Bytes;
/// use esse_encoder::{Block, Data};
///
/// let body = Bytes::from("from the network");
/// let block = Block::event(Data::try_from(body)?);
/// assert_eq!(block.to_frame().to_bytes(), "data: from the network\n\n");
/// # Ok::<(), esse_encoder::InvalidUtf8>(())
/// ```
#[derive(Clone, Debug)]
pub struct Data<'a>(Repr<'a>);

#[derive(Clone, Debug)]
enum Repr<'a> {
    Text(Cow<'a, str>),
    /// Checked to be UTF-8.
    Shared(Bytes),
}

impl Data<'_> {
    /// Text that lives as long as the program. Frames share it if it is large.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Repr::Shared(Bytes::from_static(text.as_bytes())))
    }

    /// The text as bytes, which are UTF-8.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Text(text) => text.as_bytes(),
            Repr::Shared(bytes) => bytes,
        }
    }

    /// The same data, which borrows nothing.
    pub(crate) fn into_owned(self) -> Data<'static> {
        match self.0 {
            Repr::Text(text) => Data::from(text.into_owned()),
            Repr::Shared(bytes) => Data(Repr::Shared(bytes)),
        }
    }

    pub(crate) fn shared(&self) -> Option<&Bytes> {
        match &self.0 {
            Repr::Text(_) => None,
            Repr::Shared(bytes) => Some(bytes),
        }
    }
}

impl<'a> From<&'a str> for Data<'a> {
    fn from(text: &'a str) -> Self {
        Self(Repr::Text(Cow::Borrowed(text)))
    }
}

impl<'a> From<&'a String> for Data<'a> {
    fn from(text: &'a String) -> Self {
        Self::from(text.as_str())
    }
}

/// A short string stays a string: a frame copies it anyway, and turning it into `Bytes` may
/// allocate.
impl From<String> for Data<'_> {
    fn from(text: String) -> Self {
        if text.len() < SHARE_FROM {
            return Self(Repr::Text(Cow::Owned(text)));
        }
        Self(Repr::Shared(Bytes::from(text)))
    }
}

impl<'a> From<Cow<'a, str>> for Data<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::from(text),
            Cow::Owned(text) => Self::from(text),
        }
    }
}

/// # Errors
/// [`InvalidUtf8`] holds the offset of the first invalid sequence.
impl TryFrom<Bytes> for Data<'_> {
    type Error = InvalidUtf8;

    fn try_from(bytes: Bytes) -> Result<Self, InvalidUtf8> {
        check(&bytes)?;
        Ok(Self(Repr::Shared(bytes)))
    }
}

/// # Errors
/// [`InvalidUtf8`] holds the offset of the first invalid sequence.
impl TryFrom<Vec<u8>> for Data<'_> {
    type Error = InvalidUtf8;

    fn try_from(bytes: Vec<u8>) -> Result<Self, InvalidUtf8> {
        Self::try_from(Bytes::from(bytes))
    }
}

/// # Errors
/// [`InvalidUtf8`] holds the offset of the first invalid sequence.
impl<'a> TryFrom<&'a [u8]> for Data<'a> {
    type Error = InvalidUtf8;

    fn try_from(bytes: &'a [u8]) -> Result<Self, InvalidUtf8> {
        check(bytes).map(Self::from)
    }
}

fn check(bytes: &[u8]) -> Result<&str, InvalidUtf8> {
    from_utf8(bytes).map_err(|error| InvalidUtf8 {
        at: error.valid_up_to() as u64,
    })
}
