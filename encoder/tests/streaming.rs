//! `DataWriter`: the same bytes as the contiguous encoding for any writes, and no end of an event
//! that failed.
#![cfg(feature = "std")]
#![allow(clippy::unwrap_used)] // helpers of tests are tests

mod support;

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::time::Duration;

use esse_encoder::{Block, EventId, EventType, FieldName, InvalidUtf8};
use esse_parser::reference::interpret;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use support::io::{Line, cut, streamed};
use support::{Values, encoded};

/// A block with everything that a block can have, and empty data.
fn full_block() -> Block<'static> {
    Block::event("")
        .comment("two\nlines")
        .event_type(EventType::from_static("type"))
        .retry(Duration::from_millis(1))
        .field(FieldName::from_static("name"), "value")
        .unwrap()
        .id(EventId::from(7))
}

fn with_data(data: &str) -> Vec<u8> {
    let values = Values {
        comments: vec!["two\nlines".into()],
        event_type: Some("type".into()),
        retry: Some(1),
        fields: vec![("name".into(), "value".into())],
        data: Some(data.into()),
        id: Some("7".into()),
    };
    encoded(&values.block().unwrap())
}

const TOKENS: [&str; 9] = [
    "\n",
    "\r",
    "\r\n",
    "x",
    "\u{e9}",
    "\u{20ac}",
    "\u{1f600}",
    "\0",
    " data: ",
];

/// The start of each is not UTF-8.
const BAD: [&[u8]; 7] = [
    b"\xff",
    b"\x80",
    b"\xe2\x82\n",
    b"\xe2x\x82\xac",
    b"\xed\xa0\x80",
    b"\xc0\x80",
    b"\xf0\x9f",
];

const AFTER_BAD: [&[u8]; 3] = [b"", b"\n", b"more text that is longer than any short write"];

/// Long runs too, so that some parts bypass the buffer and some reach its end.
fn data() -> impl Strategy<Value = String> {
    let run = prop_oneof![9 => 0..4_usize, 1 => 2_000..9_000_usize];
    let part = (select(&TOKENS[..]), run).prop_map(|(token, run)| token.repeat(run));
    vec(part, 0..12).prop_map(|parts| parts.concat())
}

