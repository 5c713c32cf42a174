//! The files of the vectors as they lie on disk.

#![allow(dead_code, reason = "each test program uses its part")]

use std::path::{Path, PathBuf};

use serde_json::Value;

/// A file of vectors.
pub(crate) struct Document {
    /// `parse`, `encode` or `connect`.
    pub(crate) kind: &'static str,
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) json: Value,
}

/// All files of parse and encode vectors, in the order of their names.
pub(crate) fn documents() -> Vec<Document> {
    ["parse", "encode"]
        .into_iter()
        .flat_map(in_folder)
        .collect()
}

/// All files of one folder, in the order of their names.
pub(crate) fn in_folder(kind: &'static str) -> Vec<Document> {
    let entries = std::fs::read_dir(root().join(kind)).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    paths.sort();
    paths.into_iter().map(|path| document(kind, path)).collect()
}

fn document(kind: &'static str, path: PathBuf) -> Document {
    let text = std::fs::read_to_string(&path).expect("the file is UTF-8");
    let json = serde_json::from_str(&text).expect("the file is JSON");
    Document {
        kind,
        path,
        text,
        json,
    }
}

/// The schema of a kind of file.
pub(crate) fn schema(kind: &str) -> Value {
    let path = root().join("schema").join(format!("{kind}.schema.json"));
    let text = std::fs::read_to_string(path).expect("the schema is there");
    serde_json::from_str(&text).expect("the schema is JSON")
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All tests of a file as they stand in it.
pub(crate) fn tests(json: &Value) -> impl Iterator<Item = &Value> {
    let groups = json["groups"].as_array().into_iter().flatten();
    groups.flat_map(|group| group["tests"].as_array().into_iter().flatten())
}
