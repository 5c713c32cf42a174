//! What the browsers make of the vectors: `certified.json`, `deviations.json` and `DEVIATIONS.md` agree with
//! the vectors and with each other.

#![allow(clippy::expect_used, reason = "a test stops at the first fault")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use esse_vectors::{Level, parse_vectors};
use serde::Deserialize;

/// How many engines must confirm a vector, where nothing else is said.
const ENOUGH: usize = 2;
const WHY: &str = "\n- **Why the vectors stand**: ";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Certified {
    engines: BTreeMap<String, Run>,
    vectors: BTreeMap<String, BTreeMap<String, Cell>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    version: String,
    date: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Cell {
    Says(String),
    Deviates(Vec<String>),
}

#[derive(Deserialize)]
struct Deviations {
    engines: BTreeMap<String, Engine>,
}

#[derive(Deserialize)]
struct Engine {
    deviations: BTreeSet<String>,
}

fn read(name: &str) -> String {
    std::fs::read_to_string(support::root().join(name)).expect("the file is there")
}

fn certified() -> Certified {
    serde_json::from_str(&read("certified.json")).expect("the file has its shape")
}

fn listed() -> BTreeMap<String, Engine> {
    let file: Deviations =
        serde_json::from_str(esse_vectors::DEVIATIONS).expect("it has its shape");
    file.engines
}

/// The sections of the page by their names.
fn sections() -> BTreeMap<String, String> {
    let page = read("DEVIATIONS.md");
    let sections = page.split("\n## ").skip(1);
    sections
        .filter_map(|section| section.split_once('\n'))
        .map(|(name, text)| (name.to_owned(), format!("\n{text}")))
        .collect()
}

/// The deviations by which an engine reads a vector; none where it agrees.
fn names(cell: &Cell) -> &[String] {
    match cell {
        Cell::Says(_) => &[],
        Cell::Deviates(names) => names,
    }
}

#[test]
fn every_parse_vector_and_no_other_was_read_by_every_engine() {
    let Certified { engines, vectors } = certified();
    let parse = parse_vectors().expect("the files are right");
    let ids: BTreeSet<&String> = parse.iter().map(|vector| &vector.id).collect();
    assert_eq!(vectors.keys().collect::<BTreeSet<_>>(), ids);
    for (id, cells) in vectors {
        assert!(cells.keys().eq(engines.keys()), "{id}");
    }
    for (engine, Run { version, date }) in engines {
        assert!(
            version.contains(|char: char| char.is_ascii_digit()),
            "{engine}"
        );
        assert_eq!(date.len(), "2026-01-31".len(), "{engine}");
    }
}

#[test]
fn a_cell_says_agrees_or_names_deviations_of_its_engine() {
    let listed = listed();
    for (id, cells) in certified().vectors {
        for (engine, cell) in cells {
            match cell {
                Cell::Says(text) => assert_eq!(text, "agrees", "{id}"),
                Cell::Deviates(names) => {
                    assert!(!names.is_empty(), "{id} {engine}");
                    let known = &listed[&engine].deviations;
                    let all = names.iter().all(|name| known.contains(name));
                    assert!(all, "{id} {engine}");
                }
            }
        }
    }
}

#[test]
fn two_engines_confirm_what_must_be_or_the_page_says_why_it_stands() {
    let Certified { vectors, .. } = certified();
    let sections = sections();
    let levels = parse_vectors().expect("the files are right");
    for vector in levels.iter().filter(|vector| vector.level == Level::Must) {
        let cells = &vectors[&vector.id];
        let confirmed = cells.values().filter(|cell| names(cell).is_empty());
        if confirmed.count() < ENOUGH {
            let mut deviations = cells.values().flat_map(names);
            let argued = |name: &String| sections[name].contains(WHY);
            assert!(deviations.all(argued), "{} is not confirmed", vector.id);
        }
    }
}

#[test]
fn every_deviation_has_its_section_its_engines_and_a_vector_that_shows_it() {
    let sections = sections();
    let seen = certified().vectors;
    for (engine, Engine { deviations }) in listed() {
        for name in deviations {
            let section = sections.get(&name).expect("each deviation has a section");
            let line = section.lines().find(|line| line.starts_with("- **Engine"));
            let named = line.is_some_and(|line| line.to_lowercase().contains(&engine));
            assert!(named, "{name} does not name {engine}");
            for part in ["Shortest stream", "The engine", "The standard"] {
                let part = format!("\n- **{part}**: ");
                assert!(section.contains(&part), "{name} lacks {part}");
            }
            let mut cells = seen.values().filter_map(|cells| cells.get(&engine));
            let shown = cells.any(|cell| names(cell).contains(&name));
            assert!(shown, "no vector shows {name} of {engine}");
        }
    }
}

#[test]
fn every_section_with_an_engine_is_listed() {
    let listed = listed().into_values().flat_map(|engine| engine.deviations);
    let listed: BTreeSet<String> = listed.collect();
    for (name, text) in sections() {
        let has_engine = text.contains("\n- **Engine");
        assert_eq!(has_engine, listed.contains(&name), "{name}");
    }
}
