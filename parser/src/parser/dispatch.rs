//! 9.2.6, "dispatch the event".
//!
//! Standard: <https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage>

use alloc::borrow::Cow;
use core::time::Duration;

use super::Parser;
use crate::block::{Block, Text};
use crate::event::{Event, Item, MESSAGE, OwnedEvent};

/// What was found in the chunk, with its texts still there or in [`Held`](crate::block::Held).
#[derive(Clone, Copy)]
pub(super) enum Found<'c> {
    Event(Dispatched<'c>),
    Comment(Text<'c>),
    ReconnectionTime(Duration),
    LastEventId,
    Ignored(Text<'c>),
}

/// An event on its way to the caller.
#[derive(Clone, Copy)]
pub(super) struct Dispatched<'c> {
    event_type: Option<Text<'c>>,
    data: Text<'c>,
    has_id: bool,
}

impl<'c> Dispatched<'c> {
    /// The event of a block that is a single line of data.
    #[inline]
    pub(super) const fn message(data: &'c str) -> Self {
        Self {
            event_type: None,
            data: Text::Chunk(data),
            has_id: false,
        }
    }
}

impl Parser {
    /// The steps for the block that a blank line ends.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(super) fn dispatch_the_event<'c>(&mut self, block: Block<'c>) -> Option<Found<'c>> {
        // Step 7, which sets the buffers to the empty string, is `Block::begin_next`.
        let Block {
            event_type,
            data,
            id,
            ..
        } = block;
        // Step 1: the last event ID string is set to the last event ID buffer, with or without data.
        let has_id = id.is_some();
        if let Some(id) = id {
            self.set_last_event_id(id);
        }
        // Step 2: if the data buffer is empty, nothing is dispatched.
        let Some(data) = data else {
            return has_id.then_some(Found::LastEventId);
        };
        // Step 3 removes the LF after the last line. Here the LFs stand between the lines.
        if let Text::Chunk(_) = data {
            self.held.data.give_back();
        }
        // Step 8: the event is dispatched, by returning it.
        Some(Found::Event(Dispatched {
            event_type,
            data,
            has_id,
        }))
    }

    /// The same event with its texts in [`Held`](crate::block::Held).
    pub(super) fn hold<'c>(&mut self, found: Dispatched<'_>) -> Dispatched<'c> {
        let Dispatched {
            event_type,
            data,
            has_id,
        } = found;
        if let Some(Text::Chunk(text)) = event_type {
            self.held.event_type.refill(text);
        }
        if let Text::Chunk(text) = data {
            self.held.data.refill(text);
        }
        Dispatched {
            event_type: event_type.map(|_| Text::Held),
            data: Text::Held,
            has_id,
        }
    }

    /// Steps 4 to 6: creates the event.
    #[inline]
    pub(super) fn create_event<'a, 'c: 'a>(&'a self, found: Dispatched<'c>) -> Event<'a> {
        Event {
            event_type: self.event_type(found.event_type),
            data: found.data.resolve(&self.held.data),
            last_event_id: self.last_event_id.as_str(),
            has_id: found.has_id,
        }
    }

    /// The same for an event that owns its values. Long data moves out of the buffer.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(super) fn create_owned_event(&mut self, found: Dispatched<'_>) -> OwnedEvent {
        OwnedEvent {
            event_type: match self.event_type(found.event_type) {
                MESSAGE => Cow::Borrowed(MESSAGE),
                other => Cow::Owned(other.into()),
            },
            data: match found.data {
                Text::Chunk(data) => data.into(),
                Text::Held => self.held.data.take(),
            },
            last_event_id: self.last_event_id.as_str().into(),
            has_id: found.has_id,
        }
    }

    /// Steps 5 and 6: the type is "message" unless the event type buffer holds another.
    #[inline]
    fn event_type<'a, 'c: 'a>(&'a self, event_type: Option<Text<'c>>) -> &'a str {
        match event_type.map_or("", |text| text.resolve(&self.held.event_type)) {
            "" => MESSAGE,
            other => other,
        }
    }

    #[inline]
    fn set_last_event_id(&mut self, id: Text<'_>) {
        match id {
            Text::Chunk(id) => self.last_event_id.refill(id),
            Text::Held => core::mem::swap(&mut self.last_event_id, &mut self.held.id),
        }
    }

    /// Anything that was found, as an item.
    pub(super) fn item<'a, 'c: 'a>(&'a self, found: Found<'c>) -> Item<'a> {
        match found {
            Found::Event(event) => Item::Event(self.create_event(event)),
            Found::Comment(text) => Item::Comment(text.resolve(&self.held.value)),
            Found::ReconnectionTime(time) => Item::ReconnectionTime(time),
            Found::LastEventId => Item::LastEventId(self.last_event_id.as_str()),
            Found::Ignored(line) => {
                let line = line.resolve(&self.held.value);
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                let value = value.strip_prefix(' ').unwrap_or(value);
                Item::Ignored { name, value }
            }
        }
    }
}

impl Found<'_> {
    pub(super) const fn is_event(&self) -> bool {
        matches!(self, Self::Event(_))
    }
}
