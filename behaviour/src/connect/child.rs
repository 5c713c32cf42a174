//! The driver: the program in front of the client, started for one scenario.

use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ExitStatus};
use std::thread::Scope;
use std::time::Duration;

use esse_conformance::process::{Tail, exit_status, is_no_command, kill, spawn};
use esse_vectors::connect::{Client, Said};

use super::info::ClientInfo;
use super::record::Record;
use super::said::Line;

/// Variables that would send requests elsewhere.
const PROXIES: [&str; 4] = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];

/// How long a driver that has closed its stdout may take to end.
const PATIENCE: Duration = Duration::from_secs(1);

/// A driver.
#[derive(Debug)]
pub(super) struct Driver {
    child: Child,
    stderr: Tail,
}

impl Driver {
    /// Starts the driver for this URL.
    pub(super) fn start<'scope>(
        command: &str,
        url: &str,
        client: &'scope Client,
        record: &'scope Record,
        scope: &'scope Scope<'scope, '_>,
    ) -> io::Result<Self> {
        let mut child = spawn(&format!("{command} \"{url}\""), |shell| {
            for proxy in PROXIES {
                shell.env_remove(proxy);
            }
            shell.envs(environment(client));
        })?;
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
            return Err(io::Error::other("no pipes"));
        };
        scope.spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            for (index, line) in lines.enumerate() {
                match ClientInfo::read(&line).filter(|_| index == 0) {
                    Some(info) => record.describe(info),
                    None => record.line(Line::read(&line)),
                }
            }
            record.driver_ended();
        });
        scope.spawn(move || restart(stdin, client, record));
        Ok(Self {
            child,
            stderr: Tail::of(stderr),
        })
    }

    /// The end of what it writes to stderr.
    pub(super) fn stderr(&self) -> Tail {
        self.stderr.clone()
    }

    /// Ends the driver. Returns how it ended by itself, if it has closed its stdout and did.
    pub(super) fn end(mut self, is_silent: bool) -> Option<Ended> {
        let status = is_silent.then(|| exit_status(&mut self.child, PATIENCE));
        let status = status.flatten();
        kill(&mut self.child);
        let _ = self.child.wait();
        status.map(|status| Ended {
            status,
            stderr: self.stderr.text().trim_end().to_owned(),
        })
    }
}

/// How a driver ended by itself.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    stderr: String,
}

impl Ended {
    /// The shell does not know the command, or cannot run it.
    pub(super) fn is_no_command(&self) -> bool {
        is_no_command(self.status)
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.stderr)
    }
}

/// Asks for a new connection when the events have come. Keeps stdin open as long as the scenario
/// takes.
fn restart(mut stdin: impl Write, client: &Client, record: &Record) {
    if let Some(events) = client.restart_after_events {
        let is_event = |said: &&Said| matches!(said, Said::Event { .. });
        if !record.reaches(|seen| seen.said().filter(is_event).count() >= events) {
            return;
        }
        // If the driver is gone, the judge sees that.
        let _ = stdin.write_all(b"restart\n").and_then(|()| stdin.flush());
    }
    while record.pause(Duration::from_secs(60)) {}
}

/// The variables that set up the client.
fn environment(client: &Client) -> Vec<(&'static str, String)> {
    let milliseconds = |time: Option<Duration>| time.map(|time| time.as_millis().to_string());
    let headers = serde_json::to_string(&client.headers).unwrap_or_default();
    let variables = [
        ("SSE_METHOD", client.method.clone()),
        ("SSE_BODY", client.body.clone()),
        (
            "SSE_HEADERS",
            (!client.headers.is_empty()).then_some(headers),
        ),
        ("SSE_MODE", client.mode.clone()),
        ("SSE_RETRY_MS", milliseconds(client.retry)),
        ("SSE_LAST_EVENT_ID", client.last_event_id.clone()),
        ("SSE_REPLAY", client.replay.clone()),
        ("SSE_IDLE_MS", milliseconds(client.idle)),
        (
            "SSE_MAX_EVENT",
            client.max_event.map(|bytes| bytes.to_string()),
        ),
        ("SSE_CLOSE_AFTER_MS", milliseconds(client.close_after)),
        ("SSE_HOOK", client.hook.then(|| "1".to_owned())),
        ("SSE_TERMINAL", client.terminal.clone()),
    ];
    let variables = variables.into_iter();
    variables
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_sets_a_variable() {
        let json = r#"{"method": "POST", "body": "b", "headers": {"A": "…"}, "mode": "once", "retryMs": 1,
            "lastEventId": "2", "replay": "always", "idleMs": 3, "maxEvent": 4, "closeAfterMs": 5,
            "hook": true, "terminal": "t", "restartAfterEvents": 6, "path": "/p"}"#;
        let client: Client = serde_json::from_str(json).unwrap();
        let expected = [
            ("SSE_METHOD", "POST"),
            ("SSE_BODY", "b"),
            ("SSE_HEADERS", r#"{"A":"…"}"#),
            ("SSE_MODE", "once"),
            ("SSE_RETRY_MS", "1"),
            ("SSE_LAST_EVENT_ID", "2"),
            ("SSE_REPLAY", "always"),
            ("SSE_IDLE_MS", "3"),
            ("SSE_MAX_EVENT", "4"),
            ("SSE_CLOSE_AFTER_MS", "5"),
            ("SSE_HOOK", "1"),
            ("SSE_TERMINAL", "t"),
        ];
        let expected = expected.map(|(name, value)| (name, value.to_owned()));
        assert_eq!(environment(&client), expected);
        assert_eq!(environment(&Client::default()), []);
    }
}
