//! `Frame`: the segments of a large payload are shared, not copied.
#![allow(clippy::unwrap_used)] // helpers of tests are tests

mod support;

use bytes::{Buf, Bytes};
use esse_encoder::{Block, Data, EventId, Frame};
use support::encoded;

const LARGE: usize = 1 << 20;

fn points_into(segment: &Bytes, payload: &Bytes) -> bool {
    payload.as_ptr_range().contains(&segment.as_ptr())
}

fn shared(payload: &Bytes) -> Frame {
    let data = Data::try_from(payload.clone()).unwrap();
    Block::event(data).id(EventId::from(7)).to_frame()
}

#[test]
fn small_block_is_one_segment() {
    for len in [0, 1, 1000, 32 * 1024 - 1] {
        let payload = Bytes::from("x".repeat(len));
        let frame = shared(&payload);
        assert_eq!(frame.segments().len(), 1);
        assert!(!points_into(&frame.segments()[0], &payload));
    }
}

#[test]
fn large_payload_is_a_slice() {
    let payload = Bytes::from("x".repeat(LARGE));
    let frame = shared(&payload);
    let [head, data, tail] = frame.segments() else {
        panic!("{} segments", frame.segments().len());
    };
    assert_eq!(
        (&head[..], &tail[..]),
        (&b"data: "[..], &b"\nid: 7\n\n"[..])
    );
    assert_eq!(data.as_ptr(), payload.as_ptr());
    assert_eq!(data.len(), LARGE);
}

#[test]
fn lines_of_a_large_payload_are_slices() {
    let half = "x".repeat(LARGE / 2);
    for line_break in ["\n", "\r", "\r\n"] {
        let text = [half.as_str(), &half, ""].join(line_break);
        let payload = Bytes::from(text.clone());
        let frame = shared(&payload);
        let in_payload = frame
            .segments()
            .iter()
            .filter(|part| points_into(part, &payload));
        assert_eq!(in_payload.count(), 2);
        assert_eq!(frame.segments().len(), 6); // head, line, joint, line, joint, tail
        let whole = Block::event(text.as_str()).id(EventId::from(7));
        assert_eq!(frame.to_bytes(), encoded(&whole));
    }
}

#[test]
fn many_short_lines_are_one_segment() {
    let payload = Bytes::from("a line of forty bytes, or a few less...\n".repeat(LARGE / 40));
    assert_eq!(shared(&payload).segments().len(), 1);
    // Also if most of the payload is one line.
    let payload = Bytes::from("x".repeat(LARGE) + &"\n".repeat(1000));
    assert_eq!(shared(&payload).segments().len(), 1);
}

#[test]
fn owned_and_static_text_is_shared() {
    let text = "x".repeat(LARGE);
    let address = text.as_ptr();
    let frame = Block::event(text).to_frame();
    assert_eq!(frame.segments()[1].as_ptr(), address);

    let text: &'static str = "x".repeat(LARGE).leak();
    let frame = Block::event(Data::from_static(text)).to_frame();
    assert_eq!(frame.segments()[1].as_ptr(), text.as_ptr());

    // Borrowed text cannot be shared.
    let frame = Block::event(text).to_frame();
    assert_eq!(frame.segments().len(), 1);
}

#[test]
fn clones_share() {
    for len in [1, LARGE] {
        let frame = Block::event("x".repeat(len)).to_frame();
        let clone = frame.clone();
        let pairs = frame.segments().iter().zip(clone.segments());
        assert!(pairs.into_iter().all(|(a, b)| a.as_ptr() == b.as_ptr()));
    }
}

#[test]
fn cursor_walks_all_segments() {
    let text = ["x".repeat(LARGE / 2), "y".repeat(LARGE / 2)].join("\n");
    let whole = encoded(&Block::event(text.as_str()));
    let frame = Block::event(text).to_frame();
    for step in [1000, 12_345, LARGE] {
        let mut rest = frame.to_buf();
        let mut walked = Vec::new();
        while rest.has_remaining() {
            assert_eq!(rest.remaining(), whole.len() - walked.len());
            let count = step.min(rest.chunk().len());
            walked.extend_from_slice(&rest.chunk()[..count]);
            rest.advance(count);
        }
        assert!(walked == whole, "step {step}");
        assert!(rest.chunk().is_empty());
    }
    // Past the end of a segment, and to the end of the frame at once.
    let mut rest = frame.to_buf();
    rest.advance(6 + LARGE / 2 + 7);
    assert_eq!(rest.chunk()[0], b'y');
    rest.advance(rest.remaining());
    assert!(!rest.has_remaining());
    assert!(frame.to_buf().copy_to_bytes(whole.len()) == whole);
}

#[cfg(feature = "std")]
#[test]
fn writes_all_segments_with_one_call() {
    use std::io::{self, IoSlice, Write};

    #[derive(Default)]
    struct Vectored(Vec<usize>);

    impl Write for Vectored {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.write_vectored(&[IoSlice::new(bytes)])
        }

        fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
            let count = slices.iter().map(|slice| slice.len()).sum();
            self.0.push(count);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let frame = Block::event("x".repeat(LARGE)).to_frame();
    let mut out = Vectored::default();
    frame.write_to(&mut out).unwrap();
    assert_eq!(out.0, [frame.len()]);

    // A writer that accepts nothing is an error, not an endless loop.
    let taken = frame.write_to(&mut &mut [0; 100][..]);
    assert_eq!(taken.unwrap_err().kind(), io::ErrorKind::WriteZero);
}

/// An interrupted call is repeated. Any other error goes to the caller.
#[cfg(feature = "std")]
#[test]
fn errors_of_the_writer_are_handed_on() {
    use std::io::{self, ErrorKind, Write};

    /// The results of the calls, last call first.
    struct Script(Vec<Result<usize, ErrorKind>>);

    impl Write for Script {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let answer = self.0.pop().unwrap_or(Ok(bytes.len()));
            answer.map_err(io::Error::from)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let frame = Block::event("x").to_frame();
    let write = |script| {
        frame
            .write_to(&mut Script(script))
            .map_err(|error| error.kind())
    };
    assert_eq!(write(vec![Err(ErrorKind::Interrupted), Ok(2)]), Ok(()));
    assert_eq!(write(vec![Ok(0), Ok(2)]), Err(ErrorKind::WriteZero));
    assert_eq!(
        write(vec![Err(ErrorKind::BrokenPipe), Ok(2)]),
        Err(ErrorKind::BrokenPipe)
    );
}
