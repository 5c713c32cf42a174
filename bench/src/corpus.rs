//! The event streams to parse. They are generated from a seed.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use esse_testkit::Random;

/// A kind of event stream, written from a seed: the same bytes everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Corpus {
    /// Chunks of a chat completion: one JSON object of about 270 bytes per event.
    Llm,
    /// Named events with a short JSON delta, about 120 bytes.
    Anthropic,
    /// Named events of a beacon node, about 300 bytes, and occasionally a line of 64 to 512 KiB.
    Beacon,
    /// Recent changes of a wiki: a type, a JSON ID, and about 1000 bytes of JSON.
    Wikimedia,
    /// Twenty short lines of data per event.
    Multiline,
    /// `data: x` and nothing else.
    Tiny,
    /// `llm` with CRLF.
    Crlf,
    /// JSON with Chinese, Japanese, Korean and emoji text.
    Cjk,
    /// `llm` with a comment after each event.
    Keepalive,
}

/// An event as a corpus writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The `event` field, if the block has one.
    pub named: Option<&'static str>,
    /// The data, lines joined by LF.
    pub data: String,
    /// The `id` field. If this is empty, the block has none.
    pub id: String,
}

/// A piece of a corpus: an event stream of whole events, and what each of them is.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The corpus that wrote it, if one did.
    pub corpus: Option<Corpus>,
    /// The event stream.
    pub bytes: Bytes,
    /// A hash over type, data and ID of each event.
    pub events: Vec<u64>,
}

/// A hash over type, data and ID.
pub(crate) fn fingerprint(event_type: &str, data: &[u8], id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (event_type, data, id).hash(&mut hasher);
    hasher.finish()
}

impl Corpus {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Llm,
        Self::Anthropic,
        Self::Beacon,
        Self::Wikimedia,
        Self::Multiline,
        Self::Tiny,
        Self::Crlf,
        Self::Cjk,
        Self::Keepalive,
    ];

    /// Its name on the command line.
    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Its events, without end.
    pub fn events(self) -> impl Iterator<Item = Written> {
        let mut random = Random::new(self as u64);
        (0..).map(move |count| self.event(count, &mut random))
    }

    /// Whole events: `size` bytes, or slightly more.
    pub fn sample(self, size: usize) -> Sample {
        let mut bytes = Vec::with_capacity(size + (1 << 12));
        let mut events = Vec::new();
        for event in self.events() {
            if bytes.len() >= size {
                break;
            }
            self.write(&event, &mut bytes);
            events.push(event.fingerprint());
        }
        let bytes = bytes.into();
        Sample {
            corpus: Some(self),
            bytes,
            events,
        }
    }

    fn event(self, count: u64, random: &mut Random) -> Written {
        match self {
            Self::Llm | Self::Crlf | Self::Keepalive => unnamed(llm(count, random.pick(&TOKENS))),
            Self::Cjk => unnamed(llm(count, &random.join(&CJK, 4, 20))),
            Self::Anthropic => named("content_block_delta", anthropic(random)),
            Self::Beacon => beacon(count, random),
            Self::Wikimedia => wikimedia(count, random),
            Self::Multiline => unnamed(multiline(random)),
            Self::Tiny => unnamed("x".into()),
        }
    }

    fn write(self, event: &Written, out: &mut Vec<u8>) {
        let end: &[u8] = if self == Self::Crlf { b"\r\n" } else { b"\n" };
        let mut line = |name: &str, value: &str| {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(value.as_bytes());
            out.extend_from_slice(end);
        };
        if let Some(event_type) = event.named {
            line("event: ", event_type);
        }
        if !event.id.is_empty() {
            line("id: ", &event.id);
        }
        for text in event.data.split('\n') {
            line("data: ", text);
        }
        line("", "");
        if self == Self::Keepalive {
            line(": ", "keep-alive");
            line("", "");
        }
    }
}

impl Written {
    /// The type that a receiver sees.
    pub fn event_type(&self) -> &'static str {
        self.named.unwrap_or("message")
    }

    fn fingerprint(&self) -> u64 {
        fingerprint(self.event_type(), self.data.as_bytes(), &self.id)
    }
}

fn unnamed(data: String) -> Written {
    Written {
        named: None,
        data,
        id: String::new(),
    }
}

fn named(event_type: &'static str, data: String) -> Written {
    Written {
        named: Some(event_type),
        ..unnamed(data)
    }
}

