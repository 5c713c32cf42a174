//! Ten faults that encoders of this kind had, with a test for each.
#![cfg(feature = "std")]

mod support;

use std::io::{self, Write};

use esse_encoder::{Block, EventId, EventType, FieldName, FieldPart, InvalidField};
use esse_parser::reference::interpret;
use support::encoded;
use support::io::{BrokenReader, Line};

fn only_data(stream: &[u8]) -> Vec<String> {
    let events = interpret(stream).events;
    events.into_iter().map(|event| event.data).collect()
}

#[test]
fn blank_line_is_not_delayed_to_the_next_event() -> io::Result<()> {
    let line = Line::default();
    let mut writer = Block::new().data_writer(io::BufWriter::new(line.clone()));
    writer.write_all(b"x")?;
    let connection = writer.finish()?;
    // Nothing else was written, and the connection has a buffer of its own.
    assert_eq!(line.bytes(), b"data: x\n\n");
    assert_eq!(line.0.borrow().flushes, 1);
    drop(connection);
    assert_eq!(encoded(&Block::event("x")), b"data: x\n\n");
    Ok(())
}

#[test]
fn data_that_ends_in_cr_does_not_merge_two_events() -> io::Result<()> {
    let mut stream = encoded(&Block::event("a\r"));
    Block::event("b").encode(&mut stream);
    let mut writer = Block::new().data_writer(stream);
    writer.write_all(b"c\r")?;
    let mut stream = writer.finish()?;
    Block::event("\nd").encode(&mut stream);
    assert_eq!(only_data(&stream), ["a\n", "b", "c\n", "\nd"]);
    Ok(())
}

#[test]
fn empty_id_is_written() {
    let mut stream = encoded(&Block::event("a").id(EventId::from(7)));
    Block::event("b").id(EventId::EMPTY).encode(&mut stream);
    let read = interpret(&stream);
    assert_eq!(read.events[0].last_event_id, "7");
    assert_eq!(read.events[1].last_event_id, "");
    assert_eq!(read.last_event_id, "");
}

#[test]
fn type_id_and_fields_cannot_inject() -> Result<(), InvalidField> {
    let forged = "data: forged\n\n";
    for line_break in ["\n", "\r", "\r\n", "\n\n"] {
        let text = format!("x{line_break}{forged}");
        let refused = |part| InvalidField::LineBreak { part, at: 1 };
        let name = FieldName::from_static("name");
        let value = Block::event("").field(name, text.clone());
        assert_eq!(
            EventType::new(text.clone()).err(),
            Some(refused(FieldPart::EventType))
        );
        assert_eq!(
            EventId::new(text.clone()).err(),
            Some(refused(FieldPart::EventId))
        );
        assert_eq!(
            FieldName::new(text.clone()).err(),
            Some(refused(FieldPart::FieldName))
        );
        assert_eq!(value.err(), Some(refused(FieldPart::FieldValue)));
    }
    // Data and comments may contain it, because they consist of lines.
    let block = Block::event(forged).comment(forged).id(EventId::new("1")?);
    assert_eq!(only_data(&encoded(&block)), [forged]);
    Ok(())
}

#[test]
fn empty_data_is_an_event() -> io::Result<()> {
    assert_eq!(only_data(&encoded(&Block::event(""))), [""]);
    let writer = Block::new().data_writer(Vec::new());
    assert_eq!(only_data(&writer.finish()?), [""]);
    Ok(())
}

#[test]
fn trailing_line_breaks_are_kept() -> io::Result<()> {
    for data in ["x\n", "x\n\n", "\n", "\n\n\n", "x\r\n", "x\r"] {
        let expected = [support::with_lf(data)];
        assert_eq!(only_data(&encoded(&Block::event(data))), expected);
        let mut writer = Block::new().data_writer(Vec::new());
        writer.write_all(data.as_bytes())?;
        assert_eq!(only_data(&writer.finish()?), expected);
    }
    Ok(())
}

#[test]
fn reader_that_fails_leaves_no_event() {
    let line = Line::default();
    let half = "half\n".repeat(10_000);
    let mut writer = Block::new().data_writer(line.clone());
    let failed = writer.copy_from(&mut BrokenReader(half.as_bytes()));
    assert_eq!(failed.unwrap_err().to_string(), "the source broke");
    // Neither a flush, nor another write, nor `finish` completes the half that was sent.
    assert!(writer.flush().is_err());
    assert!(writer.write(b"more").is_err());
    assert!(writer.finish().is_err());
    assert!(!line.bytes().is_empty());
    assert_eq!(interpret(&line.bytes()).events, []);

    let line = Line::default();
    let mut writer = Block::new().data_writer(line.clone());
    assert!(io::copy(&mut BrokenReader(half.as_bytes()), &mut writer).is_err());
    drop(writer);
    assert_eq!(interpret(&line.bytes()).events, []);
}

#[test]
fn character_cut_by_reads_is_one_character() -> io::Result<()> {
    let text = "a\u{e9}\u{20ac}\u{1f600}\u{feff}z";
    for size in 1..text.len() {
        let mut writer = Block::new().data_writer(Vec::new());
        for write in text.as_bytes().chunks(size) {
            assert_eq!(writer.write(write)?, write.len());
            assert_eq!(writer.write(b"")?, 0);
        }
        assert_eq!(only_data(&writer.finish()?), [text]);
    }
    Ok(())
}

/// Writes single bytes, enough to fill the 8 KiB buffer a hundred times.
fn one_byte_writes(line: &str) -> io::Result<Line> {
    let connection = Line::default();
    let data = line.repeat(100 * 8192 / line.len());
    let mut writer = Block::new().data_writer(connection.clone());
    for byte in data.as_bytes().chunks(1) {
        writer.write_all(byte)?;
    }
    writer.finish()?;
    assert_eq!(only_data(&connection.bytes()), [support::with_lf(&data)]);
    Ok(connection)
}

#[test]
fn not_one_write_for_each_byte() -> io::Result<()> {
    for line in ["x", "x\n", "forty bytes of text, or a few more of them\r\n"] {
        let connection = one_byte_writes(line)?;
        let full = connection.bytes().len().div_ceil(8192);
        // The buffer is written when the next part does not fit, so it may not be quite full.
        let writes = connection.0.borrow().writes;
        assert!(
            writes <= full + full / 100 + 1,
            "{writes} writes for {full} buffers"
        );
    }
    // Also from a reader, in large slices.
    for line in ["x", "x\n"] {
        let data = line.repeat((1 << 20) / line.len());
        let connection = Line::default();
        let mut writer = Block::new().data_writer(connection.clone());
        writer.copy_from(&mut data.as_bytes())?;
        writer.finish()?;
        let most = 2 + connection.bytes().len().div_ceil(8000);
        assert!(connection.0.borrow().writes <= most);
    }
    Ok(())
}

#[test]
fn not_one_allocation_for_each_byte() {
    for line in ["x", "x\n", "\n"] {
        let data = line.repeat((1 << 20) / line.len());
        let info = allocation_counter::measure(|| {
            let mut writer = Block::new().data_writer(io::sink());
            for byte in data.as_bytes().chunks(1) {
                writer.write_all(byte).unwrap();
            }
            writer.finish().unwrap();
        });
        // The buffer, for data of any length.
        assert!(info.count_total <= 1, "{info:?}");
        assert!(info.bytes_max < 9 * 1024, "{info:?}");
    }
}
