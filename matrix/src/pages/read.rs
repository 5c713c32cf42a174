//! The reports of `esse conform --format json`, as far as the matrix needs them, and the output of
//! `matrix probe`.

use serde::{Deserialize, Serialize};

/// A file, which has one of the two.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct File {
    pub(super) subjects: Vec<Subject>,
    pub(super) probes: Vec<Probed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subject {
    pub(super) name: String,
    #[serde(default)]
    pub(super) language: String,
    #[serde(default)]
    pub(super) implementation_version: String,
    #[serde(default)]
    pub(super) homepage: String,
    pub(super) vectors: Vec<Vector>,
}

#[derive(Deserialize)]
pub(super) struct Vector {
    pub(super) id: String,
    pub(super) spec: String,
    pub(super) role: String,
    pub(super) outcome: String,
    pub(super) reason: Option<String>,
    pub(super) failure: Option<Failure>,
}

#[derive(Deserialize)]
pub(super) struct Failure {
    pub(super) late: bool,
    #[serde(default)]
    pub(super) lost: bool,
    pub(super) cut: Option<String>,
    pub(super) input: String,
    pub(super) what: String,
    pub(super) expected: Vec<String>,
    pub(super) got: Vec<String>,
}

/// What `matrix probe` measured of one parser.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Probed {
    pub(super) name: String,
    pub(super) language: String,
    /// When the event of a block with these line ends comes; none if they do not end its lines.
    pub(super) after_lf: Option<When>,
    pub(super) after_cr: Option<When>,
    pub(super) after_crlf: Option<When>,
    /// Milliseconds for one line of 1, 2 and 4 MiB in chunks of 1 KiB; none if no answer came.
    pub(super) growth: Vec<Option<f64>>,
    /// The result of a line of 100 MiB.
    pub(super) long_line: String,
}

/// When an event comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum When {
    /// With the byte that completes it.
    AtOnce,
    /// With a later byte.
    Later,
    /// With the end of the stream.
    AtEnd,
    /// The subject takes the stream whole.
    Whole,
}
