//! The structure that parse files and encode files share: suite, notes, groups.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::error::{Reason, VectorError};
use crate::files::File;

/// The class of bug that a flag stands for. Returned by [`notes`](crate::notes()).
///
/// ```
/// let notes = esse_vectors::notes()?;
/// let note = &notes["EmptyData"];
/// assert_eq!(note.bug, "an event with empty data is never dispatched");
/// assert!(note.links.iter().all(|link| link.starts_with("https://")));
/// # Ok::<(), esse_vectors::VectorError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Short name of the class of bug.
    pub bug: String,
    /// What goes wrong, and who is affected.
    pub description: String,
    /// Reports of such bugs, or the section of the standard.
    pub links: Vec<String>,
}

/// How binding a vector is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The standard decides the outcome.
    Must,
    /// The standard leaves the outcome open, or is known to be read in more than one way. The
    /// expectation is what this project chose.
    May,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Must => "must",
            Self::May => "may",
        })
    }
}

/// A whole file. `T` is a test in the form of the JSON.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Envelope<T> {
    #[serde(rename = "schema")]
    _schema: IgnoredAny,
    #[serde(rename = "version")]
    _version: IgnoredAny,
    pub(crate) suite: String,
    pub(crate) notes: BTreeMap<String, Note>,
    pub(crate) groups: Vec<Group<T>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group<T> {
    pub(crate) spec: String,
    pub(crate) tests: Vec<T>,
}

/// The position of a test.
pub(crate) struct Place<'f> {
    pub(crate) file: &'static str,
    pub(crate) suite: &'f str,
    pub(crate) spec: &'f str,
}

pub(crate) fn read<T: DeserializeOwned>(file: &File) -> Result<Envelope<T>, VectorError> {
    serde_json::from_str(file.text).map_err(|error| VectorError {
        file: file.name,
        id: None,
        reason: Reason::Json {
            message: error.to_string(),
        },
    })
}

/// Flattens a file into vectors. Each test gets its suite and its section of the standard.
pub(crate) fn vectors<T: DeserializeOwned, V>(
    file: &File,
    build: fn(&Place<'_>, T) -> Result<V, VectorError>,
) -> Result<Vec<V>, VectorError> {
    let envelope = read::<T>(file)?;
    let mut vectors = Vec::new();
    for group in envelope.groups {
        let place = Place {
            file: file.name,
            suite: &envelope.suite,
            spec: &group.spec,
        };
        for test in group.tests {
            vectors.push(build(&place, test)?);
        }
    }
    Ok(vectors)
}

#[cfg(test)]
mod tests {
    use super::{Note, read, vectors};
    use crate::error::Reason;
    use crate::files::File;

    const TWO_GROUPS: &str = r#"{
        "schema": "s", "version": "v", "suite": "parse/x",
        "notes": { "A": { "bug": "b", "description": "d", "links": [] } },
        "groups": [ { "spec": "1", "tests": [7, 8] }, { "spec": "2", "tests": [9] } ]
    }"#;

    fn file(text: &'static str) -> File {
        File {
            name: "parse/x.json",
            text,
        }
    }

    #[test]
    fn every_test_is_given_with_its_place() {
        let flat = vectors(&file(TWO_GROUPS), |place, test: u8| {
            Ok((place.suite.to_owned(), place.spec.to_owned(), test))
        });
        let suite = || "parse/x".to_owned();
        let expected = [
            (suite(), "1".to_owned(), 7),
            (suite(), "1".to_owned(), 8),
            (suite(), "2".to_owned(), 9),
        ];
        assert_eq!(flat.expect("the file is right"), expected);
    }

    #[test]
    fn notes_are_read() {
        let envelope = read::<u8>(&file(TWO_GROUPS)).expect("the file is right");
        let note = Note {
            bug: "b".to_owned(),
            description: "d".to_owned(),
            links: vec![],
        };
        assert_eq!(envelope.notes["A"], note);
    }

    #[test]
    fn an_unknown_member_is_an_error_with_its_file_and_line() {
        let broken = file("{\n\"schema\": 1, \"tests\": []}");
        let error = read::<u8>(&broken).expect_err("`tests` is not a member of a file");
        assert_eq!((error.file, error.id), ("parse/x.json", None));
        assert!(matches!(error.reason, Reason::Json { message } if message.contains("line 2")));
    }
}
