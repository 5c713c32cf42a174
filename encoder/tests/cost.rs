//! Allocations: how many, and none that grows with a payload that is streamed or shared.
#![allow(clippy::unwrap_used)] // helpers of tests are tests

use std::time::Duration;

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use esse_encoder::{Block, Data, EventId, EventType, FieldName};

const TYPE: EventType = EventType::from_static("delta");
const TOKEN: &str = "{\"choices\":[{\"delta\":{\"content\":\" of\"}}]}";
const LARGE: usize = 1 << 20;

fn allocations(work: impl FnOnce()) -> u64 {
    measure(work).count_total
}

#[test]
fn appending_allocates_nothing() {
    let mut stream = Vec::with_capacity(4096);
    let count = allocations(|| {
        for number in [0, 7, u64::MAX] {
            let block = Block::event(TOKEN)
                .event_type(TYPE)
                .retry(Duration::from_millis(number));
            block.id(EventId::from(number)).encode(&mut stream);
        }
        Block::event("three\nshort\r\nlines").encode(&mut stream);
        Block::new().id(EventId::EMPTY).encode(&mut stream);
    });
    assert_eq!(count, 0);
}

/// One each for the list of comments and the list of fields, and none for their texts.
#[test]
fn borrowed_texts_are_not_copied() {
    let mut stream = Vec::with_capacity(4096);
    let count = allocations(|| {
        let block = Block::event(TOKEN).comment(TOKEN).comment(TOKEN);
        let block = block.field(FieldName::from_static("trace"), TOKEN);
        block.unwrap().encode(&mut stream);
    });
    assert_eq!(count, 2);
}

#[test]
fn frame_is_one_allocation_of_its_size() {
    for data in ["", TOKEN, &"short lines\n".repeat(1000)] {
        let block = Block::event(data).event_type(TYPE).id(EventId::from(7));
        let mut frame = None;
        let info = measure(|| frame = Some(block.to_frame()));
        assert_eq!(info.count_total, 1);
        assert_eq!(info.bytes_total, frame.unwrap().len() as u64);
    }
}

#[test]
fn short_string_costs_its_frame_only() {
    let mut text = String::with_capacity(100);
    text.push_str(TOKEN);
    let count = allocations(|| drop(Block::event(text).to_frame()));
    assert_eq!(count, 1);
}

fn framed(payload: &Bytes) -> AllocationInfo {
    measure(|| drop(Block::event(Data::try_from(payload.clone()).unwrap()).to_frame()))
}

#[test]
fn large_payload_is_not_copied() {
    let sizes = [LARGE, 16 * LARGE];
    let infos = sizes.map(|size| framed(&Bytes::from("x".repeat(size))));
    for info in infos {
        assert!(info.bytes_total < 1024, "{info:?}");
        assert!(info.count_total <= 6, "{info:?}");
    }
}

#[test]
fn each_time_there_are_twice_as_many_long_lines_there_is_one_allocation_more() {
    for (lines, most) in [(1, 6), (8, 7), (64, 10)] {
        let line = "x".repeat(40_000);
        let info = framed(&Bytes::from(vec![line; lines].join("\n")));
        assert!(info.count_total <= most, "{lines}: {info:?}");
    }
}

/// For the shortest lines too there is one buffer of the exact size, not a list of a million
/// segments.
#[test]
fn short_lines_do_not_explode() {
    let payload = Bytes::from("\n".repeat(LARGE));
    let info = framed(&payload);
    let frame = Block::event(Data::try_from(payload).unwrap()).to_frame();
    assert_eq!(frame.len(), 7 * LARGE + 6 + 2);
    assert!(info.bytes_max < frame.len() as u64 + 16 * 1024, "{info:?}");
}

/// A thread starts without a spare buffer.
#[cfg(feature = "std")]
fn in_a_new_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

/// A gibibyte from a reader takes as much memory as a kibibyte.
#[cfg(feature = "std")]
#[test]
fn a_gibibyte_is_streamed_in_constant_memory() {
    use std::io::{Read, repeat, sink};

    let stream = |size: u64| {
        let mut copied = 0;
        let info = measure(|| {
            let mut writer = Block::new().data_writer(sink());
            copied = writer.copy_from(&mut repeat(b'x').take(size)).unwrap();
            writer.finish().unwrap();
        });
        assert_eq!(copied, size);
        (info.count_total, info.bytes_max)
    };
    let first = |size| in_a_new_thread(|| stream(size));
    assert_eq!(first(1 << 30), first(1 << 10));
    assert!(first(1 << 30).1 < 16 << 10);
    let later = |size| in_a_new_thread(|| [1, size].map(stream)[1]);
    assert_eq!(later(1 << 30), later(1 << 10));
}

/// The first event of a thread allocates a buffer. Later events use it again, and an event that is
/// not finished takes it away.
#[cfg(feature = "std")]
#[test]
fn streamed_event_is_one_allocation_at_most() {
    use std::fmt::Write as _;
    use std::io::{Cursor, Write as _};

    let id = EventId::new("an ID of some length ".repeat(10)).unwrap();
    let block = Block::new().event_type(TYPE).id(id);
    let texts = [
        String::new(),
        TOKEN.into(),
        TOKEN.repeat(7),
        "\u{20ac}\r\n".repeat(10_000),
        "x".repeat(LARGE),
    ];
    for text in &texts {
        let mut stream = Vec::with_capacity(16 << 20);
        let counts = |stream: &mut Vec<u8>| {
            let of_text = allocations(|| {
                let mut writer = block.data_writer(&mut *stream);
                writer.write_str(text).unwrap();
                writer.finish().unwrap();
            });
            let of_bytes = allocations(|| {
                let mut writer = block.data_writer(&mut *stream);
                for bytes in text.as_bytes().chunks(7) {
                    writer.write_all(bytes).unwrap();
                }
                writer.finish().unwrap();
            });
            let of_reader = allocations(|| {
                let mut writer = block.data_writer(&mut *stream);
                writer.copy_from(&mut Cursor::new(text)).unwrap();
                writer.finish().unwrap();
            });
            let unfinished = allocations(|| drop(block.data_writer(&mut *stream)));
            [of_text, of_bytes, of_reader, unfinished]
        };
        let (first, second) = in_a_new_thread(|| (counts(&mut stream), counts(&mut stream)));
        assert_eq!(first, [1, 0, 0, 0]);
        assert_eq!(second, [1, 0, 0, 0]);
    }
}
