//! What is known of an engine: the deviations listed in `spec-vectors/deviations.json`, and how long it
//! waits before it connects again.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::engine::Engine;
use super::quirk::Quirks;

/// What is known of one engine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Profile {
    /// Milliseconds that it waits if no stream has set the reconnection time.
    pub(super) reconnection_time: u64,
    /// Milliseconds that it waits at least: the standard lets it wait longer.
    #[serde(default)]
    pub(super) shortest: u64,
    pub(super) deviations: Quirks,
}

#[derive(Deserialize)]
struct File {
    engines: BTreeMap<Engine, Profile>,
}

impl Profile {
    /// That of an engine.
    pub(super) fn of(engine: Engine) -> Result<Self, String> {
        let file: File = serde_json::from_str(esse_vectors::DEVIATIONS)
            .map_err(|error| format!("deviations.json: {error}"))?;
        let profile = file.engines.get(&engine).cloned();
        profile.ok_or_else(|| format!("deviations.json knows no engine {engine}"))
    }

    /// How long the engine waits, with this reconnection time (ms).
    pub(super) fn wait(&self, reconnection_time: Option<u64>) -> Duration {
        let time = reconnection_time.unwrap_or(self.reconnection_time);
        Duration::from_millis(time.max(self.shortest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certify::model::{Reading, read};
    use crate::certify::quirk::Quirk;

    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec-vectors/DEVIATIONS.md");
    const LABEL: &str = "- **Shortest stream**: ";

    /// The pieces of the shortest stream of each deviation, by its name.
    fn shortest_streams() -> Vec<(Quirk, Vec<Vec<u8>>)> {
        let page = std::fs::read_to_string(PAGE).unwrap();
        let sections = page
            .split("\n## ")
            .filter(|section| section.contains(LABEL));
        let stream = |section: &str| {
            let (name, text) = section.split_once('\n').unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix(LABEL));
            let pieces = line.unwrap().split('`').skip(1).step_by(2);
            let quirk = serde_json::from_value(name.into()).unwrap();
            (quirk, pieces.map(unescape).collect())
        };
        sections.map(stream).collect()
    }

    fn unescape(text: &str) -> Vec<u8> {
        let bytes = text
            .replace(r"\u{FEFF}", "\u{FEFF}")
            .replace(r"\n", "\n")
            .replace(r"\0", "\0");
        let mut parts = bytes.split(r"\x");
        let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
        for part in parts {
            bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
            bytes.extend(&part.as_bytes()[2..]);
        }
        bytes
    }

    /// What can be seen of it: an ID with NUL is not sent.
    fn read_with(chunks: &[Vec<u8>], quirk: Option<Quirk>) -> Reading {
        let quirks = quirk.into_iter().collect();
        let mut reading = read(chunks, &Reading::default(), &quirks);
        if reading.last_event_id.contains('\0') {
            reading.last_event_id.clear();
        }
        reading
    }

    fn without_byte(chunks: &[Vec<u8>], mut at: usize) -> Vec<Vec<u8>> {
        let mut chunks = chunks.to_vec();
        for chunk in &mut chunks {
            if at < chunk.len() {
                chunk.remove(at);
                break;
            }
            at -= chunk.len();
        }
        chunks.retain(|chunk| !chunk.is_empty());
        chunks
    }

    #[test]
    fn the_shortest_stream_of_each_deviation_shows_it() {
        for (quirk, chunks) in shortest_streams() {
            let differs =
                |chunks: &[Vec<u8>]| read_with(chunks, Some(quirk)) != read_with(chunks, None);
            assert!(differs(&chunks), "{quirk}");
            for at in 0..chunks.concat().len() {
                let shorter = without_byte(&chunks, at);
                assert!(!differs(&shorter), "{quirk} without byte {at}");
            }
        }
    }

    #[test]
    fn every_deviation_of_every_engine_has_a_shortest_stream() {
        let shown: Quirks = shortest_streams()
            .into_iter()
            .map(|(quirk, _)| quirk)
            .collect();
        let engines = [Engine::Chromium, Engine::Firefox, Engine::Webkit];
        let known = engines.map(|engine| Profile::of(engine).unwrap().deviations);
        assert_eq!(shown, known.into_iter().flatten().collect());
    }
}
