//! Every subject returns the events that the corpora wrote, except for known differences.

use std::time::Duration;

use esse_bench::{ChunkSize, Corpus, Sample, Verdict, peers};
use peers::{Kind, SUBJECTS, Subject};

/// A peer, a corpus, a chunk size, and why the events are others.
const DIFFERING: [(&str, Corpus, usize, &str); 3] = [
    ("tokio_sse_codec", Corpus::Crlf, 1, CUT_CRLF),
    ("tokio_sse_codec", Corpus::Crlf, 16, CUT_CRLF),
    ("tokio_sse_codec", Corpus::Crlf, 1460, CUT_CRLF),
];

const PATIENCE: Duration = Duration::from_mins(1);

const CUT_CRLF: &str = "a CRLF cut by chunks is not seen as the end of a line";

fn reason(subject: &Subject, corpus: Corpus, size: ChunkSize) -> Option<&'static str> {
    let mut known = DIFFERING.iter();
    let known = known.find(|(name, on, at, _)| {
        (*name, *on, ChunkSize::Bytes(*at)) == (subject.name, corpus, size)
    });
    known.map(|(.., reason)| *reason)
}

fn subjects() -> impl Iterator<Item = &'static Subject> {
    SUBJECTS
        .iter()
        .filter(|subject| subject.kind != Kind::Limit)
}

fn assert_verdicts(sample: &Sample, corpus: Corpus, size: ChunkSize) {
    for subject in subjects() {
        let (name, reason) = (subject.name, reason(subject, corpus, size));
        let verdict = subject.verdict(sample, size, PATIENCE);
        assert_eq!(
            verdict != Verdict::Exact,
            reason.is_some(),
            "{name} on {corpus:?} in chunks of {size}: {verdict:?}; known: {reason:?}"
        );
    }
}

#[test]
fn all_corpora_in_small_chunks() {
    for corpus in Corpus::ALL {
        let sample = corpus.sample(16 << 10);
        for size in [1, 16, 1460].map(ChunkSize::Bytes) {
            assert_verdicts(&sample, corpus, size);
        }
        assert_verdicts(&sample, corpus, ChunkSize::Event);
    }
}

#[test]
fn the_corpora_of_the_instruction_counts() {
    for corpus in Corpus::ALL {
        let sample = corpus.recorded(16 << 10);
        for size in [1, 16, 1460].map(ChunkSize::Bytes) {
            let verdict = SUBJECTS[0].verdict(&sample, size, PATIENCE);
            assert_eq!(verdict, Verdict::Exact, "{corpus:?}, {size}");
        }
    }
}

#[test]
fn a_beacon_stream_with_a_large_line() {
    let sample = Corpus::Beacon.sample(64 << 10);
    assert!(
        sample
            .bytes
            .split(|byte| *byte == b'\n')
            .any(|line| line.len() > 64 << 10)
    );
    assert_verdicts(&sample, Corpus::Beacon, ChunkSize::Bytes(1460));
}

#[test]
fn a_wrong_event_is_not_taken_for_a_right_one() {
    let mut sample = Corpus::Tiny.recorded(64);
    sample.bytes = b"data: x\n\ndata: y\n\n"[..].into();
    let verdict = SUBJECTS[0].verdict(&sample, ChunkSize::WHOLE, PATIENCE);
    assert_eq!(
        verdict,
        Verdict::Differs("event 1: data `y` instead of `x`".into())
    );
}

#[test]
fn a_missing_event_is_missed() {
    let mut sample = Corpus::Tiny.recorded(64);
    sample.bytes = b"data: x\n\n"[..].into();
    let verdict = SUBJECTS[0].verdict(&sample, ChunkSize::WHOLE, PATIENCE);
    assert_eq!(verdict, Verdict::Differs("ends after 1 of 8 events".into()));
}
