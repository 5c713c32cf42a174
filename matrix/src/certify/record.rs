//! `spec-vectors/certified.json`: what each engine makes of each vector.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::{fs, io};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::engine::Engine;
use super::vectors::{Certified, Outcome};

/// The file.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) engines: BTreeMap<Engine, Run>,
    pub(super) vectors: BTreeMap<String, BTreeMap<Engine, Cell>>,
}

/// Which browser, and when.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    pub(super) version: String,
    /// In UTC, as `2026-01-31`.
    date: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Cell {
    Agrees(Agrees),
    /// The names of deviations.
    Deviates(Vec<String>),
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Agrees {
    Agrees,
}

/// Writes the results of one engine into the file, and creates it if necessary. The results of other
/// engines stay, except for vectors that no longer exist.
///
/// # Errors
/// When a result is not as expected, or the file cannot be read or written.
///
/// ```
/// use esse_matrix::certify::{Certified, Engine, Outcome, record};
///
/// let file = std::env::temp_dir().join(format!("certified-{}.json", std::process::id()));
/// let results = [Certified { id: "bom/then-lf".to_owned(), outcome: Outcome::Agrees }];
/// record(&file, Engine::Firefox, "Mozilla Firefox 153.7.0esr", &results)?;
/// assert!(std::fs::read_to_string(&file)?.contains(r#""bom/then-lf": {"firefox":"agrees"}"#));
/// # std::fs::remove_file(&file)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn record(file: &Path, engine: Engine, version: &str, results: &[Certified]) -> io::Result<()> {
    let mut record = read(file)?;
    let version = version.to_owned();
    let date = Timestamp::now().strftime("%F").to_string();
    record.engines.insert(engine, Run { version, date });
    let ids: BTreeSet<&str> = results.iter().map(|result| result.id.as_str()).collect();
    record.vectors.retain(|id, _| ids.contains(id.as_str()));
    for Certified { id, outcome } in results {
        let cells = record.vectors.entry(id.clone()).or_default();
        cells.insert(engine, cell(id, outcome)?);
    }
    fs::write(file, text(&record)?)
}

fn read(file: &Path) -> io::Result<Record> {
    match fs::read(file) {
        Ok(text) => Ok(serde_json::from_slice(&text)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Record::default()),
        Err(error) => Err(error),
    }
}

fn cell(id: &str, outcome: &Outcome) -> io::Result<Cell> {
    match outcome {
        Outcome::Agrees => Ok(Cell::Agrees(Agrees::Agrees)),
        Outcome::Deviates(names) => Ok(Cell::Deviates(names.clone())),
        Outcome::Unexpected(_) => Err(io::Error::other(format!(
            "not recorded: {id} is neither as expected nor as a documented deviation predicts"
        ))),
    }
}

/// A line for each vector, so that a change is easily seen.
fn text(record: &Record) -> io::Result<String> {
    let engines = lines(&record.engines)?;
    let vectors = lines(&record.vectors)?;
    Ok(format!(
        "{{\n  \"engines\": {{\n{engines}\n  }},\n  \"vectors\": {{\n{vectors}\n  }}\n}}\n"
    ))
}

fn lines(members: &BTreeMap<impl ToString, impl Serialize>) -> io::Result<String> {
    let lines = members.iter().map(|(name, value)| {
        let name = serde_json::to_string(&name.to_string())?;
        Ok(format!("    {name}: {}", serde_json::to_string(value)?))
    });
    Ok(lines.collect::<io::Result<Vec<_>>>()?.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certified(id: &str, outcome: Outcome) -> Certified {
        let id = id.to_owned();
        Certified { id, outcome }
    }

    #[test]
    fn other_engines_stay_and_vectors_that_are_no_more_go() {
        let file = std::env::temp_dir().join(format!("esse-record-{}.json", std::process::id()));
        let deviates = Outcome::Deviates(vec!["bom-per-piece".to_owned()]);
        let first = [
            certified("a", Outcome::Agrees),
            certified("gone", Outcome::Agrees),
        ];
        record(&file, Engine::Firefox, "F", &first).unwrap();
        record(&file, Engine::Webkit, "W", &[certified("a", deviates)]).unwrap();
        let record = read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        assert_eq!(record.vectors.len(), 1);
        assert_eq!(record.engines.len(), 2);
        let cells = [
            (Engine::Firefox, Cell::Agrees(Agrees::Agrees)),
            (Engine::Webkit, Cell::Deviates(vec!["bom-per-piece".into()])),
        ];
        assert_eq!(record.vectors["a"], cells.into());
    }

    #[test]
    fn what_is_unexpected_is_not_recorded() {
        let file = std::env::temp_dir().join(format!("esse-unrecorded-{}", std::process::id()));
        let results = [certified("a", Outcome::Unexpected(String::new()))];
        assert!(record(&file, Engine::Webkit, "W", &results).is_err());
        assert!(!file.exists());
    }
}
