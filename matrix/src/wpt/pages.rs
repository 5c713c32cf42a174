//! A browser that runs pages of tests, and the server that they come from.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use esse_conformance::process::Tail;
use serde::Deserialize;
use tempfile::TempDir;

use super::Args;
use super::compare::{Page, Results};
use crate::certify::browser::{self, Browser};
use crate::certify::{Engine, Stopped};

/// What stands in for the repository of web-platform-tests.
const LOCAL: [(&str, &str); 4] = [
    ("serve.py", include_str!("local/serve.py")),
    ("run.html", include_str!("local/run.html")),
    (
        "testharnessreport.js",
        include_str!("local/testharnessreport.js"),
    ),
    ("utils.js", include_str!("local/utils.js")),
];
/// How long the server may take to start.
const START: Duration = Duration::from_secs(30);
/// How long nothing may happen. The page that runs the others waits shorter than that for each.
const STANDSTILL: Duration = Duration::from_secs(120);
/// How often it is looked whether the browser still runs.
const MOMENT: Duration = Duration::from_millis(500);

/// A server of tests, and an engine to run them. Dropped, both are ended.
#[derive(Debug)]
pub(super) struct Pages {
    engine: Engine,
    version: String,
    server: Child,
    stderr: Tail,
    lines: Receiver<String>,
    url: String,
    // Removed when the server has ended.
    _local: TempDir,
}

/// A line of the server.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Page(Page),
    Done {
        #[serde(rename = "done")]
        _done: bool,
    },
    /// The page that runs the others cannot go on.
    Stopped {
        stopped: String,
    },
}

impl Pages {
    /// Starts the server.
    pub(super) fn open(engine: Engine, args: &Args) -> Result<Self, Stopped> {
        let cannot = |error| Stopped::CannotStart(format!("cannot start the server: {error}"));
        let program = browser::find(engine)?;
        let version = browser::version(engine, &program).map_err(cannot)?;
        let local = tempfile::tempdir().map_err(cannot)?;
        for (name, text) in LOCAL {
            std::fs::write(local.path().join(name), text).map_err(cannot)?;
        }
        let mut server = Command::new(&args.python)
            .arg(local.path().join("serve.py"))
            .args([&args.dir, &args.testharness])
            // Its stdin is closed when this program ends, which ends it.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(cannot)?;
        let stderr = server.stderr.take().map_or_else(Tail::default, Tail::of);
        let lines = lines(&mut server);
        let mut pages = Self {
            engine,
            version,
            server,
            stderr,
            lines,
            url: String::new(),
            _local: local,
        };
        pages.url = pages
            .lines
            .recv_timeout(START)
            .map_err(|_| pages.lost("the server of the tests does not start"))?;
        Ok(pages)
    }

    /// What the browser's program says its version is.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// Runs these pages in a browser of their own.
    pub(super) fn run(&mut self, pages: &[&str]) -> Result<Results, Stopped> {
        let cannot = |error| Stopped::CannotStart(format!("cannot start the browser: {error}"));
        let program = browser::find(self.engine)?;
        let only = pages.iter().map(|page| page.replace('?', "%3F"));
        let only: Vec<String> = only.map(|page| format!("only={page}")).collect();
        let url = format!("{}?{}", self.url, only.join("&"));
        let mut browser = Browser::open(self.engine, &program, &url).map_err(cannot)?;
        let mut results = Results::default();
        loop {
            let line = self.next_line(&mut browser)?;
            let line = serde_json::from_str(&line);
            match line.map_err(|error| self.lost(&format!("the server said: {error}")))? {
                Line::Page(page) => results.add(page),
                Line::Done { .. } => return Ok(results),
                Line::Stopped { stopped } => return Err(self.lost(&stopped)),
            }
        }
    }

    fn next_line(&self, browser: &mut Browser) -> Result<String, Stopped> {
        let start = Instant::now();
        while start.elapsed() < STANDSTILL {
            match self.lines.recv_timeout(MOMENT) {
                Ok(line) => return Ok(line),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(self.lost("the server of the tests has ended"));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some(stderr) = browser.last_words() {
                let how = "the browser ended before its work was done".to_owned();
                return Err(Stopped::Lost { how, stderr });
            }
        }
        let how = "the browser has come to a standstill".to_owned();
        let stderr = browser.stderr();
        Err(Stopped::Lost { how, stderr })
    }

    fn lost(&self, how: &str) -> Stopped {
        Stopped::Lost {
            how: how.to_owned(),
            stderr: self.stderr.text(),
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The lines that the server prints.
fn lines(server: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(stdout) = server.stdout.take() {
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
    }
    receiver
}
