//! The tests of an export, and which of them must fail in an engine.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use esse_conformance::suite::Suite;
use serde::Deserialize;
use serde_json::Value;

use crate::Stop;
use crate::certify::{Engine, recorded};
use crate::clients::{Known, Reason};

/// The folder of the tests in the export.
const FOLDER: &str = "eventsource/esse";

/// The tests of an export.
#[derive(Debug, Default)]
pub(super) struct Exported(pub(super) Vec<Test>);

/// A vector or scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Test {
    pub(super) id: String,
    /// The URLs of the pages that have it: one for each cut of a vector.
    pub(super) pages: Vec<String>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    vectors: Vec<Value>,
    #[serde(default)]
    scenarios: Vec<Value>,
}

impl Exported {
    /// Reads the tests of all pages, or of those whose name begins with one of these.
    pub(super) fn read(dir: &Path, names: &[String]) -> Result<Self, Stop> {
        let folder = dir.join(FOLDER).join("resources");
        let mut files = Vec::new();
        for entry in fs::read_dir(&folder).map_err(|error| Stop::file(&folder, error))? {
            files.push(entry.map_err(|error| Stop::file(&folder, error))?.path());
        }
        files.sort();
        let mut tests = Vec::new();
        for file in files {
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            let is_wanted = names.is_empty() || names.iter().any(|wanted| name.starts_with(wanted));
            if is_wanted
                && file
                    .extension()
                    .is_some_and(|extension| extension == "json")
            {
                let text = fs::read_to_string(&file).map_err(|error| Stop::file(&file, error))?;
                let data: Data =
                    serde_json::from_str(&text).map_err(|error| Stop::file(&file, error))?;
                tests.extend(data.tests(&name));
            }
        }
        Ok(Self(tests))
    }
}

impl Data {
    fn tests(&self, name: &str) -> Vec<Test> {
        let url = format!("/{FOLDER}/{name}.window.html");
        let id = |test: &Value| test["id"].as_str().unwrap_or_default().to_owned();
        let vectors = self.vectors.iter().map(|test| {
            let cuts = test["cuts"].as_array().into_iter().flatten();
            let cuts = cuts.filter_map(Value::as_str);
            Test {
                id: id(test),
                pages: cuts.map(|cut| format!("{url}?cut={cut}")).collect(),
            }
        });
        let scenarios = self.scenarios.iter().map(|test| Test {
            id: id(test),
            pages: vec![url.clone()],
        });
        vectors.chain(scenarios).collect()
    }
}

/// What is recorded of an engine, by the IDs of vectors and scenarios.
#[derive(Debug, Default)]
pub(super) struct Expected {
    /// Their tests must fail.
    pub(super) fail: BTreeSet<String>,
    /// The engine deviates, and the vector accepts that: the standard leaves it open.
    pub(super) accepted: BTreeSet<String>,
}

impl Expected {
    /// Reads what is recorded of an engine.
    pub(super) fn of(engine: Engine, certified: &Path, clients: &Path) -> Result<Self, Stop> {
        let cases = Suite::load()?.parse;
        let engines = recorded(certified, &cases).map_err(|error| Stop::file(certified, error))?;
        let recorded = engines.into_iter().find(|one| one.engine == engine);
        let recorded = recorded.ok_or_else(|| {
            Stop::file(
                certified,
                format!("it has no results of {engine}; run scripts/certify"),
            )
        })?;
        let mut expected = Self::default();
        for (case, deviation) in recorded.vectors {
            let id = case.vector.id.clone();
            match deviation {
                Some(deviation) if deviation.is_accepted => expected.accepted.insert(id),
                Some(_) => expected.fail.insert(id),
                None => continue,
            };
        }
        let known = Known::read(clients)?;
        let name = engine.to_string();
        let ids = known.of(&name).flat_map(Reason::ids);
        expected.fail.extend(ids.map(ToOwned::to_owned));
        Ok(expected)
    }
}
