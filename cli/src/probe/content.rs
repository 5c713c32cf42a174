//! What a stream holds: the events that a client sees, and the lines as they were written.

use std::collections::BTreeMap;
use std::time::Duration;

use esse_conformance::report::escape::escape;
use esse_parser::{Chunk, Discarded, Item, Limits, Parser};

use super::exchange::{Piece, joined};
use super::lines::Lines;

/// A time without a byte that cannot be an accident of the network.
const PAUSE: Duration = Duration::from_millis(200);

/// How many different names of ignored fields are kept, and how much of each, in bytes.
const NAMES: usize = 20;
const NAME: usize = 40;

#[derive(Default)]
pub(super) struct Content {
    pub(super) events: Vec<Dispatched>,
    pub(super) comments: u64,
    /// Lines that the standard ignores, by the name of their field.
    pub(super) ignored: BTreeMap<String, u64>,
    /// Values over the limits of a careful client.
    pub(super) too_large: u64,
    pub(super) discarded: Discarded,
    pub(super) lines: Lines,
    pub(super) pauses: Pauses,
}

/// An event as a client sees it.
pub(super) struct Dispatched {
    /// When its last byte came, after the request.
    pub(super) at: Duration,
    pub(super) event_type: String,
    /// Its own ID.
    pub(super) id: Option<String>,
    pub(super) data: String,
}

/// Times without a byte, between one piece and the next.
#[derive(Default)]
pub(super) struct Pauses {
    pub(super) all: u64,
    /// Those that fall inside a block or a line. Servers do not pause there; buffers do.
    pub(super) inside: u64,
}

impl Content {
    pub(super) fn of(pieces: &[Piece]) -> Self {
        let mut content = Self::default();
        let limits = Limits::DEFAULT.with_data(usize::MAX);
        let mut parser = Parser::builder().limits(limits).ignored_lines(true).build();
        for piece in pieces {
            content.read(&mut parser, piece);
        }
        content.discarded = parser.finish();
        let bytes = joined(pieces);
        content.lines = Lines::of(&bytes);
        content.pauses = Pauses::between(pieces, &content.lines);
        content
    }

    fn read(&mut self, parser: &mut Parser, piece: &Piece) {
        let mut chunk = Chunk::new(&piece.bytes);
        loop {
            match parser.next_item(&mut chunk) {
                Ok(Some(item)) => self.take(item, piece.at),
                Ok(None) => return,
                Err(_) => self.too_large += 1,
            }
        }
    }

    fn take(&mut self, item: Item<'_>, at: Duration) {
        match item {
            Item::Event(event) => self.events.push(Dispatched {
                at,
                event_type: event.event_type.to_owned(),
                id: event.id().map(ToOwned::to_owned),
                data: event.data.to_owned(),
            }),
            Item::Comment(_) => self.comments += 1,
            Item::Ignored { name, .. } => {
                let name = escape(&name.as_bytes()[..name.len().min(NAME)]);
                if self.ignored.len() < NAMES || self.ignored.contains_key(&name) {
                    *self.ignored.entry(name).or_default() += 1;
                }
            }
            _ => {}
        }
    }

    /// The IDs of the events that have one of their own, in order.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.events.iter().filter_map(|event| event.id.as_deref())
    }

    /// When the first event came, after the head.
    pub(super) fn first_event_after(&self, head: Duration) -> Option<Duration> {
        let first = self.events.first()?;
        Some(first.at.saturating_sub(head))
    }
}

/// Whether the pieces up to this one have an event with this ID. Without an ID they never have.
pub(super) fn reaches(id: Option<&str>) -> impl FnMut(&Piece) -> bool {
    let mut parser = Parser::new();
    move |piece| {
        let mut chunk = Chunk::new(&piece.bytes);
        let mut has_it = false;
        while let Ok(Some(event)) = parser.next_event(&mut chunk) {
            has_it |= id.is_some() && event.id() == id;
        }
        has_it
    }
}

impl Pauses {
    fn between(pieces: &[Piece], lines: &Lines) -> Self {
        let (mut pauses, mut offset) = (Self::default(), 0);
        for pair in pieces.windows(2) {
            offset += pair[0].bytes.len();
            if pair[1].at.saturating_sub(pair[0].at) >= PAUSE {
                pauses.all += 1;
                pauses.inside += u64::from(!lines.is_between_blocks(offset));
            }
        }
        pauses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(pieces: &[(u64, &str)]) -> Content {
        let pieces = pieces.iter().map(|(at, text)| Piece {
            at: Duration::from_millis(*at),
            bytes: (*text).to_owned().into(),
        });
        Content::of(&pieces.collect::<Vec<_>>())
    }

    #[test]
    fn events_have_the_time_of_their_last_byte() {
        let content = content(&[
            (1, "id: a\ndata: x\n"),
            (7, "\n:c\n\ndata: y\n\nerror: z\n"),
        ]);
        let seen: Vec<_> = content
            .events
            .iter()
            .map(|event| (event.at.as_millis(), event.id.as_deref()))
            .collect();
        assert_eq!(seen, [(7, Some("a")), (7, None)]);
        assert_eq!(content.comments, 1);
        assert_eq!(
            content.ignored.into_iter().collect::<Vec<_>>(),
            [("error".to_owned(), 1)]
        );
    }

    #[test]
    fn a_pause_inside_a_block_is_told_from_one_between_blocks() {
        let pieces = [
            (0, "data: x\n\n"),
            (300, ": comment\n"),
            (600, "data: "),
            (650, "y"),
            (1000, "\n\n"),
        ];
        let pauses = content(&pieces).pauses;
        assert_eq!((pauses.all, pauses.inside), (3, 1));
    }
}
