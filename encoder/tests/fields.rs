//! Field values: what is refused, and what is kept as it is.

use std::borrow::Cow;
use std::collections::HashSet;
use std::time::Duration;

use esse_encoder::{Block, Data, EventId, EventType, FieldName, FieldPart, InvalidField};

const NAME: FieldName = FieldName::from_static("name");

#[test]
fn type_refuses_line_breaks_only() {
    for text in [
        "",
        " ",
        "a b",
        ":",
        "\0",
        "\u{feff}",
        "\u{2028}\u{85}\u{b}",
        "data",
    ] {
        assert_eq!(EventType::new(text).unwrap().as_str(), text);
    }
    for (text, at) in [("\n", 0), ("\r", 0), ("ab\r\nc", 2), ("\u{e9}\n", 2)] {
        let refused = InvalidField::LineBreak {
            part: FieldPart::EventType,
            at,
        };
        assert_eq!(EventType::new(text), Err(refused));
    }
}

#[test]
fn id_refuses_line_breaks_and_nul() {
    for text in ["", " ", "a b", ":", "\u{feff}", "\u{2400}", "id"] {
        assert_eq!(EventId::new(text).unwrap().as_str(), text);
    }
    for (text, at) in [("\0", 0), ("a\0b", 1), ("ab\0\n", 2)] {
        assert_eq!(EventId::new(text), Err(InvalidField::Nul { at }));
    }
    let refused = InvalidField::LineBreak {
        part: FieldPart::EventId,
        at: 1,
    };
    assert_eq!(EventId::new("a\n\0"), Err(refused));
}

#[test]
fn field_name_refuses_what_would_be_read_as_another() {
    for text in [
        "Data",
        "data ",
        " id",
        "x",
        "\0",
        "a\u{feff}",
        "event2",
        "r\u{e9}try",
    ] {
        assert_eq!(FieldName::new(text).unwrap().as_str(), text);
    }
    for (text, refused) in [
        ("", InvalidField::Empty),
        ("data", InvalidField::Reserved),
        ("event", InvalidField::Reserved),
        ("id", InvalidField::Reserved),
        ("retry", InvalidField::Reserved),
        ("\u{feff}", InvalidField::ByteOrderMark),
        ("\u{feff}data", InvalidField::ByteOrderMark),
        ("\u{feff}\n", InvalidField::ByteOrderMark),
        (":", InvalidField::Colon { at: 0 }),
        ("data:", InvalidField::Colon { at: 4 }),
        (
            "a\n:",
            InvalidField::LineBreak {
                part: FieldPart::FieldName,
                at: 1,
            },
        ),
    ] {
        assert_eq!(FieldName::new(text), Err(refused), "{text:?}");
        assert_eq!(refused.part(), FieldPart::FieldName);
    }
}

#[test]
fn field_value_refuses_line_breaks_only() {
    for value in ["", " x", ":", "\0", "\u{feff}", "\u{2028}"] {
        assert!(Block::new().field(NAME, value).is_ok());
    }
    for (value, at) in [("\r", 0), ("a\n", 1), ("a\r\n", 1)] {
        let refused = InvalidField::LineBreak {
            part: FieldPart::FieldValue,
            at,
        };
        assert_eq!(Block::new().field(NAME, value).err(), Some(refused));
    }
}

/// Each message says which part is refused, where, and what to do.
#[test]
fn refusals_are_sentences() {
    for (refused, sentence) in [
        (
            EventType::new("a\n").unwrap_err(),
            "event type has a line break at byte 1, which would end the field; remove it or encode \
             the text",
        ),
        (
            EventId::new("a\0").unwrap_err(),
            "event ID has a U+0000 at byte 1, so receivers would ignore the ID; remove it or encode \
             the text",
        ),
        (
            FieldName::new("a:").unwrap_err(),
            "field name has a colon at byte 1, which would end the name; choose another name",
        ),
        (
            FieldName::new("id").unwrap_err(),
            "field name is one of `data`, `event`, `id`, `retry`; use the method for that field",
        ),
        (
            FieldName::new("").unwrap_err(),
            "field name is empty; use `comment` to write a comment",
        ),
        (
            FieldName::new("\u{feff}").unwrap_err(),
            "field name starts with U+FEFF, which receivers strip at the start of a stream; choose \
             another name",
        ),
    ] {
        assert_eq!(refused.to_string(), sentence);
        let _: &dyn std::error::Error = &refused;
    }
}

