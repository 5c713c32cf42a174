//! `notes`: the notes of all files, merged.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;

use crate::envelope::{Note, read};
use crate::error::{Reason, VectorError};
use crate::files::{ENCODE, File, PARSE};

/// The class of bug that each flag of the vectors stands for.
///
/// # Errors
/// [`VectorError`] if an embedded file does not match its schema, or if two files define a flag
/// differently.
pub fn notes() -> Result<BTreeMap<String, Note>, VectorError> {
    merged(PARSE.iter().chain(ENCODE))
}

fn merged<'f>(
    files: impl Iterator<Item = &'f File>,
) -> Result<BTreeMap<String, Note>, VectorError> {
    let mut all = BTreeMap::new();
    for file in files {
        for (flag, note) in read::<IgnoredAny>(file)?.notes {
            add(&mut all, flag, note).map_err(|reason| VectorError {
                file: file.name,
                id: None,
                reason,
            })?;
        }
    }
    Ok(all)
}

/// A flag means the same class of bug in every file.
fn add(all: &mut BTreeMap<String, Note>, flag: String, note: Note) -> Result<(), Reason> {
    match all.get(&flag) {
        Some(known) if *known != note => Err(Reason::NoteDiffers { flag }),
        _ => {
            all.insert(flag, note);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::merged;
    use crate::error::{Reason, VectorError};
    use crate::files::File;

    const ONE: File = File {
        name: "parse/one.json",
        text: r#"{"schema": "", "version": "", "suite": "parse/one", "groups": [],
            "notes": {"A": {"bug": "b", "description": "d", "links": []}}}"#,
    };
    const TWO: File = File {
        name: "parse/two.json",
        text: r#"{"schema": "", "version": "", "suite": "parse/two", "groups": [],
            "notes": {"A": {"bug": "b", "description": "e", "links": []}}}"#,
    };

    #[test]
    fn the_same_note_in_two_files_is_one_note() {
        let notes = merged([ONE, ONE].iter()).expect("the notes agree");
        assert_eq!(notes.keys().collect::<Vec<_>>(), ["A"]);
    }

    #[test]
    fn different_notes_for_one_flag_are_an_error() {
        let error = VectorError {
            file: "parse/two.json",
            id: None,
            reason: Reason::NoteDiffers {
                flag: "A".to_owned(),
            },
        };
        assert_eq!(merged([ONE, TWO].iter()), Err(error));
    }
}
