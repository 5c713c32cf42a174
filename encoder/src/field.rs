//! `EventType`, `EventId`, `FieldName`: text that is checked once, when it is made, so that it can
//! never be read as another field.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use crate::decimal::Decimal;
use crate::error::{FieldPart, InvalidField};
use crate::lines::is_break;

/// The type of an event: the value of its `event` field (9.2.6).
///
/// Any text without CR and LF. If it is empty, receivers report `message`, as without a type. A
/// clone of a type made from a literal is free.
///
/// ```
/// use esse_encoder::EventType;
///
/// const DELTA: EventType = EventType::from_static("delta");
/// let from_elsewhere: EventType = "delta".parse()?;
/// assert_eq!(from_elsewhere, DELTA);
/// # Ok::<(), esse_encoder::InvalidField>(())
/// ```
#[derive(Clone)]
pub struct EventType(Cow<'static, str>);

impl EventType {
    /// Checks `text` and keeps it. A `String` is moved, a literal is borrowed.
    ///
    /// # Errors
    /// [`InvalidField::LineBreak`] if it contains a CR or LF.
    ///
    /// ```
    /// use esse_encoder::EventType;
    ///
    /// assert_eq!(EventType::new("delta")?.as_str(), "delta");
    /// assert!(EventType::new("delta\r\ndata: forged").is_err());
    /// # Ok::<(), esse_encoder::InvalidField>(())
    /// ```
    pub fn new(text: impl Into<Cow<'static, str>>) -> Result<Self, InvalidField> {
        let text = text.into();
        refuse_bytes(&text, FieldPart::EventType)?;
        Ok(Self(text))
    }

    /// For literals. In a `const`, a literal that is refused does not compile.
    ///
    /// ```compile_fail
    /// use esse_encoder::EventType;
    ///
    /// const TWO_LINES: EventType = EventType::from_static("a\nb");
    /// let _ = TWO_LINES;
    /// ```
    ///
    /// # Panics
    /// If [`new`](Self::new) would refuse the text, and this runs outside a `const`. Use `new` for
    /// everything that is not a literal.
    pub const fn from_static(text: &'static str) -> Self {
        accept_literal(refuse_bytes(text, FieldPart::EventType));
        Self(Cow::Borrowed(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The ID of an event: the value of its `id` field, which the receiver sends back as
/// `Last-Event-ID` when it connects again (9.2.6, 9.2.4).
///
/// Any text without CR, LF and U+0000. An ID made from a number needs no allocation.
///
/// ```
/// use esse_encoder::EventId;
///
/// assert_eq!(EventId::from(7), EventId::new("7")?);
/// assert!(EventId::new("7\0").is_err());
/// # Ok::<(), esse_encoder::InvalidField>(())
/// ```
#[derive(Clone)]
pub struct EventId(Id);

#[derive(Clone)]
enum Id {
    Text(Cow<'static, str>),
    Number(Decimal),
}

impl EventId {
    /// The empty ID. It resets the receiver's last event ID, so that no `Last-Event-ID` is sent until
    /// there is another ID.
    ///
    /// ```
    /// use esse_encoder::{Block, EventId};
    ///
    /// let frame = Block::new().id(EventId::EMPTY).to_frame();
    /// assert_eq!(frame.to_bytes(), "id: \n\n");
    /// ```
    pub const EMPTY: Self = Self::from_static("");

    /// Checks `text` and keeps it. A `String` is moved, a literal is borrowed.
    ///
    /// # Errors
    /// [`InvalidField::LineBreak`] if it contains a CR or LF, and [`InvalidField::Nul`] if it contains
    /// a U+0000, because receivers ignore such an ID. The first one is reported.
    ///
    /// ```
    /// use esse_encoder::{EventId, InvalidField};
    ///
    /// assert_eq!(EventId::new("a/1")?.as_str(), "a/1");
    /// assert_eq!(EventId::new("a\0"), Err(InvalidField::Nul { at: 1 }));
    /// # Ok::<(), esse_encoder::InvalidField>(())
    /// ```
    pub fn new(text: impl Into<Cow<'static, str>>) -> Result<Self, InvalidField> {
        let text = text.into();
        refuse_bytes(&text, FieldPart::EventId)?;
        Ok(Self(Id::Text(text)))
    }

    /// For literals. In a `const`, a literal that is refused does not compile.
    ///
    /// ```compile_fail
    /// use esse_encoder::EventId;
    ///
    /// const NUL: EventId = EventId::from_static("a\0b");
    /// let _ = NUL;
    /// ```
    ///
    /// # Panics
    /// If [`new`](Self::new) would refuse the text, and this runs outside a `const`. Use `new` for
    /// everything that is not a literal.
    pub const fn from_static(text: &'static str) -> Self {
        accept_literal(refuse_bytes(text, FieldPart::EventId));
        Self(Id::Text(Cow::Borrowed(text)))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Id::Text(text) => text,
            Id::Number(number) => number.as_str(),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Id::Text(text) => text.as_bytes(),
            Id::Number(number) => number.as_bytes(),
        }
    }
}

/// The decimal digits, without leading zeros. Allocates nothing.
impl From<u64> for EventId {
    fn from(number: u64) -> Self {
        Self(Id::Number(Decimal::new(number)))
    }
}

/// The name of a field that the standard does not know. Receivers ignore such a field (9.2.6), so
/// only your own tools will read it.
///
/// Any text without CR, LF and colon that is not empty and does not start with U+FEFF. The names
/// `data`, `event`, `id` and `retry` are refused, because [`Block`](crate::Block) has methods for
/// them. For an example see [`Block::field`](crate::Block::field).
#[derive(Clone)]
pub struct FieldName(Cow<'static, str>);

impl FieldName {
    /// Checks `text` and keeps it. A `String` is moved, a literal is borrowed.
    ///
    /// # Errors
    /// [`InvalidField::Empty`], [`ByteOrderMark`](InvalidField::ByteOrderMark),
    /// [`Reserved`](InvalidField::Reserved), [`LineBreak`](InvalidField::LineBreak) or
    /// [`Colon`](InvalidField::Colon).
    ///
    /// ```
    /// use esse_encoder::{FieldName, InvalidField};
    ///
    /// assert_eq!(FieldName::new("trace")?.as_str(), "trace");
    /// assert_eq!(FieldName::new("data"), Err(InvalidField::Reserved));
    /// assert_eq!(FieldName::new("a:b"), Err(InvalidField::Colon { at: 1 }));
    /// # Ok::<(), esse_encoder::InvalidField>(())
    /// ```
    pub fn new(text: impl Into<Cow<'static, str>>) -> Result<Self, InvalidField> {
        let text = text.into();
        refuse_name(&text)?;
        Ok(Self(text))
    }

    /// For literals. In a `const`, a literal that is refused does not compile.
    ///
    /// ```compile_fail
    /// use esse_encoder::FieldName;
    ///
    /// const DATA: FieldName = FieldName::from_static("data");
    /// let _ = DATA;
    /// ```
    ///
    /// # Panics
    /// If [`new`](Self::new) would refuse the text, and this runs outside a `const`. Use `new` for
    /// everything that is not a literal.
    pub const fn from_static(text: &'static str) -> Self {
        accept_literal(refuse_name(text));
        Self(Cow::Borrowed(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Refuses the bytes that this part of a field must not contain, and reports the first one.
pub(crate) const fn refuse_bytes(text: &str, part: FieldPart) -> Result<(), InvalidField> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match (part, bytes[at]) {
            (part, byte) if is_break(byte) => return Err(InvalidField::LineBreak { part, at }),
            (FieldPart::EventId, 0) => return Err(InvalidField::Nul { at }),
            (FieldPart::FieldName, b':') => return Err(InvalidField::Colon { at }),
            _ => at += 1,
        }
    }
    Ok(())
}

const fn refuse_name(name: &str) -> Result<(), InvalidField> {
    match name.as_bytes() {
        [] => Err(InvalidField::Empty),
        [0xEF, 0xBB, 0xBF, ..] => Err(InvalidField::ByteOrderMark),
        b"data" | b"event" | b"id" | b"retry" => Err(InvalidField::Reserved),
        _ => refuse_bytes(name, FieldPart::FieldName),
    }
}

const fn accept_literal(check: Result<(), InvalidField>) {
    if let Err(refused) = check {
        panic!("{}", refused.reason().0);
    }
}

/// All three are text.
macro_rules! is_text {
    ($name:ident) => {
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name))
                    .field(&self.as_str())
                    .finish()
            }
        }

        impl FromStr for $name {
            type Err = InvalidField;

            fn from_str(text: &str) -> Result<Self, InvalidField> {
                Self::new(String::from(text))
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidField;

            fn try_from(text: &str) -> Result<Self, InvalidField> {
                text.parse()
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidField;

            fn try_from(text: String) -> Result<Self, InvalidField> {
                Self::new(text)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> core::cmp::Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        impl core::hash::Hash for $name {
            fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }
    };
}

is_text!(EventType);
is_text!(EventId);
is_text!(FieldName);
