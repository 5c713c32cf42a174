use std::collections::VecDeque;

use esse_encoder::Block;

use super::*;

fn frame(data: &str) -> Rest {
    Content::Frame(Block::event(data.to_owned()).to_frame()).into()
}

fn at(records: usize) -> Position {
    Position::default().plus(records)
}

/// Writes at most this many bytes at a time, and gives what is left back to the batch.
fn written(contents: Vec<Rest>, framing: Framing, at_once: usize) -> Vec<u8> {
    let (mut out, mut batch) = (Vec::new(), Batch::default());
    let mut waiting: VecDeque<_> = contents.into();
    while !waiting.is_empty() {
        let mut pushed = Vec::new();
        for rest in waiting.drain(..) {
            pushed.push((at(pushed.len()), rest.content.clone()));
            batch.push(rest, framing, Some(at(pushed.len() - 1)));
        }
        let taken = batch.write(|slices| {
            let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
            let taken = bytes.len().min(at_once);
            out.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        });
        let (rest, unsent) = batch.settle(taken.unwrap());
        waiting.extend(rest);
        let given_back = pushed.iter().filter(|(at, _)| unsent.contains(at));
        waiting.extend(given_back.map(|(_, content)| content.clone().into()));
    }
    out
}

fn contents() -> Vec<Rest> {
    let raw = Content::Raw(Bytes::from_static(b"head\r\n\r\n"));
    vec![
        raw.into(),
        frame("a"),
        frame(&"b".repeat(40_000)),
        frame(""),
    ]
}

fn expected(framing: Framing) -> Vec<u8> {
    let mut expected = b"head\r\n\r\n".to_vec();
    for data in ["a", &"b".repeat(40_000), ""] {
        let frame = format!("data: {data}\n\n");
        expected.extend(match framing {
            Framing::Bare => frame.into_bytes(),
            Framing::Chunked => format!("{:x}\r\n{frame}\r\n", frame.len()).into_bytes(),
        });
    }
    expected
}

#[test]
fn wherever_a_write_stops_the_bytes_are_the_same() {
    for framing in [Framing::Chunked, Framing::Bare] {
        let expected = expected(framing);
        for at_once in (1..60).chain([1000, 39_999, 40_000, 40_050, usize::MAX]) {
            // One byte at a time is slow with the large one.
            let skip_large = at_once < 60;
            let (contents, expected) = if skip_large {
                let mut contents = contents();
                contents.remove(2);
                let large = format!("data: {}\n\n", "b".repeat(40_000));
                let framed = match framing {
                    Framing::Bare => large,
                    Framing::Chunked => format!("{:x}\r\n{large}\r\n", large.len()),
                };
                let text = String::from_utf8(expected.clone()).unwrap();
                (contents, text.replace(&framed, "").into_bytes())
            } else {
                (contents(), expected.clone())
            };
            let written = written(contents, framing, at_once);
            assert!(written == expected, "{framing:?}, {at_once} at once");
        }
    }
}

#[test]
fn what_was_not_begun_is_given_back() {
    let mut batch = Batch::default();
    let push_all = |batch: &mut Batch| {
        batch.push(frame("a"), Framing::Bare, None);
        batch.push(frame("b"), Framing::Bare, Some(at(7)));
        batch.push(frame("c"), Framing::Bare, Some(at(9)));
    };
    // Each is nine bytes: "data: a\n\n".
    for (taken, rest, unsent) in [
        (0, Some(0), &[7, 9][..]),
        (8, Some(8), &[7, 9]),
        (9, None, &[7, 9]),
        (10, Some(1), &[9]),
        (18, None, &[9]),
        (26, Some(8), &[]),
        (27, None, &[]),
    ] {
        push_all(&mut batch);
        let (left, given_back) = batch.settle(taken);
        assert_eq!(left.map(|left| left.at), rest, "{taken}");
        let unsent: Vec<_> = unsent.iter().copied().map(at).collect();
        assert_eq!(given_back, unsent, "{taken}");
    }
}

#[test]
fn a_batch_is_bounded() {
    let mut batch = Batch::default();
    let mut pushed = 0;
    while batch.has_room() {
        batch.push(frame("a"), Framing::Chunked, Some(at(pushed)));
        pushed += 1;
    }
    assert_eq!(pushed, 21);
    batch.clear();
    batch.push(frame(&"a".repeat(BYTES)), Framing::Chunked, None);
    assert!(!batch.has_room());
}

#[test]
fn sizes_in_hexadecimal() {
    for size in [0, 1, 9, 10, 15, 16, 255, 256, 4096, 1 << 20, usize::MAX] {
        assert_eq!(
            SizeLine::new(size).as_bytes(),
            format!("{size:x}\r\n").as_bytes()
        );
    }
}

#[test]
fn errors_of_the_socket() {
    let mut batch = Batch::default();
    batch.push(frame("a"), Framing::Chunked, None);
    let mut result = |kind: ErrorKind| batch.write(|_| Err(kind.into())).map_err(|e| e.kind());
    assert_eq!(result(ErrorKind::WouldBlock), Ok(0));
    assert_eq!(result(ErrorKind::Interrupted), Ok(0));
    assert_eq!(result(ErrorKind::BrokenPipe), Err(ErrorKind::BrokenPipe));
    assert_eq!(
        batch.write(|_| Ok(0)).unwrap_err().kind(),
        ErrorKind::WriteZero
    );
}

#[test]
fn what_is_small_is_copied_into_one_slice_and_what_is_large_is_not() {
    for (data, expected) in [(300, 1), (JOINED, 3)] {
        let mut batch = Batch::default();
        batch.push(frame(&"a".repeat(data)), Framing::Chunked, None);
        let mut slices = 0;
        let taken = batch.write(|written| {
            slices = written.len();
            Ok(written.iter().map(|slice| slice.len()).sum())
        });
        assert_eq!(
            (slices, batch.settle(taken.unwrap()).1),
            (expected, Vec::new())
        );
    }
}
