//! Known failures of a subject, a client or a server: a file with a reason for each of them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The known failures of one subject, one client or one server.
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
    /// The name of the subject, as in its [`Info`](super::Info), or of the client or server, as its
    /// program says it.
    pub subject: String,
    /// The reason of each failure, by the ID of the vector, scenario or check.
    pub failures: BTreeMap<String, String>,
    /// Vectors that the subject is too slow for, with the reason of each. They are not sent, so that
    /// no result depends on the speed of the machine. For a client or a server there are none: no
    /// scenario or check asks it to be fast.
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
    /// An entry does not name a vector; a scenario if it is about a client, or a check if it is about
    /// a server.
    UnknownEntry(String),
    /// An entry says that a client or a server is too slow.
    Slow(String),
}

impl fmt::Display for KnownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Shape(error) => write!(f, "not a file of known failures: {error}"),
            Self::NoReason(id) => write!(f, "the entry {id:?} gives no reason"),
            Self::UnknownEntry(id) => {
                write!(f, "the entry {id:?} names no vector, scenario or check")
            }
            Self::Slow(id) => write!(
                f,
                "the entry {id:?} is under `slow`, but no scenario or check asks for speed"
            ),
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
    /// [`KnownError::UnknownEntry`] with the first that does not.
    pub fn check(&self, is_id: impl Fn(&str) -> bool) -> Result<(), KnownError> {
        let mut ids = self.failures.keys().chain(self.slow.keys());
        match ids.find(|id| !is_id(id)) {
            Some(id) => Err(KnownError::UnknownEntry(id.clone())),
            None => Ok(()),
        }
    }

    /// Checks that each entry names a scenario or a check, and that nothing is said to be too slow.
    ///
    /// # Errors
    /// [`KnownError::UnknownEntry`] or [`KnownError::Slow`] with the first that is not so.
    pub fn check_behaviour(&self, is_id: impl Fn(&str) -> bool) -> Result<(), KnownError> {
        self.check(is_id)?;
        match self.slow.keys().next() {
            Some(id) => Err(KnownError::Slow(id.clone())),
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
            Err(KnownError::UnknownEntry(_))
        ));
    }

    #[test]
    fn an_entry_of_a_client_names_a_scenario_and_is_not_slow() {
        let check = |text: &str| {
            read(text)
                .unwrap()
                .check_behaviour(|id| id == "answers/200")
        };
        assert!(check(r#"{"subject":"x","failures":{"answers/200":"c"}}"#).is_ok());
        assert!(matches!(
            check(r#"{"subject":"x","failures":{"bom/twice":"c"}}"#),
            Err(KnownError::UnknownEntry(id)) if id == "bom/twice"
        ));
        assert!(matches!(
            check(r#"{"subject":"x","failures":{},"slow":{"answers/200":"c"}}"#),
            Err(KnownError::Slow(id)) if id == "answers/200"
        ));
    }
}
