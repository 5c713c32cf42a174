//! What the state machine costs above the parser, without any transport.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use esse_bench::numbers::{median, ratio};
use esse_bench::table::Table;
use esse_bench::{ChunkSize, Corpus, Feed};
use esse_client::parser::{Chunk, Parser};
use esse_client::{Connection, Head, Policy};

/// Bytes of each corpus.
const BYTES: usize = 4 << 20;

pub(crate) fn run(rounds: usize) {
    println!("Time of the state machine for borrowed events, and that of the parser alone.\n");
    let mut table = Table::new(1, ["corpus", "event", "1460", "16384"]);
    for corpus in [Corpus::Llm, Corpus::Beacon, Corpus::Tiny] {
        let sample = corpus.sample(BYTES);
        let sizes = [
            ChunkSize::Event,
            ChunkSize::Bytes(1460),
            ChunkSize::Bytes(16384),
        ];
        let cells = sizes.map(|size| {
            let feed = Feed::new(&sample, size, Instant::now() + Duration::from_mins(1));
            let chunks: Vec<_> = feed.chunks().collect();
            let mut ratios = Vec::new();
            for _ in 0..rounds * 5 {
                let alone = time(|| parser(&chunks));
                let layer = time(|| connection(&chunks));
                ratios.push(layer / alone);
            }
            ratio(median(ratios))
        });
        table.row(corpus.name(), cells);
    }
    println!("{table}");
}

fn time(work: impl FnOnce() -> usize) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_secs_f64()
}

fn parser(chunks: &[Bytes]) -> usize {
    let (mut parser, mut bytes) = (Parser::new(), 0);
    for chunk in chunks {
        let mut chunk = Chunk::new(chunk);
        while let Ok(Some(event)) = parser.next_event(&mut chunk) {
            bytes += black_box(event).data.len();
        }
    }
    bytes
}

fn connection(chunks: &[Bytes]) -> usize {
    let now = Duration::ZERO;
    let mut connection = Connection::new(Policy::standard(), now, 1);
    connection.sent(now, true);
    connection.head(now, &Head::new(200, Some("text/event-stream")));
    let mut bytes = 0;
    for chunk in chunks {
        connection.received(now);
        let mut chunk = Chunk::new(chunk);
        while let Ok(Some(event)) = connection.next_event(now, &mut chunk) {
            bytes += black_box(event).data.len();
        }
    }
    bytes
}
