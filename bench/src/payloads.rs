//! The data to encode.

use clap::ValueEnum;
use esse_testkit::Random;

use crate::Corpus;

/// What is encoded: the data of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum Payloads {
    /// A thousand of the events of the corpus `llm`, some 260 bytes each.
    Llm,
    /// 256 KiB of lines of 40 bytes.
    Multiline,
    /// 1 KiB on one line.
    Line1k,
    /// 16 KiB on one line.
    Line16k,
    /// 64 KiB on one line.
    Line64k,
    /// 1 MiB on one line.
    Line1m,
}

impl Payloads {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Llm,
        Self::Multiline,
        Self::Line1k,
        Self::Line16k,
        Self::Line64k,
        Self::Line1m,
    ];

    /// What stands above its column.
    pub fn title(self) -> &'static str {
        match self {
            Self::Llm => "llm",
            Self::Multiline => "256 KiB of 40-byte lines",
            Self::Line1k => "line of 1 KiB",
            Self::Line16k => "line of 16 KiB",
            Self::Line64k => "line of 64 KiB",
            Self::Line1m => "line of 1 MiB",
        }
    }

    /// The payloads, fresh and owned.
    pub fn make(self) -> Vec<String> {
        let line = |length| Random::new(1).hex(length);
        match self {
            Self::Llm => {
                let events = Corpus::Llm.recorded_events().take(1000);
                events.map(|event| event.data).collect()
            }
            Self::Multiline => vec![lines(256 << 10)],
            Self::Line1k => vec![line(1 << 10); 64],
            Self::Line16k => vec![line(16 << 10); 16],
            Self::Line64k => vec![line(64 << 10); 4],
            Self::Line1m => vec![line(1 << 20)],
        }
    }
}

/// Lines of 40 bytes, line end included, less the last line end.
pub(crate) fn lines(size: usize) -> String {
    let line = Random::new(1).hex(39);
    vec![line; size / 40].join("\n")
}
