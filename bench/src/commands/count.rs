//! `count`: runs esse a number of times and does nothing else, for a profiler to count.

use std::hint::black_box;
use std::str::FromStr;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::peers::{ENCODERS, SUBJECTS};
use crate::sink::Discard;
use crate::{ChunkSize, Corpus, Feed, Payloads};

const CORPUS_SIZE: usize = 256 << 10;

/// What is run.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// `Parser::next_event` over a corpus.
    Parse(Corpus),
    /// `Block::encode` of payloads.
    Encode(Payloads),
}

/// The name of a corpus, or `encode-` and the name of payloads.
impl FromStr for Work {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("encode-") {
            Some(payloads) => Payloads::from_str(payloads, true).map(Self::Encode),
            None => Corpus::from_str(text, true).map(Self::Parse),
        }
    }
}

/// Makes the input, then works on it that many times.
pub fn run(work: Work, size: ChunkSize, times: u32) {
    match work {
        Work::Parse(corpus) => parse(corpus, size, times),
        Work::Encode(payloads) => encode(payloads, times),
    }
}

/// How many bytes it works on at a time.
pub(crate) fn bytes(work: Work) -> usize {
    match work {
        Work::Parse(corpus) => corpus.recorded(CORPUS_SIZE).bytes.len(),
        Work::Encode(payloads) => payloads.make().iter().map(String::len).sum(),
    }
}

fn parse(corpus: Corpus, size: ChunkSize, times: u32) {
    let sample = corpus.recorded(CORPUS_SIZE);
    let deadline = Instant::now() + Duration::from_hours(24);
    for _ in 0..times {
        let feed = Feed::new(&sample, size, deadline);
        let _ = (SUBJECTS[0].parse)(&feed, &mut Discard::new(deadline));
    }
}

fn encode(payloads: Payloads, times: u32) {
    let (mut payloads, mut encode) = (payloads.make(), (ENCODERS[0].start)());
    for _ in 0..times {
        encode(&mut payloads, &mut |bytes| {
            black_box(bytes);
        });
    }
}
