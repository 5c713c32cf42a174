//! What a scenario needs of a client beyond the standard, and what a client says that it has.

use std::fmt;

use esse_vectors::connect::{Said, Scenario};
use serde::{Deserialize, Serialize};

/// An option of a client, or something that only some clients report. Its name is that of the member
/// in the files of scenarios, or the mode.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ClientOption {
    /// Another method than `GET`, with a body: `SSE_METHOD` and `SSE_BODY`.
    Method,
    /// Headers of the caller: `SSE_HEADERS`.
    Headers,
    /// The end of the response is the end: `once` in `SSE_MODE`.
    Once,
    /// Refusals that pass are tried again: `persistent` in `SSE_MODE`.
    Persistent,
    /// Another request goes on with a response that has ended: `resuming` in `SSE_MODE`.
    Resuming,
    /// The reconnection time until the server sends one: `SSE_RETRY_MS`.
    RetryMs,
    /// The last event ID of an earlier process: `SSE_LAST_EVENT_ID`.
    LastEventId,
    /// A request that is not idempotent may be sent again: `SSE_REPLAY`.
    Replay,
    /// How long a response may be silent, and how long its head may take: `SSE_IDLE_MS`.
    IdleMs,
    /// How many bytes of data an event may have: `SSE_MAX_EVENT`.
    MaxEvent,
    /// The caller can close the client: `SSE_CLOSE_AFTER_MS`.
    CloseAfterMs,
    /// The caller can change each request: `SSE_HOOK`.
    Hook,
    /// The data of the event that ends the stream: `SSE_TERMINAL`.
    Terminal,
    /// The caller can ask for a new connection: a line `restart` on stdin.
    RestartAfterEvents,
    /// The client reports comments.
    Comments,
    /// An option of a later version of the protocol.
    #[serde(untagged)]
    Other(String),
}

impl ClientOption {
    /// All options of this version of the protocol.
    pub const ALL: [Self; 15] = [
        Self::Method,
        Self::Headers,
        Self::Once,
        Self::Persistent,
        Self::Resuming,
        Self::RetryMs,
        Self::LastEventId,
        Self::Replay,
        Self::IdleMs,
        Self::MaxEvent,
        Self::CloseAfterMs,
        Self::Hook,
        Self::Terminal,
        Self::RestartAfterEvents,
        Self::Comments,
    ];

    /// The name, as a client declares it.
    pub fn name(&self) -> &str {
        match self {
            Self::Method => "method",
            Self::Headers => "headers",
            Self::Once => "once",
            Self::Persistent => "persistent",
            Self::Resuming => "resuming",
            Self::RetryMs => "retryMs",
            Self::LastEventId => "lastEventId",
            Self::Replay => "replay",
            Self::IdleMs => "idleMs",
            Self::MaxEvent => "maxEvent",
            Self::CloseAfterMs => "closeAfterMs",
            Self::Hook => "hook",
            Self::Terminal => "terminal",
            Self::RestartAfterEvents => "restartAfterEvents",
            Self::Comments => "comments",
            Self::Other(name) => name,
        }
    }

    /// The options that a client must have to be asked this.
    pub fn needed(scenario: &Scenario) -> Vec<Self> {
        let client = &scenario.client;
        let is_mode = |mode| client.mode.as_deref() == Some(mode);
        let mut said = scenario.expect.said.iter();
        let needed = [
            (
                Self::Method,
                client.method.is_some() || client.body.is_some(),
            ),
            (Self::Headers, !client.headers.is_empty()),
            (Self::Once, is_mode("once")),
            (Self::Persistent, is_mode("persistent")),
            (Self::Resuming, is_mode("resuming")),
            (Self::RetryMs, client.retry.is_some()),
            (Self::LastEventId, client.last_event_id.is_some()),
            (Self::Replay, client.replay.is_some()),
            (Self::IdleMs, client.idle.is_some()),
            (Self::MaxEvent, client.max_event.is_some()),
            (Self::CloseAfterMs, client.close_after.is_some()),
            (Self::Hook, client.hook),
            (Self::Terminal, client.terminal.is_some()),
            (
                Self::RestartAfterEvents,
                client.restart_after_events.is_some(),
            ),
            (
                Self::Comments,
                said.any(|said| matches!(said, Said::Comment(_))),
            ),
        ];
        let needed = needed.into_iter();
        needed
            .filter_map(|(option, is_needed)| is_needed.then_some(option))
            .collect()
    }
}

impl fmt::Display for ClientOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_written_and_read() {
        for option in ClientOption::ALL {
            let json = serde_json::to_value(&option).unwrap();
            assert_eq!(json, option.name());
            assert_eq!(
                serde_json::from_value::<ClientOption>(json).unwrap(),
                option
            );
        }
        let later: ClientOption = serde_json::from_str(r#""cookies""#).unwrap();
        assert_eq!(later, ClientOption::Other("cookies".to_owned()));
    }

    /// Each option has a scenario that needs it; without one nobody should declare it.
    #[test]
    fn every_option_is_needed_and_few_scenarios_need_any() {
        let all = esse_vectors::connect::scenarios().unwrap();
        let needed: BTreeSet<_> = all.iter().flat_map(ClientOption::needed).collect();
        assert_eq!(needed, BTreeSet::from(ClientOption::ALL));
        let mut browsers = all.iter().filter(|scenario| scenario.browser);
        assert!(browsers.all(|scenario| ClientOption::needed(scenario).is_empty()));
    }
}
