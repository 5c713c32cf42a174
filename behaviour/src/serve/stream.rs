//! An event stream as a client reads it, with the parser of esse as the judge of its bytes.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use esse_conformance::report::escape;
use esse_parser::{Chunk, Discarded, OwnedEvent, OwnedItem, Parser};

use super::message::Published;
use super::response::{End, Head, Piece, Response};
use super::server::shown;

/// An open response.
#[derive(Debug)]
pub(super) struct Stream {
    response: Response,
    parser: Parser,
    items: VecDeque<OwnedItem>,
    patience: Duration,
}

/// What came next, within the patience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Item(OwnedItem),
    Nothing,
    End(End),
}

impl Stream {
    pub(super) fn new(response: Response, patience: Duration) -> Self {
        Self {
            response,
            parser: Parser::builder().ignored_lines(true).build(),
            items: VecDeque::new(),
            patience,
        }
    }

    /// Waits for the head, but not longer than this. It may come later.
    pub(super) fn await_head(&mut self, limit: Duration) -> Result<Option<&Head>, String> {
        self.response.await_head(Instant::now() + limit);
        match (self.response.head(), self.response.end()) {
            // An end without a head is not an answer.
            (None, Some(End::Cut(why))) => Err(why.clone()),
            (head, _) => Ok(head),
        }
    }

    pub(super) fn head(&self) -> Option<&Head> {
        self.response.head()
    }

    /// This stream, unless the status is another than 200.
    pub(super) fn accepted(self) -> Result<Self, String> {
        match self.head() {
            Some(head) if head.status != 200 => {
                Err(format!("the status is {}, and should be 200", head.status))
            }
            Some(_) | None => Ok(self),
        }
    }

    /// When the patience is over, if nothing is to reset it.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.patience
    }

    /// The next event, comment, or other item.
    pub(super) fn next(&mut self, until: Instant) -> Result<Next, String> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Ok(Next::Item(item));
            }
            if let Some(next) = self.read(until)? {
                return Ok(next);
            }
        }
    }

    /// The next event, which must come. Keep-alives do not count.
    pub(super) fn event(&mut self) -> Result<OwnedEvent, String> {
        let until = self.deadline();
        loop {
            match self.next(until)? {
                Next::Item(OwnedItem::Event(event)) => return Ok(event),
                Next::Item(_) => {}
                Next::Nothing => return Err(format!("no event came within {:?}", self.patience)),
                Next::End(End::Whole) => return Err("the stream ended".to_owned()),
                Next::End(End::Cut(why)) => return Err(why),
            }
        }
    }

    /// The next event, which must be this one.
    pub(super) fn expect(&mut self, event: &Published) -> Result<(), String> {
        let wanted = shown(&Published {
            data: with_lf(&event.data),
            ..event.clone()
        });
        let seen = self.event();
        let seen = seen.map_err(|why| format!("waiting for the event with {wanted}: {why}"))?;
        if is_as_published(&seen, event) {
            return Ok(());
        }
        let seen = described(&seen, event);
        Err(format!(
            "the next event has {seen}, and should have {wanted}"
        ))
    }

    /// Waits until that many more pieces of the body have come, whatever they are.
    pub(super) fn await_pieces(&mut self, more: usize) -> Result<(), String> {
        for piece in 1..=more {
            match self.read(self.deadline())? {
                None => {}
                Some(Next::End(_)) => return Err("the stream ended".to_owned()),
                Some(Next::Nothing | Next::Item(_)) => {
                    let patience = self.patience;
                    return Err(format!(
                        "no bytes came within {patience:?}, {piece} of {more}"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Everything up to the end, which must come. Returns the events, how the response ended, and
    /// what of a block was left.
    pub(super) fn rest(&mut self) -> Result<(Vec<OwnedEvent>, End, Discarded), String> {
        let until = self.deadline();
        let mut events = Vec::new();
        loop {
            match self.next(until)? {
                Next::Item(OwnedItem::Event(event)) => events.push(event),
                Next::Item(_) => {}
                Next::End(end) => return Ok((events, end, self.parser.unfinished())),
                Next::Nothing => {
                    return Err(format!("the stream did not end within {:?}", self.patience));
                }
            }
        }
    }

    /// Reads a piece of the body. `None` if there was one.
    fn read(&mut self, until: Instant) -> Result<Option<Next>, String> {
        let bytes = match self.response.read(until) {
            Piece::Bytes(bytes) => bytes,
            Piece::Nothing => return Ok(Some(Next::Nothing)),
            Piece::End(end) => return Ok(Some(Next::End(end))),
        };
        let mut chunk = Chunk::new(&bytes);
        while let Some(item) = self
            .parser
            .next_item(&mut chunk)
            .map_err(|error| error.to_string())?
        {
            self.items.push_back(item.into_owned());
        }
        Ok(None)
    }
}

/// Whether a client reads what was published: the data with each line break as LF, and the type and
/// the ID if it has them.
pub(super) fn is_as_published(seen: &OwnedEvent, published: &Published) -> bool {
    let event_type = published.event_type.as_deref();
    let event_type = event_type.filter(|event_type| !event_type.is_empty());
    let id = published.id.as_deref();
    seen.data == with_lf(&published.data)
        && event_type.unwrap_or("message") == seen.event_type
        && id.is_none_or(|id| id == seen.last_event_id)
}

/// What differs of an event that was read: the members that the published one has.
fn described(seen: &OwnedEvent, published: &Published) -> String {
    let id = published.id.is_some().then(|| seen.last_event_id.clone());
    shown(&Published {
        id,
        event_type: Some(seen.event_type.to_string()),
        data: seen.data.clone(),
    })
}

fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// An item as reports show it.
pub(super) fn item_shown(item: &OwnedItem) -> String {
    let quote = |text: &str| escape::quote(text.as_bytes());
    match item {
        OwnedItem::Event(event) => format!(
            "an event of type {} with data {}",
            quote(&event.event_type),
            quote(&event.data)
        ),
        OwnedItem::Comment(text) => format!("a comment {}", quote(text)),
        OwnedItem::ReconnectionTime(time) => format!("a reconnection time of {time:?}"),
        OwnedItem::LastEventId(id) => format!("the ID {}", quote(id)),
        OwnedItem::Ignored { name, value } => format!("a line {}: {}", quote(name), quote(value)),
        // `OwnedItem` may grow.
        _ => "something else".to_owned(),
    }
}