/// Sizes of writes, used in a cycle; 0 is an empty write.
fn sizes() -> impl Strategy<Value = Vec<usize>> {
    let size = prop_oneof![0..5_usize, 0..100_usize, 4_000..20_000_usize];
    (vec(size, 0..6), 1..9_usize).prop_map(|(mut sizes, last)| {
        sizes.push(last);
        sizes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn streamed_is_contiguous(data in data(), sizes in sizes()) {
        let stream = streamed(&full_block(), data.as_bytes(), &sizes).unwrap();
        prop_assert_eq!(stream, with_data(&data));
    }

    /// The data of the block comes first, even if a CRLF is cut between the two.
    #[test]
    fn data_of_the_block_comes_first(first in data(), rest in data(), sizes in sizes()) {
        let stream = streamed(&Block::event(first.as_str()), rest.as_bytes(), &sizes).unwrap();
        prop_assert_eq!(stream, encoded(&Block::event(first + &rest)));
    }

    #[test]
    fn what_is_not_utf8_ends_nothing(
        good in data(),
        bad in select(&BAD[..]),
        rest in select(&AFTER_BAD[..]),
        sizes in sizes(),
    ) {
        let data = [good.as_bytes(), bad, rest].concat();
        let line = Line::default();
        let mut writer = full_block().data_writer(line.clone());
        let writes = cut(&data, &sizes);
        let written = writes.into_iter().try_for_each(|write| writer.write_all(write));
        let error = match written {
            Ok(()) => writer.finish().unwrap_err(),
            Err(error) => {
                prop_assert!(writer.write(b"x").is_err());
                prop_assert!(writer.finish().is_err());
                error
            }
        };
        prop_assert_eq!(error.kind(), ErrorKind::InvalidData);
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<InvalidUtf8>());
        prop_assert_eq!(inner.map(|inner| inner.at), Some(good.len() as u64));
        prop_assert_eq!(interpret(&line.bytes()).events, []);
    }
}

/// What is plain is passed on in blocks, so a byte that is not is put at each place around their
/// ends, and the data cut in two everywhere.
#[test]
fn plain_text_around_anything_else_at_every_cut() {
    const LEN: usize = 600;
    let ends = [0, 64, 128, 192, 256, 320, 448, 512, 576, LEN];
    let block = Block::new().id(EventId::from(7));
    for token in ["\n", "\r", "\r\n", "\n\r", "\t", "\0", "\u{e9}", "\u{20ac}"] {
        for end in ends {
            for at in end.saturating_sub(2)..=(end + 2).min(LEN) {
                let data = "x".repeat(at) + token + &"y".repeat(LEN - at);
                let expected = encoded(&Block::event(data.as_str()).id(EventId::from(7)));
                for cut in 0..=data.len() {
                    let (head, tail) = data.as_bytes().split_at(cut);
                    let mut writer = block.data_writer(Vec::new());
                    writer.write_all(head).unwrap();
                    writer.write_all(tail).unwrap();
                    assert_eq!(writer.finish().unwrap(), expected, "{token:?} {at} {cut}");

                    let Some((head, tail)) = data.split_at_checked(cut) else {
                        continue;
                    };
                    let mut writer = block.data_writer(Vec::new());
                    fmt::Write::write_str(&mut writer, head).unwrap();
                    fmt::Write::write_str(&mut writer, tail).unwrap();
                    assert_eq!(writer.finish().unwrap(), expected, "{token:?} {at} {cut}");
                }
            }
        }
    }
}

/// Text after bytes that end inside a character is not UTF-8, and completes nothing.
#[test]
fn text_does_not_complete_a_character() {
    for text in ["x", "\u{20ac}", "\n"] {
        let mut writer = Block::new().data_writer(Vec::new());
        writer.write_all(b"a\xe2\x82").unwrap();
        assert!(fmt::Write::write_str(&mut writer, "").is_ok());
        assert!(fmt::Write::write_str(&mut writer, text).is_err());
        let error = writer.finish().unwrap_err();
        let inner = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<InvalidUtf8>());
        assert_eq!(inner.map(|inner| inner.at), Some(1));
    }
}

/// Parts of the block that are longer than the buffer, before and after the data.
#[test]
fn any_part_of_the_block_may_be_large() {
    fn block(id: usize, comment: usize, data: &str) -> Block<'_> {
        let id = EventId::new("i".repeat(id)).unwrap();
        Block::event(data).comment("c".repeat(comment)).id(id)
    }

    let sizes = [0, 100, 4000, 8000, 8185, 8192, 20_000];
    let pairs = sizes
        .into_iter()
        .flat_map(|id| sizes.map(|comment| (id, comment)));
    for ((id, comment), first) in pairs.flat_map(|pair| sizes.map(|first| (pair, first))) {
        let first = "f".repeat(first);
        for rest in ["", "a few\nlines", &"line\n".repeat(3000)] {
            let line = Line::default();
            let mut writer = block(id, comment, &first).data_writer(line.clone());
            assert_eq!(line.bytes(), b"");
            writer.write_all(rest.as_bytes()).unwrap();
            writer.finish().unwrap();
            let data = first.clone() + rest;
            assert!(line.bytes() == encoded(&block(id, comment, &data)));
        }
    }
}

#[test]
fn empty_write_does_not_part_cr_and_lf() {
    let stream = streamed(&Block::event(""), b"\r\n\n", &[1, 0]).unwrap();
    assert_eq!(stream, encoded(&Block::event("\n\n")));
}

#[test]
fn text_inside_a_character_is_not_utf8() {
    let failed = streamed(&Block::event(""), b"a\xe2x\x82\xac", &[1]);
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::InvalidData);
}

