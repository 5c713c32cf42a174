//! Event types, event IDs and field names: checked once, when they are made, so that nothing that
//! could be read as another field reaches the stream.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use crate::decimal::Decimal;
use crate::error::{InvalidField, Part};
use crate::lines::is_break;

/// The type of an event: the value of its `event` field (9.2.6).
///
/// Any text without CR and LF. The empty one counts as absent: receivers then report `message`.
/// Cloning one made from a literal is free.
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
    /// Checks `text` and keeps it: a `String` is moved, a literal is borrowed.
    ///
    /// # Errors
    /// [`InvalidField::LineBreak`] if it has a CR or LF.
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
        refuse_bytes(&text, Part::EventType)?;
        Ok(Self(text))
    }

    /// For literals, in a `const`: a bad one does not compile.
    ///
    /// ```compile_fail
    /// use esse_encoder::EventType;
    ///
    /// const TWO_LINES: EventType = EventType::from_static("a\nb");
    /// let _ = TWO_LINES;
    /// ```
    ///
    /// # Panics
    /// If the text would be refused by [`new`](Self::new), and this runs outside a `const`. Use
    /// `new` for all that is not a literal.
    ///
    /// ```
    /// use esse_encoder::EventType;
    ///
    /// const DELTA: EventType = EventType::from_static("delta");
    /// assert_eq!(DELTA.as_str(), "delta");
    /// ```
    pub const fn from_static(text: &'static str) -> Self {
        accept_literal(refuse_bytes(text, Part::EventType));
        Self(Cow::Borrowed(text))
    }

    /// The text.
    ///
    /// ```
    /// use esse_encoder::EventType;
    ///
    /// assert_eq!(EventType::from_static("delta").as_str(), "delta");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The ID of an event: the value of its `id` field, which the receiver sends back as
/// `Last-Event-ID` when it connects again (9.2.6, 9.2.4).
///
/// Any text without CR, LF and U+0000. Numbers are kept without an allocation.
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
    /// The empty ID: it resets the receiver's last event ID, and no `Last-Event-ID` is sent until
    /// another one comes.
    ///
    /// ```
    /// use esse_encoder::{Block, EventId};
    ///
    /// let frame = Block::control().id(EventId::EMPTY).to_frame();
    /// assert_eq!(frame.to_bytes(), "id: \n\n");
    /// ```
    pub const EMPTY: Self = Self::from_static("");

    /// Checks `text` and keeps it: a `String` is moved, a literal is borrowed.
    ///
    /// # Errors
    /// [`InvalidField::LineBreak`] if it has a CR or LF, [`InvalidField::Nul`] if it has a U+0000,
    /// which receivers ignore the whole ID for. The one that comes first is reported.
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
        refuse_bytes(&text, Part::EventId)?;
        Ok(Self(Id::Text(text)))
    }

    /// For literals, in a `const`: a bad one does not compile.
    ///
    /// ```compile_fail
    /// use esse_encoder::EventId;
    ///
    /// const NUL: EventId = EventId::from_static("a\0b");
    /// let _ = NUL;
    /// ```
    ///
    /// # Panics
    /// If the text would be refused by [`new`](Self::new), and this runs outside a `const`. Use
    /// `new` for all that is not a literal.
    ///
    /// ```
    /// use esse_encoder::EventId;
    ///
    /// const START: EventId = EventId::from_static("start");
    /// assert_eq!(START.as_str(), "start");
    /// ```
    pub const fn from_static(text: &'static str) -> Self {
        accept_literal(refuse_bytes(text, Part::EventId));
        Self(Id::Text(Cow::Borrowed(text)))
    }

    /// The text.
    ///
    /// ```
    /// use esse_encoder::EventId;
    ///
    /// assert_eq!(EventId::from(7).as_str(), "7");
    /// ```
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

/// The digits, without leading zeros. Allocates nothing.
impl From<u64> for EventId {
    fn from(number: u64) -> Self {
        Self(Id::Number(Decimal::new(number)))
    }
}

/// The name of a field that the standard does not know. Receivers ignore such a field (9.2.6), so
/// it carries what only your own tools read.
///
/// Any text without CR, LF and colon that is not empty, does not start with U+FEFF, and is none
/// of `data`, `event`, `id`, `retry`, which have methods of their own.
///
/// ```
/// use esse_encoder::{Block, FieldName};
///
/// const TRACE: FieldName = FieldName::from_static("trace");
/// let block = Block::event("x").field(TRACE, "4bf9")?;
/// assert_eq!(block.to_frame().to_bytes(), "trace: 4bf9\ndata: x\n\n");
/// # Ok::<(), esse_encoder::InvalidField>(())
/// ```
#[derive(Clone)]
pub struct FieldName(Cow<'static, str>);

impl FieldName {
    /// Checks `text` and keeps it: a `String` is moved, a literal is borrowed.
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

    /// For literals, in a `const`: a bad one does not compile.
    ///
    /// ```compile_fail
    /// use esse_encoder::FieldName;
    ///
    /// const DATA: FieldName = FieldName::from_static("data");
    /// let _ = DATA;
    /// ```
    ///
    /// # Panics
    /// If the text would be refused by [`new`](Self::new), and this runs outside a `const`. Use
    /// `new` for all that is not a literal.
    ///
    /// ```
    /// use esse_encoder::FieldName;
    ///
    /// const TRACE: FieldName = FieldName::from_static("trace");
    /// assert_eq!(TRACE.as_str(), "trace");
    /// ```
    pub const fn from_static(text: &'static str) -> Self {
        accept_literal(refuse_name(text));
        Self(Cow::Borrowed(text))
    }

    /// The text.
    ///
    /// ```
    /// use esse_encoder::FieldName;
    ///
    /// assert_eq!(FieldName::from_static("trace").as_str(), "trace");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Refuses the bytes that no text of this part may have. The first one counts.
pub(crate) const fn refuse_bytes(text: &str, part: Part) -> Result<(), InvalidField> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match (part, bytes[at]) {
            (part, byte) if is_break(byte) => return Err(InvalidField::LineBreak { part, at }),
            (Part::EventId, 0) => return Err(InvalidField::Nul { at }),
            (Part::FieldName, b':') => return Err(InvalidField::Colon { at }),
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
        _ => refuse_bytes(name, Part::FieldName),
    }
}

const fn accept_literal(check: Result<(), InvalidField>) {
    if let Err(refused) = check {
        panic!("{}", refused.reason().0);
    }
}

/// What all three have in common: they are text.
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
