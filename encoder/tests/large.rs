//! Payloads of 16 MiB, on one line and on many, in each form.
#![allow(clippy::unwrap_used)] // helpers of tests are tests

mod support;

use esse_encoder::Block;
use esse_parser::reference::interpret;
use support::{Values, encoded};

const SIZE: usize = 16 << 20;

fn each_form(data: String) {
    let values = Values {
        data: Some(data),
        id: Some("7".into()),
        ..Values::default()
    };
    let block = values.block().unwrap();
    let contiguous = encoded(&block);
    assert_eq!(contiguous.len(), block.encoded_len());

    let read = interpret(&contiguous);
    assert!(
        read == values.meaning(contiguous.len()),
        "read back differently"
    );

    let owned = Block::event(values.data.clone().unwrap());
    let frame = values.onto(owned).unwrap().to_frame();
    assert!(frame.to_bytes() == contiguous, "the frame differs");

    #[cfg(feature = "std")]
    for sizes in [&[1 << 14][..], &[1, 2, 3, 5000]] {
        let data = values.data.as_deref().unwrap().as_bytes();
        let block = values.onto(Block::event("")).unwrap();
        let streamed = support::io::streamed(&block, data, sizes).unwrap();
        assert!(streamed == contiguous, "the streamed bytes differ");
    }
}

#[test]
fn one_line() {
    each_form("x".repeat(SIZE));
}

#[test]
fn lines_of_forty_bytes() {
    each_form("a line of forty bytes, or a few less...\n".repeat(SIZE / 40));
}

#[test]
fn lines_of_a_mebibyte() {
    each_form(("\u{20ac}".repeat((1 << 20) / 3) + "\r\n").repeat(16));
}

#[test]
fn nothing_but_line_breaks() {
    each_form("\r\n\n\r".repeat((1 << 20) / 4));
}

/// Streaming takes the same memory for any payload, and one write for each full buffer.
#[cfg(feature = "std")]
#[test]
fn streaming_takes_constant_memory() {
    use support::io::Line;

    for text in [
        "x".repeat(SIZE),
        "forty bytes of text, or a few more of them\n".repeat(SIZE / 43),
    ] {
        let mut line = Line::default();
        line.0.borrow_mut().bytes.reserve(2 * SIZE);
        let info = allocation_counter::measure(|| {
            let mut writer = Block::new().data_writer(&mut line);
            writer.copy_from(&mut text.as_bytes()).unwrap();
            writer.finish().unwrap();
        });
        assert!(info.bytes_max < 9 * 1024, "{info:?}");
        assert!(info.count_total <= 1, "{info:?}");
        let most = line.bytes().len() / 8000 + 2;
        assert!(line.0.borrow().writes <= most);
    }
}