/// Accepts `room` bytes, then fails.
struct Full {
    line: Line,
    room: usize,
}

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room == 0 {
            return Err(io::Error::other("no room"));
        }
        let taken = bytes.len().min(self.room);
        self.room -= taken;
        self.line.write(&bytes[..taken])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// If the writer fails at any byte, even the last, no event is dispatched. The bytes before that are
/// the start of the event.
#[test]
fn writer_that_fails_leaves_no_event() {
    let data = "line\n".repeat(5_000) + &"x".repeat(20_000) + "\n";
    let whole = with_data(&data);
    for room in (0..whole.len()).step_by(97).chain([whole.len() - 1]) {
        let line = Line::default();
        let full = Full {
            line: line.clone(),
            room,
        };
        let mut writer = full_block().data_writer(full);
        let mut parts = data.as_bytes().chunks(10_000);
        let written = parts.try_for_each(|part| writer.write_all(part));
        if written.is_err() {
            assert!(writer.write(b"").is_err());
            assert!(writer.flush().is_err());
        }
        assert!(writer.finish().is_err());
        assert_eq!(line.bytes(), whole[..room]);
        assert_eq!(interpret(&line.bytes()).events, []);
    }
}

#[test]
fn drop_writes_nothing() {
    let line = Line::default();
    let mut writer = full_block().data_writer(line.clone());
    writer.write_all(b"complete\n").unwrap();
    drop(writer);
    assert_eq!(line.bytes(), b"");

    let mut writer = full_block().data_writer(line.clone());
    writer.write_all(b"complete\n").unwrap();
    writer.flush().unwrap();
    let flushed = line.bytes();
    assert!(flushed.ends_with(b"data: complete\ndata: "));
    drop(writer);
    assert_eq!(line.bytes(), flushed);
}

/// A panic of the inner writer counts as a failure.
#[test]
fn panic_ends_nothing() {
    struct Panics;

    impl Write for Panics {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            panic!("inner writer");
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut writer = Block::event("x").data_writer(Panics);
    let flush = std::panic::AssertUnwindSafe(|| writer.flush());
    assert!(std::panic::catch_unwind(flush).is_err());
    assert!(writer.finish().is_err());
}

/// Writers may accept less than they are given, and may be interrupted.
#[test]
fn slow_writer_gets_it_all() {
    struct Slow(Vec<u8>, bool);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(ErrorKind::Interrupted.into());
            }
            self.0.write(&bytes[..bytes.len().min(3)])
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let data = "some line\n".repeat(2_000);
    let mut writer = full_block().data_writer(Slow(Vec::new(), false));
    writer.write_all(data.as_bytes()).unwrap();
    assert_eq!(writer.finish().unwrap().0, with_data(&data));

    let large = "x".repeat(100_000);
    let mut slow = Slow(Vec::new(), false);
    let frame = Block::event(large.clone()).to_frame();
    assert_eq!(frame.segments().len(), 3);
    frame.write_to(&mut slow).unwrap();
    assert_eq!(slow.0, encoded(&Block::event(large.as_str())));
}

#[test]
fn fmt_write_reports_the_cause_at_the_end() -> fmt::Result {
    let mut writer = Block::new().data_writer(Vec::new());
    fmt::Write::write_fmt(&mut writer, format_args!("{}\r\n{}", 1, "\u{20ac}"))?;
    assert_eq!(
        writer.finish().unwrap(),
        "data: 1\ndata: \u{20ac}\n\n".as_bytes()
    );

    let full = Full {
        line: Line::default(),
        room: 0,
    };
    let mut writer = Block::new().data_writer(full);
    let large = "x".repeat(10_000);
    assert!(fmt::Write::write_str(&mut writer, &large).is_err());
    assert_eq!(writer.finish().err().unwrap().to_string(), "no room");
    Ok(())
}
