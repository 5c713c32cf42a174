//! Known failures of a subject: a file with a reason for each of them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The known failures of one subject.
///
/// ```
/// let known: esse_conformance::subject::Known = serde_json::from_str(
///     r#"{"subject":"x","failures":{"bom/twice":"strips every BOM"}}"#,
/// )?;
/// assert_eq!(known.failures["bom/twice"], "strips every BOM");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The name of the subject, as in its [`Info`](super::Info).
    pub subject: String,
    /// The reason of each failure, by the ID of the vector.
    pub failures: BTreeMap<String, String>,
    /// Vectors that the subject is too slow for, with the reason of each. They are not sent, so that
    /// no result depends on the speed of the machine.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub slow: BTreeMap<String, String>,
}

/// Why a file of known failures cannot be used.
#[derive(Debug)]
pub enum KnownError {
    /// It cannot be read.
    Read(std::io::Error),
    /// It does not have the right shape.
    Shape(serde_json::Error),
    /// An entry has no reason.
    NoReason(String),
    /// An entry names no vector.
    UnknownVector(String),
}

impl fmt::Display for KnownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Shape(error) => write!(f, "not a file of known failures: {error}"),
            Self::NoReason(id) => write!(f, "the entry {id:?} gives no reason"),
            Self::UnknownVector(id) => write!(f, "the entry {id:?} names no vector"),
        }
    }
}

impl std::error::Error for KnownError {}

impl Known {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, does not have the right shape, or has an entry without a reason.
    pub fn read(path: &Path) -> Result<Self, KnownError> {
        let text = std::fs::read(path).map_err(KnownError::Read)?;
        let known: Self = serde_json::from_slice(&text).map_err(KnownError::Shape)?;
        let mut entries = known.failures.iter().chain(&known.slow);
        match entries.find(|(_, reason)| reason.trim().is_empty()) {
            Some((id, _)) => Err(KnownError::NoReason(id.clone())),
            None => Ok(known),
        }
    }

    /// Checks that each entry names a vector.
    ///
    /// # Errors
    /// [`KnownError::UnknownVector`] with the first that does not.
    pub fn check(&self, is_vector: impl Fn(&str) -> bool) -> Result<(), KnownError> {
        let mut ids = self.failures.keys().chain(self.slow.keys());
        match ids.find(|id| !is_vector(id)) {
            Some(id) => Err(KnownError::UnknownVector(id.clone())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Known, KnownError> {
        let path = std::env::temp_dir().join(format!(
            "esse-known-{}-{:?}.json",
            std::process::id(),
            std::thread::current().id()
        ));
        std::fs::write(&path, text).unwrap();
        let known = Known::read(&path);
        std::fs::remove_file(&path).unwrap();
        known
    }

    #[test]
    fn a_file_without_reasons_or_with_other_members_is_refused() {
        assert!(read(r#"{"subject":"x","failures":{"a/b":"c"}}"#).is_ok());
        assert!(matches!(
            read(r#"{"subject":"x","failures":{"a/b":" "}}"#),
            Err(KnownError::NoReason(id)) if id == "a/b"
        ));
        assert!(matches!(
            read(r#"{"subject":"x","failures":{},"slow":{"a/b":""}}"#),
            Err(KnownError::NoReason(id)) if id == "a/b"
        ));
        for text in [
            "",
            "[]",
            r#"{"subject":"x"}"#,
            r#"{"subject":"x","failures":{},"more":1}"#,
        ] {
            assert!(matches!(read(text), Err(KnownError::Shape(_))), "{text}");
        }
    }

    #[test]
    fn an_entry_that_names_no_vector_is_refused() {
        let known = read(r#"{"subject":"x","failures":{"a/b":"c"}}"#).unwrap();
        assert!(known.check(|id| id == "a/b").is_ok());
        assert!(matches!(
            known.check(|_| false),
            Err(KnownError::UnknownVector(_))
        ));
    }
}
