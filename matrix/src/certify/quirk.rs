//! The ways in which engines are known to read a stream other than the standard says. Each is a
//! rule of the [model](super::model); its page is a section of `spec-vectors/DEVIATIONS.md`.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One deviation. Its name in JSON and in the page is that of the variant, with hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Quirk {
    /// A CR or LF right after the BOM does not end a line: it is the first character of one.
    BomHidesLineEnd,
    /// Whether there is a BOM is asked of each piece by itself, until one of three bytes has come.
    BomPerPiece,
    /// A BOM of UTF-16 makes the rest UTF-16.
    Utf16Bom,
    /// The ID of a block without data is forgotten.
    IdWithoutDataLost,
    /// The ID of a block without data is only set with the next event.
    IdWithoutDataWaits,
    /// NUL is left out at the start of a line that follows a LF.
    NulDroppedAtLineStart,
    /// NUL is left out of a value, unless it comes right after the colon.
    NulDroppedFromValue,
    /// An ID may begin with NUL, right after the colon.
    NulFirstInId,
    /// After an ID that is ignored for its NUL, the name of the next field begins with `id`.
    NulIdHidesNextField,
    /// An empty reconnection time sets the engine's own.
    RetryEmptyIsDefault,
    /// An empty reconnection time is 0.
    RetryEmptyIsZero,
    /// A reconnection time over 64 bits is ignored.
    RetryTooLargeIgnored,
    /// A reconnection time is taken modulo 2^32.
    RetryWraps,
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Some deviations.
pub(super) type Quirks = BTreeSet<Quirk>;
