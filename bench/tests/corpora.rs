//! The corpora are the same everywhere, and as documented.

use esse_bench::{Corpus, Payloads};

const SIZE: usize = 1 << 20;

#[test]
fn a_corpus_is_the_same_each_time_and_longer_only_at_its_end() {
    for corpus in Corpus::ALL {
        let (short, long) = (corpus.sample(SIZE / 8), corpus.sample(SIZE / 4));
        assert!(long.bytes.starts_with(&short.bytes), "{corpus:?}");
        assert!(long.events.starts_with(&short.events), "{corpus:?}");
    }
}

#[test]
fn no_corpus_has_changed() {
    let checksum = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
    let sample = |corpus: Corpus| corpus.sample(SIZE).bytes;
    let sums = Corpus::ALL.map(|corpus| sample(corpus).iter().fold(1, checksum));
    let sum = sums.into_iter().fold(0, u64::wrapping_add);
    assert_eq!(
        sum, 2_656_372_871_793_329_561,
        "numbers recorded on other corpora do not compare"
    );
}

#[test]
fn events_have_the_documented_size() {
    let expected = [265, 119, 600, 1220, 565, 9, 267, 350, 280];
    for (corpus, expected) in Corpus::ALL.into_iter().zip(expected) {
        let sample = corpus.sample(SIZE);
        let size = sample.bytes.len() / sample.events.len();
        assert!(
            size.abs_diff(expected) <= expected / 10,
            "{corpus:?}: {size}"
        );
    }
}

#[test]
fn the_lines_of_the_beacon_are_now_and_then_large() {
    let sample = Corpus::Beacon.sample(SIZE);
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
