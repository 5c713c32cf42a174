//! The corpora are the same everywhere, and as documented.

use esse_bench::{Corpus, Payloads, Sample};

const SIZE: usize = 1 << 20;

#[test]
fn a_corpus_is_the_same_each_time_and_longer_only_at_its_end() {
    for corpus in Corpus::ALL {
        for sample in [Corpus::sample, Corpus::recorded] {
            let (short, long) = (sample(corpus, SIZE / 8), sample(corpus, SIZE / 4));
            assert!(long.bytes.starts_with(&short.bytes), "{corpus:?}");
            assert!(long.events.starts_with(&short.events), "{corpus:?}");
            assert!(long.ends.starts_with(&short.ends), "{corpus:?}");
        }
    }
}

#[test]
fn no_corpus_has_changed() {
    let checksum = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
    let sum = |sample: fn(Corpus, usize) -> Sample| {
        let samples = Corpus::ALL.map(|corpus| sample(corpus, SIZE).bytes);
        let sums = samples.map(|bytes| bytes.iter().fold(1, checksum));
        sums.into_iter().fold(0, u64::wrapping_add)
    };
    assert_eq!(
        [sum(Corpus::recorded), sum(Corpus::sample)],
        [2_656_372_871_793_329_561, 195_650_051_295_801_019],
        "numbers recorded on other corpora do not compare"
    );
}

#[test]
fn events_have_the_documented_size() {
    let recorded = [265, 119, 600, 1220, 565, 9, 267, 350, 280];
    let varied = [282, 130, 2500, 1220, 450, 12, 284, 350, 105];
    let expected = recorded.into_iter().zip(varied);
    for (corpus, (recorded, varied)) in Corpus::ALL.into_iter().zip(expected) {
        for (sample, expected) in [
            (corpus.recorded(SIZE), recorded),
            (corpus.sample(SIZE), varied),
        ] {
            let size = sample.bytes.len() / sample.events.len();
            assert!(
                size.abs_diff(expected) <= expected / 10,
                "{corpus:?}: {size}"
            );
        }
    }
}

#[test]
fn the_small_events_of_the_beacon_have_606_bytes() {
    let sample = Corpus::Beacon.sample(SIZE);
    let blocks = chunks(&sample).filter(|block| block.len() < 64 << 10);
    let sizes: Vec<usize> = blocks.map(<[u8]>::len).collect();
    assert!((sizes.iter().sum::<usize>() / sizes.len()).abs_diff(606) < 30);
}

#[test]
fn a_comment_that_keeps_the_connection_alive_is_a_chunk_of_its_own() {
    let sample = Corpus::Keepalive.sample(SIZE);
    let (comments, events): (Vec<&[u8]>, Vec<_>) =
        chunks(&sample).partition(|block| block.starts_with(b":"));
    assert_eq!(events.len(), sample.events.len());
    assert!((comments.len() / 3).abs_diff(events.len()) < events.len() / 20);
    assert!(comments.contains(&&b":\n\n"[..]));
    assert!(comments.contains(&&b": OPENROUTER PROCESSING\n\n"[..]));
    let size = events.iter().map(|block| block.len()).sum::<usize>() / events.len();
    assert!(size.abs_diff(85) < 9, "{size}");
}

/// The stream, cut as a server would flush it.
fn chunks(sample: &Sample) -> impl Iterator<Item = &[u8]> {
    let starts = [0].into_iter().chain(sample.ends.iter().copied());
    let cuts = starts.zip(sample.ends.iter().copied());
    cuts.map(|(start, end)| &sample.bytes[start..end])
}

#[test]
fn the_lines_of_the_beacon_are_now_and_then_large() {
    let sample = Corpus::Beacon.recorded(SIZE);
    let lines = sample.bytes.split(|byte| *byte == b'\n').map(<[u8]>::len);
    let large: Vec<usize> = lines.filter(|length| *length > 1000).collect();
    assert!(!large.is_empty());
    assert!(
        large
            .iter()
            .all(|length| (64 << 10..520 << 10).contains(length))
    );
}

#[test]
fn payloads_have_the_size_of_their_title() {
    let size = |payloads: Payloads| payloads.make()[0].len();
    assert_eq!(size(Payloads::Line1k), 1 << 10);
    assert_eq!(size(Payloads::Line1m), 1 << 20);
    assert!((256 << 10) - size(Payloads::Multiline) < 40);
    assert!(
        Payloads::Multiline.make()[0]
            .lines()
            .all(|line| line.len() == 39)
    );
}
