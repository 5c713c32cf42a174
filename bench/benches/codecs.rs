//! A look at the codecs while working on them: `cargo bench -p esse-bench`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use divan::Bencher;
use divan::counter::BytesCount;
use esse_bench::peers::{ENCODERS, SUBJECTS};
use esse_bench::sink::Discard;
use esse_bench::{ChunkSize, Corpus, Feed, Payloads};

fn main() {
    divan::main();
}

#[divan::bench(args = [Corpus::Llm, Corpus::Tiny, Corpus::Anthropic, Corpus::Multiline])]
fn parse(bencher: Bencher<'_, '_>, corpus: Corpus) {
    let bytes = corpus.sample(1 << 20).bytes;
    let deadline = Instant::now() + Duration::from_hours(1);
    let feed = Feed::new(bytes.clone(), ChunkSize::new(16 << 10), deadline);
    bencher
        .counter(BytesCount::new(bytes.len()))
        .bench_local(|| SUBJECTS[0].parse(&feed, &mut Discard::new(deadline)));
}

#[divan::bench(args = [Payloads::Llm, Payloads::Multiline])]
fn encode(bencher: Bencher<'_, '_>, payloads: Payloads) {
    let (mut payloads, mut encode) = (payloads.make(), (ENCODERS[0].start)());
    let bytes: usize = payloads.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        encode(&mut payloads, &mut |bytes| {
            black_box(bytes);
        });
    });
}
