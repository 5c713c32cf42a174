//! How the suite sets up the client: the variables of the environment.

use std::collections::BTreeMap;
use std::env::var;
use std::time::Duration;

use crate::wrong::Wrong;

/// The options that it has. It has neither a hook, nor can it be restarted.
pub(crate) const OPTIONS: [&str; 13] = [
    "method",
    "headers",
    "once",
    "persistent",
    "resuming",
    "retryMs",
    "lastEventId",
    "replay",
    "idleMs",
    "maxEvent",
    "closeAfterMs",
    "terminal",
    "comments",
];

/// The client as its caller wants it.
pub(crate) struct Setup {
    pub(crate) wrong: Wrong,
    /// The authority of the URL, and its path with the query.
    pub(crate) authority: String,
    pub(crate) path: String,
    pub(crate) method: String,
    pub(crate) body: Option<String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) mode: String,
    pub(crate) retry: Option<Duration>,
    pub(crate) last_event_id: String,
    pub(crate) replays: bool,
    pub(crate) idle: Option<Duration>,
    pub(crate) max_event: usize,
    pub(crate) close_after: Option<Duration>,
    pub(crate) terminal: Option<String>,
}

impl Setup {
    pub(crate) fn read(wrong: Wrong, url: &str) -> Self {
        let rest = url.strip_prefix("http://").unwrap_or(url);
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let query = path.find('?').filter(|_| wrong == Wrong::DropsQuery);
        let path = &path[..query.unwrap_or(path.len())];
        let text = |name: &str| var(name).ok();
        let number = |name: &str| text(name)?.parse().ok();
        let milliseconds = |name: &str| number(name).map(Duration::from_millis);
        let headers = text("SSE_HEADERS").unwrap_or_else(|| "{}".to_owned());
        Self {
            wrong,
            authority: authority.to_owned(),
            path: path.to_owned(),
            method: text("SSE_METHOD").unwrap_or_else(|| "GET".to_owned()),
            body: text("SSE_BODY"),
            headers: serde_json::from_str(&headers).unwrap_or_default(),
            mode: text("SSE_MODE").unwrap_or_default(),
            retry: milliseconds("SSE_RETRY_MS"),
            last_event_id: match wrong {
                Wrong::ForgetsGivenId => String::new(),
                _ => text("SSE_LAST_EVENT_ID").unwrap_or_default(),
            },
            replays: text("SSE_REPLAY").as_deref() == Some("always"),
            idle: milliseconds("SSE_IDLE_MS").filter(|_| wrong != Wrong::IgnoresIdle),
            max_event: number("SSE_MAX_EVENT")
                .and_then(|bytes| usize::try_from(bytes).ok())
                .unwrap_or(usize::MAX),
            close_after: milliseconds("SSE_CLOSE_AFTER_MS"),
            terminal: text("SSE_TERMINAL").filter(|_| wrong != Wrong::IgnoresTerminal),
        }
    }

    pub(crate) fn is_once(&self) -> bool {
        self.mode == "once" && self.wrong != Wrong::OnceReconnects
    }

    /// Another request goes on with the response if this one has ended.
    pub(crate) fn is_resuming(&self) -> bool {
        self.mode == "resuming"
    }

    /// Whether a request may be sent twice (RFC 9110, 9.2.2).
    pub(crate) fn is_repeatable(&self) -> bool {
        let idempotent = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"];
        self.replays
            || self.wrong == Wrong::ResendsPost
            || idempotent.contains(&self.method.as_str())
    }
}