/// Two hundred events share the ID of a response.
fn llm(count: u64, content: &str) -> String {
    let id = Random::new(count / 200).hex(28);
    format!(
        r#"{{"id":"chatcmpl-{id}","object":"chat.completion.chunk","created":1767225600,"model":"model-4-mini-2026-01-01","system_fingerprint":"fp_a1b2c3d4e5","choices":[{{"index":0,"delta":{{"content":"{content}"}},"logprobs":null,"finish_reason":null}}]}}"#
    )
}

fn anthropic(random: &mut Random) -> String {
    let text = random.join(&TOKENS, 1, 3);
    format!(
        r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{text}"}}}}"#
    )
}

fn beacon(count: u64, random: &mut Random) -> Written {
    if count % 1500 == 300 {
        let digits = random.between(64 << 10, 512 << 10);
        return named("data_column_sidecar", column(&random.hex(digits)));
    }
    let event_type = random.pick(&BEACON_TYPES);
    let (block, state, root) = (random.hex(64), random.hex(64), random.hex(64));
    named(
        event_type,
        format!(
            r#"{{"slot":"{count}","block":"0x{block}","state":"0x{state}","previous_duty_dependent_root":"0x{root}","epoch_transition":false,"execution_optimistic":false}}"#
        ),
    )
}

fn column(hex: &str) -> String {
    format!(r#"{{"index":"7","column":"0x{hex}"}}"#)
}

fn wikimedia(count: u64, random: &mut Random) -> Written {
    let (request, offset) = (random.hex(32), random.between(1 << 30, 1 << 32));
    let (title, comment) = (random.join(&TITLE, 2, 6), random.join(&TITLE, 4, 24));
    let (old, new) = (random.between(100, 90_000), random.between(100, 90_000));
    let time = 1_767_225_600 + count / 30;
    Written {
        named: Some("message"),
        data: format!(
            r#"{{"$schema":"/mediawiki/recentchange/1.0.0","meta":{{"uri":"https://en.wikipedia.org/wiki/{title}","request_id":"{request}","id":"{request}","domain":"en.wikipedia.org","stream":"mediawiki.recentchange","dt":"2026-01-01T00:00:00.000Z","topic":"eqiad.mediawiki.recentchange","partition":0,"offset":{offset}}},"id":{count},"type":"edit","namespace":0,"title":"{title}","title_url":"https://en.wikipedia.org/wiki/{title}","comment":"{comment}","timestamp":{time},"user":"ExampleBot","bot":true,"notify_url":"https://en.wikipedia.org/w/index.php?diff={new}&oldid={old}","minor":true,"patrolled":true,"length":{{"old":{old},"new":{new}}},"revision":{{"old":{old},"new":{new}}},"server_url":"https://en.wikipedia.org","server_name":"en.wikipedia.org","server_script_path":"/w","wiki":"enwiki","parsedcomment":"{comment}"}}"#
        ),
        id: format!(
            r#"[{{"topic":"eqiad.mediawiki.recentchange","partition":0,"timestamp":{time}000}},{{"topic":"codfw.mediawiki.recentchange","partition":0,"offset":-1}}]"#
        ),
    }
}

fn multiline(random: &mut Random) -> String {
    let lines: Vec<String> = (0..20).map(|_| random.join(&TITLE, 1, 7)).collect();
    lines.join("\n")
}

const BEACON_TYPES: [&str; 4] = ["head", "block", "attestation", "finalized_checkpoint"];

const TOKENS: [&str; 24] = [
    " the", " of", ",", " and", " to", ".", " a", " in", " that", "\\n\\n", " stream", " is",
    " which", "ing", " server", " \\\"", "\\\"", " events", ":", " byte", "1", "s", " (", ")",
];

const CJK: [&str; 16] = [
    "数据",
    "事件流",
    "服务器",
    "发送",
    "。",
    "、",
    "イベント",
    "ストリーム",
    "です",
    "を受け取る",
    "이벤트",
    "스트림",
    "🚀",
    "😀",
    "👩‍💻",
    "，",
];

const TITLE: [&str; 16] = [
    "List",
    "_of_",
    "rivers",
    "event",
    " in ",
    "history",
    " and ",
    "stream",
    "Category",
    "1998",
    " the ",
    "census",
    "region",
    " of ",
    "article",
    "(disambiguation)",
];