#[test]
fn every_way_in_checks() {
    let bad = "a\nb";
    assert!(bad.parse::<EventType>().is_err());
    assert!(EventType::try_from(bad).is_err());
    assert!(EventType::try_from(String::from(bad)).is_err());
    assert!(bad.parse::<EventId>().is_err());
    assert!(EventId::try_from(bad).is_err());
    assert!(EventId::try_from(String::from(bad)).is_err());
    assert!(bad.parse::<FieldName>().is_err());
    assert!(FieldName::try_from(bad).is_err());
    assert!(FieldName::try_from(String::from(bad)).is_err());
}

#[test]
#[should_panic(expected = "has a line break")]
fn from_static_panics_outside_a_const() {
    let _ = EventType::from_static("a\nb");
}

/// A numeric ID equals the ID made from its digits.
#[test]
fn numeric_ids_are_their_digits() {
    for number in [0, 7, 10, 99, u64::MAX] {
        let text = EventId::new(number.to_string()).unwrap();
        let id = EventId::from(number);
        assert_eq!(id, text);
        assert_eq!(id.as_ref(), number.to_string());
        assert_eq!(format!("{id}|{id:>22}"), format!("{number}|{number:>22}"));
        assert_eq!(format!("{id:?}"), format!("EventId(\"{number}\")"));
        assert!(HashSet::from([id]).contains(&text));
    }
    // They are compared as text, so 10 is less than 9.
    assert!(EventId::from(10) < EventId::from(9));
}

/// `from_static` follows the same rules as `new`.
#[test]
fn literals_are_checked_too() {
    let text = String::from("7");
    assert_eq!(EventId::from_static("7"), EventId::new(text).unwrap());
    for refused in ["a\nb", "a\0b"] {
        let outcome = std::panic::catch_unwind(|| EventId::from_static(refused));
        assert!(outcome.is_err(), "{refused:?}");
    }
}

#[test]
fn every_string_is_the_same_data() {
    let owned = String::from("a\nb");
    let meant = Block::event("a\nb").to_frame().to_bytes();
    for block in [
        Block::event(&owned),
        Block::event(owned.clone()),
        Block::event(Cow::Borrowed("a\nb")),
        Block::event(Data::from_static("a\nb")),
        Block::event(Cow::<str>::Owned(owned.clone())),
    ] {
        assert_eq!(block.to_frame().to_bytes(), meant);
    }
}

#[test]
fn parts_and_bytes_are_named() {
    let named = [
        (FieldPart::EventType, "event type"),
        (FieldPart::EventId, "event ID"),
        (FieldPart::FieldName, "field name"),
        (FieldPart::FieldValue, "field value"),
    ];
    for (part, name) in named {
        assert_eq!(part.to_string(), name);
    }
    let refused = Data::try_from(&b"ab\xff"[..]).unwrap_err();
    assert_eq!(refused.to_string(), "data is not UTF-8 at byte 2");
}

/// The stream has whole milliseconds, and nothing may shorten the reconnection time.
#[test]
fn reconnection_time_is_rounded_up_and_clamped() {
    for (time, milliseconds) in [
        (Duration::ZERO, 0),
        (Duration::from_nanos(1), 1),
        (Duration::from_secs(3), 3000),
        (Duration::from_nanos(3_000_000_001), 3001),
        (Duration::new(1, 999_999_999), 2000),
        (Duration::from_millis(u64::MAX), u64::MAX),
        (
            Duration::from_millis(u64::MAX) + Duration::from_nanos(1),
            u64::MAX,
        ),
        (Duration::MAX, u64::MAX),
    ] {
        let block = Block::new().retry(time);
        let line = format!("retry: {milliseconds}\n\n");
        assert_eq!(block.to_frame().to_bytes(), line);
        assert_eq!(
            block.parts().retry,
            Some(Duration::from_millis(milliseconds))
        );
    }
}
