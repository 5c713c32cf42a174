//! The embedded JSON files.

/// One file of vectors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct File {
    /// The path in this crate.
    pub(crate) name: &'static str,
    /// The JSON text.
    pub(crate) text: &'static str,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(File { name: $name, text: include_str!(concat!("../", $name)) }),*]
    };
}

pub(crate) const PARSE: &[File] = files![
    "parse/bom.json",
    "parse/chunks.json",
    "parse/comment.json",
    "parse/data.json",
    "parse/discarded.json",
    "parse/dispatch.json",
    "parse/end-of-stream.json",
    "parse/event-type.json",
    "parse/fields.json",
    "parse/hostile.json",
    "parse/id.json",
    "parse/ignored.json",
    "parse/initial-id.json",
    "parse/large.json",
    "parse/line-ends.json",
    "parse/names.json",
    "parse/nul.json",
    "parse/real-shapes.json",
    "parse/retry.json",
    "parse/standard-examples.json",
    "parse/utf8-cuts.json",
    "parse/utf8.json",
];

pub(crate) const ENCODE: &[File] = files![
    "encode/block.json",
    "encode/comment.json",
    "encode/data.json",
    "encode/event.json",
    "encode/examples.json",
    "encode/fields.json",
    "encode/id.json",
    "encode/large.json",
    "encode/retry.json",
];

pub(crate) const CONNECT: &[File] = files![
    "connect/answers.json",
    "connect/ends.json",
    "connect/ids.json",
    "connect/load.json",
    "connect/methods.json",
    "connect/modes.json",
    "connect/redirects.json",
    "connect/refusals.json",
    "connect/requests.json",
    "connect/stop.json",
    "connect/time.json",
];

#[cfg(test)]
mod tests {
    use super::{CONNECT, ENCODE, File, PARSE};

    fn on_disk(folder: &str) -> Vec<String> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let entries = std::fs::read_dir(path).expect("the folder is there");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("the folder can be read").file_name())
            .map(|name| format!("{folder}/{}", name.to_string_lossy()))
            .collect();
        names.sort();
        names
    }

    fn embedded(files: &[File]) -> Vec<&str> {
        files.iter().map(|file| file.name).collect()
    }

    #[test]
    fn every_parse_file_is_embedded() {
        assert_eq!(embedded(PARSE), on_disk("parse"));
    }

    #[test]
    fn every_encode_file_is_embedded() {
        assert_eq!(embedded(ENCODE), on_disk("encode"));
    }

    #[test]
    fn every_file_of_scenarios_is_embedded() {
        assert_eq!(embedded(CONNECT), on_disk("connect"));
    }
}
