//! What `spec-vectors/certified.json` says of each engine, with the streams behind it.

use std::path::Path;
use std::{fs, io};

use esse_conformance::suite::ParseCase;

use super::describe::of_reading;
use super::engine::Engine;
use super::profile::Profile;
use super::record::{Cell, Record};
use super::vectors::{Trial, trials_of};
use super::verdict::{is_accepted, predict};

/// One engine.
#[derive(Clone, Debug)]
pub struct Recorded<'c> {
    /// The engine.
    pub engine: Engine,
    /// The version that its browser gives.
    pub version: String,
    /// The vectors that it was given, and how it deviates if it does.
    pub vectors: Vec<(&'c ParseCase, Option<Deviation>)>,
}

/// A vector that an engine does not read as the standard says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The names of the deviations, sections of `spec-vectors/DEVIATIONS.md`.
    pub names: Vec<String>,
    /// In which cut, of those that were sent.
    pub cut: String,
    /// What the standard says.
    pub expected: String,
    /// What the engine gave: what its model predicts, or else the vector would not be recorded.
    pub got: String,
    /// A page that tests the engine accepts it: the standard leaves the outcome open, and the vector
    /// has one that looks the same from there. A page does not know the engine's own reconnection
    /// time.
    pub is_accepted: bool,
}

/// Reads the file. Vectors that it has and `cases` has not are left out.
///
/// # Errors
/// When it cannot be read, or is not of the right shape.
///
/// ```
/// use esse_conformance::suite::Suite;
/// use esse_matrix::certify::recorded;
///
/// let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec-vectors/certified.json");
/// let cases = Suite::load()?.parse;
/// let engines = recorded(file.as_ref(), &cases)?;
/// let chromium = &engines[0];
/// let (_, deviation) = chromium.vectors.iter().find(|(case, _)| case.vector.id == "bom/then-lf").unwrap();
/// assert_eq!(deviation.as_ref().unwrap().names, ["bom-hides-line-end"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn recorded<'c>(file: &Path, cases: &'c [ParseCase]) -> io::Result<Vec<Recorded<'c>>> {
    let record: Record = serde_json::from_slice(&fs::read(file)?)?;
    let recorded = record.engines.iter().map(|(engine, run)| {
        let profile = Profile::of(*engine).map_err(io::Error::other)?;
        let vectors = cases.iter().filter_map(|case| {
            let deviation = match record.vectors.get(&case.vector.id)?.get(engine)? {
                Cell::Agrees(_) => None,
                Cell::Deviates(names) => Some(deviation(names, case, &profile)),
            };
            Some((case, deviation))
        });
        Ok(Recorded {
            engine: *engine,
            version: run.version.clone(),
            vectors: vectors.collect(),
        })
    });
    recorded.collect()
}

fn deviation(names: &[String], case: &ParseCase, profile: &Profile) -> Deviation {
    let quirks = &profile.deviations;
    let trials = trials_of(0, case);
    // The first cut in which it shows; the whole stream if only the reconnection shows it.
    let shows = |trial: &&Trial<'_>| !trial.right.contains(&predict(&trial.probe, quirks));
    let trial = trials.iter().find(shows).unwrap_or(&trials[0]);
    let expected = trial.right.first();
    Deviation {
        names: names.to_vec(),
        cut: trial.cut.to_owned(),
        expected: expected.map_or(String::new(), |right| of_reading(right, &trial.probe)),
        got: of_reading(&predict(&trial.probe, quirks), &trial.probe),
        is_accepted: trials.iter().all(|trial| {
            let predicted = predict(&trial.probe, quirks);
            is_accepted(&predicted, &trial.probe, &trial.right, profile)
        }),
    }
}

#[cfg(test)]
mod tests {
    use esse_conformance::suite::Suite;
    use esse_vectors::Level;

    use super::*;

    const CERTIFIED: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../spec-vectors/certified.json"
    );

    /// Chromium waits for its own time after an empty one, which the vector allows. Firefox connects
    /// again before a time of 2^32 ms is over, which no vector does.
    #[test]
    fn a_page_accepts_a_deviation_only_if_the_vector_lists_its_outcome() {
        let cases = Suite::load().unwrap().parse;
        let engines = recorded(CERTIFIED.as_ref(), &cases).unwrap();
        let is_accepted = |engine: Engine, id: &str| {
            let engine = engines.iter().find(|one| one.engine == engine).unwrap();
            let mut vectors = engine.vectors.iter();
            let (_, deviation) = vectors.find(|(case, _)| case.vector.id == id).unwrap();
            deviation.as_ref().unwrap().is_accepted
        };
        assert!(is_accepted(
            Engine::Chromium,
            "retry/empty-colon-after-valid"
        ));
        assert!(!is_accepted(Engine::Chromium, "bom/then-lf"));
        assert!(!is_accepted(Engine::Firefox, "retry/over-32-bits"));
        for (case, deviation) in engines.iter().flat_map(|engine| &engine.vectors) {
            let is_must = case.vector.level == Level::Must;
            let is_accepted = deviation.as_ref().is_some_and(|it| it.is_accepted);
            assert!(!(is_must && is_accepted), "{}", case.vector.id);
        }
    }
}
