//! The rows of the browsers: what `scripts/certify` recorded.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use esse_conformance::report::escape;
use esse_conformance::suite::{ParseCase, Suite};

use super::read::{Failure, Subject, Vector};
use crate::Stop;
use crate::certify::{Deviation, Engine, Recorded, recorded};

/// In `DEVIATIONS.md`, before what an engine does.
const LABEL: &str = "- **The engine**: ";

/// Each engine as a subject, from `certified.json` and the `DEVIATIONS.md` beside it.
pub(super) fn read(certified: &Path) -> Result<Vec<Subject>, Stop> {
    let page = certified.with_file_name("DEVIATIONS.md");
    let page_text = fs::read_to_string(&page).map_err(|error| Stop::file(&page, error))?;
    let cases = Suite::load()?.parse;
    let engines = recorded(certified, &cases).map_err(|error| Stop::file(certified, error))?;
    let reasons = reasons(&page_text);
    let engines = engines.into_iter();
    Ok(engines
        .map(|engine| subject(engine, &reasons, &page))
        .collect())
}

/// The first sentence of what each deviation is, by its name.
fn reasons(page: &str) -> HashMap<&str, &str> {
    page.split("\n## ").skip(1).filter_map(reason).collect()
}

fn reason(section: &str) -> Option<(&str, &str)> {
    let (name, text) = section.split_once('\n')?;
    let what = text.lines().find_map(|line| line.strip_prefix(LABEL))?;
    let sentence = what.split_once(". ").map_or(what, |(first, _)| first);
    Some((name, sentence.trim_end_matches('.')))
}

fn subject(engine: Recorded<'_>, reasons: &HashMap<&str, &str>, page: &Path) -> Subject {
    let vectors = engine
        .vectors
        .into_iter()
        .map(|(case, deviation)| vector(case, deviation, reasons));
    Subject {
        name: name(engine.engine).to_owned(),
        language: "C++ (browser)".to_owned(),
        implementation_version: number(&engine.version).to_owned(),
        homepage: page.display().to_string(),
        vectors: vectors.collect(),
    }
}

fn name(engine: Engine) -> &'static str {
    match engine {
        Engine::Chromium => "Chromium",
        Engine::Firefox => "Firefox",
        Engine::Webkit => "WebKitGTK",
    }
}

/// The number among what a browser says of itself.
fn number(version: &str) -> &str {
    let is_number = |word: &&str| word.starts_with(|first: char| first.is_ascii_digit());
    version.split(' ').find(is_number).unwrap_or(version)
}

fn vector(case: &ParseCase, deviation: Option<Deviation>, reasons: &HashMap<&str, &str>) -> Vector {
    let sentence = |name: &String| {
        reasons
            .get(name.as_str())
            .copied()
            .unwrap_or(name)
            .to_owned()
    };
    let outcome = if deviation.is_some() {
        "known"
    } else {
        "passed"
    };
    Vector {
        id: case.vector.id.clone(),
        spec: case.vector.spec.clone(),
        role: "parse".to_owned(),
        outcome: outcome.to_owned(),
        reason: deviation.as_ref().map(|deviation| {
            let sentences: Vec<String> = deviation.names.iter().map(sentence).collect();
            sentences.join("; ")
        }),
        failure: deviation.map(|deviation| Failure {
            late: false,
            lost: false,
            cut: Some(deviation.cut),
            input: escape::quote(&case.stream),
            what: deviation.names.join(", "),
            expected: vec![deviation.expected],
            got: vec![deviation.got],
        }),
    }
}
