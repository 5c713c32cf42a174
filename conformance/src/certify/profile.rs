//! What is known of an engine: the deviations listed in `spec-vectors/deviations.json`, and how long it
//! waits before it connects again.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::{engine::Engine, quirk::Quirks};

/// What is known of one engine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Profile {
    /// Milliseconds that it waits where no stream has said otherwise.
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
