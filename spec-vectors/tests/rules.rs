//! What the schema cannot say: rules between members, between files, and on the numbers.

#![allow(clippy::expect_used, reason = "a test stops at the first fault")]

mod support;

use std::collections::BTreeSet;

use esse_vectors::{EncodeExpectation, encode_vectors, notes, parse_vectors};
use serde_json::Value;
use support::{Document, documents, tests};

#[test]
fn there_are_enough_vectors() {
    let parse = parse_vectors().expect("the files are right").len();
    let encode = encode_vectors().expect("the files are right").len();
    assert!(parse >= 350, "{parse} parse vectors");
    assert!(encode >= 100, "{encode} encode vectors");
}

#[test]
fn every_test_on_disk_is_given() {
    let files = documents();
    let on_disk = files.iter().flat_map(|file| tests(&file.json)).count();
    let parse = parse_vectors().expect("the files are right").len();
    let encode = encode_vectors().expect("the files are right").len();
    assert_eq!(parse + encode, on_disk);
}

#[test]
fn every_file_keeps_its_rules() {
    for file in documents() {
        assert_eq!(problems(&file), [""; 0], "{}", file.path.display());
    }
}

#[test]
fn ids_are_unique_over_all_files() {
    let files = documents();
    let tests = files.iter().flat_map(|file| tests(&file.json));
    let ids = tests.filter_map(|test| test["id"].as_str());
    assert_eq!(repeated(ids), [""; 0]);
}

#[test]
fn notes_of_all_files_agree() {
    let known = notes().expect("the notes agree");
    let files = documents();
    let used: BTreeSet<_> = files.iter().flat_map(|file| flags(&file.json)).collect();
    assert!(known.keys().map(String::as_str).eq(used));
}

/// An event comes out exactly where there is data, and with the ID that is then known.
#[test]
fn encoded_blocks_dispatch_what_they_hold() {
    for vector in encode_vectors().expect("the files are right") {
        let EncodeExpectation::Bytes {
            bytes,
            events,
            last_event_id,
            ..
        } = &vector.expect
        else {
            continue;
        };
        let (id, has_data) = (&vector.id, vector.block.data.is_some());
        assert_eq!(events.len(), usize::from(has_data), "{id}");
        let mut ids = events.iter().map(|event| &event.last_event_id);
        assert!(ids.all(|id| id == last_event_id), "{id}");
        assert_eq!(bytes.last(), Some(&b'\n'), "{id}");
    }
}

/// Rules within one file.
fn problems(file: &Document) -> Vec<String> {
    let (flags, defined) = (flags(&file.json), defined(&file.json));
    let mut problems = Vec::new();
    problems.extend(raw_characters(&file.text));
    problems.extend(misnamed_suite(file));
    problems.extend(difference("flag without a note", &flags, &defined));
    problems.extend(difference("note without a use", &defined, &flags));
    problems.extend(tests(&file.json).filter_map(needless_hex));
    problems
}

/// Files are ASCII, so that no editor, shell or checkout can change what a vector says.
fn raw_characters(text: &str) -> Option<String> {
    let raw = text.chars().find(|c| !matches!(c, '\n' | ' '..='~'));
    raw.map(|c| format!("raw character {}", c.escape_unicode()))
}

fn misnamed_suite(file: &Document) -> Option<String> {
    let stem = file.path.file_stem().unwrap_or_default().to_string_lossy();
    let name = format!("{}/{stem}", file.kind);
    (file.json["suite"] != *name).then(|| format!("suite is not {name}"))
}

fn flags(json: &Value) -> BTreeSet<&str> {
    let flags = tests(json).flat_map(|test| test["flags"].as_array().into_iter().flatten());
    flags.filter_map(Value::as_str).collect()
}

fn defined(json: &Value) -> BTreeSet<&str> {
    let notes = json["notes"].as_object().into_iter().flatten();
    notes.map(|(name, _)| name.as_str()).collect()
}

fn difference(what: &str, some: &BTreeSet<&str>, others: &BTreeSet<&str>) -> Vec<String> {
    let missing = some.difference(others);
    missing.map(|flag| format!("{what}: {flag}")).collect()
}

/// Hexadecimal digits only where text cannot say it.
fn needless_hex(test: &Value) -> Option<String> {
    let digits: String = test["inputHex"].as_str()?.split(' ').collect();
    let pairs = (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16));
    let bytes: Vec<u8> = pairs.filter_map(Result::ok).collect();
    std::str::from_utf8(&bytes)
        .is_ok()
        .then(|| format!("{}: inputHex is UTF-8", test["id"]))
}

fn repeated<'i>(ids: impl Iterator<Item = &'i str>) -> Vec<&'i str> {
    let mut seen = BTreeSet::new();
    ids.filter(|id| !seen.insert(*id)).collect()
}

/// The rules can be broken: each defect is found, and it alone.
mod broken {
    use super::{Document, problems, repeated};

    const RIGHT: &str = r#"{"suite": "parse/sample", "notes": {"Flag": {}},
        "groups": [{"tests": [{"id": "sample/one", "flags": ["Flag"], "inputHex": "ff 0a"}]}]}"#;

    fn found(from: &str, to: &str) -> Vec<String> {
        let text = RIGHT.replace(from, to);
        let json = serde_json::from_str(&text).expect("the sample is JSON");
        problems(&Document {
            kind: "parse",
            path: "parse/sample.json".into(),
            text,
            json,
        })
    }

    #[test]
    fn a_right_file_has_no_problem() {
        assert_eq!(found("", ""), [""; 0]);
    }

    #[test]
    fn each_defect_of_a_file_is_found() {
        for (from, to, problem) in [
            ("sample/one", "sample/\u{e9}", "raw character \\u{e9}"),
            (": {}", ":\t{}", "raw character \\u{9}"),
            ("sample/one", "sample/\u{7f}", "raw character \\u{7f}"),
            ("parse/sample", "parse/other", "suite is not parse/sample"),
            (
                r#"["Flag"]"#,
                r#"["Flag", "New"]"#,
                "flag without a note: New",
            ),
            (r#"["Flag"]"#, "[]", "note without a use: Flag"),
            ("ff 0a", "c3 a9", "\"sample/one\": inputHex is UTF-8"),
        ] {
            assert_eq!(found(from, to), [problem]);
        }
    }

    #[test]
    fn a_repeated_id_is_found() {
        assert_eq!(repeated(["a/b", "a/c", "a/b"].into_iter()), ["a/b"]);
    }
}
