//! The subject protocol, version 1: JSON lines on stdin and stdout.

use std::io::{BufRead, Write, stdin, stdout};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What all parsers here can take and tell.
pub const CAPABILITIES: &[&str] = &["chunks", "afterChunk", "reconnectionTime", "lastEventId"];
/// The same, with comments.
pub const AND_COMMENTS: &[&str] = &["chunks", "afterChunk", "reconnectionTime", "lastEventId", "comments"];

type Parse = fn(Vec<Bytes>, &mut Got) -> Result<(), String>;
type Encode = fn(Block) -> Encoded;

/// One crate: what it says of itself, and how it is asked.
pub struct Subject {
    name: &'static str,
    capabilities: &'static [&'static str],
    parse: Option<Parse>,
    encode: Option<Encode>,
}

/// The bytes, or why the block was refused, or why it was not tried.
pub enum Encoded {
    Bytes(Vec<u8>),
    Rejected(String),
    Skipped(&'static str),
}

/// A block to write.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Block {
    pub comment: Option<String>,
    pub event: Option<String>,
    pub retry: Option<u64>,
    pub fields: Vec<(String, String)>,
    pub data: Option<String>,
    pub id: Option<String>,
}

/// The answer to `parse`.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Got {
    pub events: Vec<Event>,
    pub last_event_id: String,
    pub reconnection_time: Option<u64>,
    pub comments: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    #[serde(rename = "type")]
    pub event_type: String,
    pub data: String,
    pub last_event_id: String,
    pub after_chunk: usize,
}

impl Got {
    /// An event, with the last event ID that was told last.
    pub fn event(&mut self, event_type: impl Into<String>, data: impl Into<String>, after_chunk: usize) {
        let event = Event {
            event_type: event_type.into(),
            data: data.into(),
            last_event_id: self.last_event_id.clone(),
            after_chunk,
        };
        self.events.push(event);
    }

    /// Notes what a parser that tells them in each event says of ID and reconnection time.
    pub fn note(&mut self, id: impl Into<String>, retry: Option<std::time::Duration>) {
        self.last_event_id = id.into();
        self.reconnection_time = retry.map(millis).or(self.reconnection_time);
    }
}

/// Milliseconds, at most those of u64.
pub fn millis(time: std::time::Duration) -> u64 {
    time.as_millis().try_into().unwrap_or(u64::MAX)
}

impl Subject {
    pub fn parser(name: &'static str, capabilities: &'static [&'static str], parse: Parse) -> Self {
        Self { name, capabilities, parse: Some(parse), encode: None }
    }

    pub fn encoder(name: &'static str, encode: Encode) -> Self {
        Self { name, capabilities: &[], parse: None, encode: Some(encode) }
    }

    pub fn and_encoder(self, encode: Encode) -> Self {
        Self { encode: Some(encode), ..self }
    }

    /// Answers until `stop`. A panic ends the process: that is what the suite must see.
    pub fn serve(&self) {
        for line in stdin().lock().lines() {
            let command: Value = serde_json::from_str(&line.expect("stdin")).expect("JSON");
            let mut answer = match command["cmd"].as_str() {
                Some("stop") => return,
                Some("start") => self.start(),
                Some("parse") => self.parse(&command),
                _ => self.encode(&command),
            };
            if let Some(seq) = command.get("seq") {
                answer["seq"] = seq.clone();
            }
            writeln!(stdout(), "{answer}").expect("stdout");
        }
    }

    fn start(&self) -> Value {
        let parser = self.parse.map(|_| "parser");
        let encoder = self.encode.map(|_| "encoder");
        json!({
            "version": 1, "name": self.name, "language": "Rust",
            "implementationVersion": version(self.name),
            "homepage": format!("pkg:cargo/{}", self.name),
            "roles": parser.into_iter().chain(encoder).collect::<Vec<_>>(),
            "capabilities": self.capabilities,
        })
    }

    fn parse(&self, command: &Value) -> Value {
        let chunk = |text: &Value| STANDARD.decode(text.as_str().unwrap_or_default()).expect("base64").into();
        let chunks = command["chunks"].as_array().expect("chunks").iter().map(chunk).collect();
        let mut got = Got::default();
        match self.parse.expect("a parser")(chunks, &mut got) {
            Ok(()) => serde_json::to_value(got).expect("JSON"),
            Err(error) => json!({ "errored": error }),
        }
    }

    fn encode(&self, command: &Value) -> Value {
        let block = Block::deserialize(&command["block"]).expect("a block");
        match self.encode.expect("an encoder")(block) {
            Encoded::Bytes(bytes) => json!({ "bytes": STANDARD.encode(bytes) }),
            Encoded::Rejected(why) => json!({ "rejected": why }),
            Encoded::Skipped(why) => json!({ "skipped": why }),
        }
    }
}

/// That of the lock file.
pub(crate) fn version(name: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let (_, package) = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).unwrap_or_default();
    package.split('"').next().unwrap_or_default()
}
