//! The event streams to parse. They are generated from a seed.

use std::sync::Arc;

use bytes::Bytes;
use esse_testkit::Random;

/// A kind of event stream, written from a seed: the same bytes everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Corpus {
    /// Chunks of a chat completion: one JSON object of about 290 bytes per event.
    Llm,
    /// Named events with a short JSON delta, about 130 bytes, and occasionally a `ping`.
    Anthropic,
    /// Named events of a beacon node, about 606 bytes, and every 200th a line of 64 to 512 KiB.
    Beacon,
    /// Recent changes of a wiki: a type, a JSON ID, and about 1000 bytes of JSON.
    Wikimedia,
    /// Two to thirty short lines of data per event.
    Multiline,
    /// One to eight bytes of data and nothing else.
    Tiny,
    /// `llm` with CRLF.
    Crlf,
    /// JSON with Chinese, Japanese, Korean and emoji text.
    Cjk,
    /// Named events of about 85 bytes, each after none to six blocks that are only a comment.
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
    /// The event stream.
    pub bytes: Bytes,
    /// The events.
    pub events: Vec<Written>,
    /// The ends of the pieces that a server would flush: a block with an event, or a comment that
    /// keeps the connection alive.
    pub ends: Arc<[usize]>,
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

    /// Whole events, whose sizes vary: `size` bytes, or slightly more.
    pub fn sample(self, size: usize) -> Sample {
        let mut random = Random::new(self as u64);
        let mut writer = Writer::new(self);
        while writer.bytes.len() < size {
            if self == Self::Keepalive {
                for _ in 0..random.below(7) {
                    writer.comment(random.pick(&KEEP_ALIVE));
                }
            }
            writer.event(self.event(writer.events.len() as u64, &mut random));
        }
        writer.finish()
    }

    /// The same from events that vary less. Instruction counts are recorded on these bytes.
    pub fn recorded(self, size: usize) -> Sample {
        let mut writer = Writer::new(self);
        for event in self.recorded_events() {
            if writer.bytes.len() >= size {
                break;
            }
            writer.event(event);
            if self == Self::Keepalive {
                writer.comment(" keep-alive");
            }
        }
        writer.finish()
    }

    /// The events of [`recorded`](Self::recorded), without end.
    pub(crate) fn recorded_events(self) -> impl Iterator<Item = Written> {
        let mut random = Random::new(self as u64);
        (0..).map(move |count| self.recorded_event(count, &mut random))
    }

    fn event(self, count: u64, random: &mut Random) -> Written {
        match self {
            Self::Llm | Self::Crlf => unnamed(llm(count, &tokens(random))),
            Self::Anthropic if random.once_in(50) => named("ping", r#"{"type": "ping"}"#.into()),
            Self::Anthropic => named("content_block_delta", anthropic(&tokens(random))),
            Self::Beacon if count % 200 == 100 => column(random),
            Self::Beacon => {
                let digits = random.between(0, 518);
                beacon(count, digits, random)
            }
            Self::Multiline => {
                let lines = random.between(2, 31);
                unnamed(multiline(lines, random))
            }
            Self::Tiny => {
                let digits = random.between(1, 9);
                unnamed(random.hex(digits))
            }
            Self::Keepalive => named(
                "text",
                format!(
                    r#"{{"type":"text_delta","index":0,"delta":"{}"}}"#,
                    tokens(random)
                ),
            ),
            Self::Wikimedia | Self::Cjk => self.recorded_event(count, random),
        }
    }

    fn recorded_event(self, count: u64, random: &mut Random) -> Written {
        match self {
            Self::Llm | Self::Crlf | Self::Keepalive => unnamed(llm(count, random.pick(&TOKENS))),
            Self::Cjk => unnamed(llm(count, &random.join(&CJK, 4, 20))),
            Self::Anthropic => {
                let text = random.join(&TOKENS, 1, 3);
                named("content_block_delta", anthropic(&text))
            }
            Self::Beacon if count % 1500 == 300 => column(random),
            Self::Beacon => beacon(count, 0, random),
            Self::Wikimedia => wikimedia(count, random),
            Self::Multiline => unnamed(multiline(20, random)),
            Self::Tiny => unnamed("x".into()),
        }
    }
}

impl Written {
    /// The type that a receiver sees.
    pub fn event_type(&self) -> &'static str {
        self.named.unwrap_or("message")
    }
}

/// Writes an event stream, and remembers what it wrote.
struct Writer {
    line_end: &'static str,
    bytes: Vec<u8>,
    events: Vec<Written>,
    ends: Vec<usize>,
}

impl Writer {
    fn new(corpus: Corpus) -> Self {
        Self {
            line_end: if corpus == Corpus::Crlf { "\r\n" } else { "\n" },
            bytes: Vec::new(),
            events: Vec::new(),
            ends: Vec::new(),
        }
    }

    fn event(&mut self, event: Written) {
        if let Some(event_type) = event.named {
            self.line("event: ", event_type);
        }
        if !event.id.is_empty() {
            self.line("id: ", &event.id);
        }
        for text in event.data.split('\n') {
            self.line("data: ", text);
        }
        self.blank_line();
        self.events.push(event);
    }

    fn comment(&mut self, text: &str) {
        self.line(":", text);
        self.blank_line();
    }

    fn line(&mut self, name: &str, value: &str) {
        for text in [name, value, self.line_end] {
            self.bytes.extend_from_slice(text.as_bytes());
        }
    }

    fn blank_line(&mut self) {
        self.line("", "");
        self.ends.push(self.bytes.len());
    }

    fn finish(self) -> Sample {
        Sample {
            bytes: self.bytes.into(),
            events: self.events,
            ends: self.ends.into(),
        }
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

/// Mostly one to four tokens, and up to 32.
fn tokens(random: &mut Random) -> String {
    let most = 1 << random.below(6_usize);
    random.join(&TOKENS, 1, most + 1)
}

/// Two hundred events share the ID of a response.
fn llm(count: u64, content: &str) -> String {
    let id = Random::new(count / 200).hex(28);
    format!(
        r#"{{"id":"chatcmpl-{id}","object":"chat.completion.chunk","created":1767225600,"model":"model-4-mini-2026-01-01","system_fingerprint":"fp_a1b2c3d4e5","choices":[{{"index":0,"delta":{{"content":"{content}"}},"logprobs":null,"finish_reason":null}}]}}"#
    )
}

fn anthropic(text: &str) -> String {
    format!(
        r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{text}"}}}}"#
    )
}

/// An event with that many digits more than the usual ones.
fn beacon(count: u64, digits: usize, random: &mut Random) -> Written {
    let event_type = random.pick(&BEACON_TYPES);
    let (block, state, root) = (random.hex(64), random.hex(64), random.hex(64));
    let more = random.hex(digits);
    named(
        event_type,
        format!(
            r#"{{"slot":"{count}","block":"0x{block}{more}","state":"0x{state}","previous_duty_dependent_root":"0x{root}","epoch_transition":false,"execution_optimistic":false}}"#
        ),
    )
}

fn column(random: &mut Random) -> Written {
    let digits = random.between(64 << 10, 512 << 10);
    let hex = random.hex(digits);
    named(
        "data_column_sidecar",
        format!(r#"{{"index":"7","column":"0x{hex}"}}"#),
    )
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

fn multiline(lines: usize, random: &mut Random) -> String {
    let lines: Vec<String> = (0..lines).map(|_| random.join(&TITLE, 1, 7)).collect();
    lines.join("\n")
}

/// Comments as a gateway sends them.
const KEEP_ALIVE: [&str; 4] = ["", "", "", " OPENROUTER PROCESSING"];

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
