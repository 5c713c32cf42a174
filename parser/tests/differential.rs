//! The fast parser against the reference, at every cut: events, comments, last event ID,
//! reconnection time, and the chunk that completes each event.
#![cfg(feature = "reference")]

mod support;

use esse_parser::{Chunk, Parser};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use support::{cuts_of, expected, parse, parse_events};

/// The parts of streams, and of streams that break parsers.
fn tokens() -> Vec<&'static [u8]> {
    const TOKENS: &[u8] =
        b"data|event|id|retry|data:|event: |id: |retry: |:| |\n|\r|\r\n|\n\n|\r\r|\
        \0|\xef\xbb\xbf|\xef|\xbb|\xbf|1|x|0|99999999999999999999|+|\t|\xc3\xa9|\xc3|\xa9|\
        \xe2\x80\xa8|\xe2\x82|\xf0\x9f\x98\x80|\xf0\x9f|\xed\xa0\x80|\xff|Data|datax|\x0b|\
        data: x\n\n|id: 7\ndata\n\n";
    TOKENS.split(|byte| *byte == b'|').collect()
}

fn hostile_stream() -> impl Strategy<Value = Vec<u8>> {
    vec(select(tokens()), 0..24).prop_map(|tokens| tokens.concat())
}

fn with_cuts(
    stream: impl Strategy<Value = Vec<u8>>,
) -> impl Strategy<Value = (Vec<u8>, Vec<usize>)> {
    stream.prop_flat_map(|stream| {
        let cuts = vec(0..=stream.len(), 0..8).prop_map(|mut cuts| {
            cuts.sort_unstable();
            cuts
        });
        (Just(stream), cuts)
    })
}

fn check(stream: &[u8], cuts: &[usize]) {
    let judged = expected(stream, cuts, "");
    assert_eq!(parse(stream, cuts, ""), judged, "cut at {cuts:?}");
    assert_eq!(
        parse_events(stream, cuts),
        judged.events,
        "events alone, cut at {cuts:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn hostile_tokens_at_arbitrary_cuts((stream, cuts) in with_cuts(hostile_stream())) {
        check(&stream, &cuts);
    }

    #[test]
    fn arbitrary_bytes_at_arbitrary_cuts(
        (stream, cuts) in with_cuts(vec(any::<u8>(), 0..64)),
    ) {
        check(&stream, &cuts);
    }

    #[test]
    fn an_earlier_last_event_id_carries_over((stream, cuts) in with_cuts(hostile_stream())) {
        assert_eq!(parse(&stream, &cuts, "before"), expected(&stream, &cuts, "before"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn hostile_tokens_at_every_two_way_split(stream in hostile_stream()) {
        for cuts in cuts_of(stream.len()) {
            check(&stream, &cuts);
        }
    }
}

/// Every stream of up to three tokens, whole, byte by byte and at every two-way split.
#[test]
fn every_short_stream_at_every_split() {
    let tokens = tokens();
    assert_eq!(tokens.len(), 40);
    for n in 0..tokens.len().pow(3) {
        let [a, b, c] = [n % 40, n / 40 % 40, n / 1600].map(|n| tokens[n]);
        let stream = [b"data:", a, b, c, b"\n\n"].concat();
        for cuts in cuts_of(stream.len()) {
            check(&stream, &cuts);
        }
    }
}

/// A window of the UTF-8 check is 32 KiB: lines of all lengths around its end, valid and not.
#[test]
fn windows_of_the_utf8_check() {
    for len in [32_740_usize, 32_755, 32_760, 32_767, 32_768, 32_769, 40_000] {
        for tail in [&b"\xc3\xa9"[..], b"\xff", b"\xf0\x9f", b"x"] {
            let line = [b"data: ", &b"a".repeat(len)[..], tail, b"\n\n"].concat();
            let other: &[u8] = b"id: 1\ndata: \xff y\n\n";
            let stream = [&line, other, &line, b"data: z\r\n\r\n"].concat();
            check(&stream, &[]);
            for cut in [3, len, 32_768, len + 7, len + 10] {
                check(&stream, &[cut]);
            }
        }
    }
}

/// Short lines are copied at a fixed length if enough bytes follow them.
#[test]
fn joined_lines_of_every_length() {
    for first in 0..70 {
        for second in 0..70 {
            let lines = ["x".repeat(first), "y".repeat(second), "z".repeat(second)];
            let block = lines.iter().map(|line| format!("data: {line}\n"));
            let stream = block.collect::<String>() + "\n";
            let mut parser = Parser::new();
            // The second time there is room in the buffer.
            for _ in 0..2 {
                let mut chunk = Chunk::new(stream.as_bytes());
                let event = parser.next_event(&mut chunk).unwrap().unwrap();
                assert_eq!(event.data, lines.join("\n"), "{first}, {second}");
            }
        }
    }
}
