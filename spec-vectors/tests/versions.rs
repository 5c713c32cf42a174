//! The version is the same wherever it stands, and no ID that was ever published is gone.

#![allow(clippy::expect_used, reason = "a test stops at the first fault")]

mod support;

use std::collections::BTreeSet;

use esse_vectors::VERSION;
use support::{documents, root, tests};

/// Prints a new `ids.txt`, for whoever added a vector.
const RENEW: &str =
    "cargo run -- vectors list | cut -d' ' -f1 | LC_ALL=C sort >spec-vectors/ids.txt";

#[test]
fn every_file_has_the_version_of_the_crate() {
    for file in documents() {
        assert_eq!(file.json["version"], VERSION, "{}", file.path.display());
    }
}

#[test]
fn the_change_log_begins_with_the_version() {
    let log = read("CHANGELOG.md");
    let newest = log.lines().find_map(|line| line.strip_prefix("## "));
    assert_eq!(newest, Some(VERSION));
}

#[test]
fn the_list_of_ids_is_sorted_and_names_none_twice() {
    let list = read("ids.txt");
    let ids: Vec<&str> = list.lines().collect();
    let wrong = ids.windows(2).find(|pair| pair[0] >= pair[1]);
    assert_eq!(wrong, None, "out of order");
}

/// Others have lists of known failures by ID: one that is gone makes theirs wrong.
#[test]
fn no_published_id_is_gone_and_every_new_one_is_published() {
    let list = read("ids.txt");
    let published = list.lines().collect();
    let files = documents();
    let there = files
        .iter()
        .flat_map(|file| tests(&file.json))
        .filter_map(|test| test["id"].as_str())
        .collect();
    assert_eq!(gone(&published, &there), [""; 0], "put back the vector");
    assert_eq!(gone(&there, &published), [""; 0], "new: {RENEW}");
}

fn gone<'i>(before: &BTreeSet<&'i str>, now: &BTreeSet<&'i str>) -> Vec<&'i str> {
    before.difference(now).copied().collect()
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).expect("the file is there")
}
