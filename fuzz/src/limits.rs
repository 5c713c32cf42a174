//! Limits bound memory and discard only the block that is over them, or the comment.

use esse_parser::reference::interpret_from;
use esse_parser::{Chunk, Item, LimitExceeded, Limits, Parser};

use crate::input::{EARLIER_ID, cuts, split};
use crate::model::{self, Exceeded};

/// Whatever the limits: memory stays within [`memory_bound`], a block that is over a limit is
/// reported once, for the line that is over it, at every cut of [`cuts`]; and the rest of the
/// stream means what it would mean if that block had not been there, or that comment. That holds for
/// [`Parser::next_event`], which skips comments and knows no limit for them, and for
/// [`Parser::next_item`].
///
/// "Had not been there" leaves what took effect before: comments and reconnection times count
/// from the end of their line (9.2.6), so those before the line that is over the limit stay.
///
/// The first four bytes of the script are the limits for data, type, last event ID and comment.
///
/// ```
/// esse_fuzz::limits(b"data: long\n\ndata: x\n\n\xFE\x03");
/// // Blocks that are cut, and short beside the limits.
/// esse_fuzz::limits(b"data: x\n\nid: 7\ndata: y\n\n\xFE\x60\x60\x60\x60\x03\x0C");
/// ```
///
/// # Panics
/// If that does not hold.
pub fn limits(input: &[u8]) {
    let (stream, script) = split(input);
    let (limits, script) = read_limits(script);
    let cuts = cuts(stream, script);
    for (reads, counted) in [
        (Reads::Events, limits.with_comment(usize::MAX)),
        (Reads::Items, limits),
    ] {
        let model = model::model(stream, &counted);
        let meaning = interpret_from(&model.remaining, EARLIER_ID);
        for chunks in &cuts {
            let mut parser = limited(limits);
            let said = say(&mut parser, chunks, reads);
            assert_eq!(
                said.exceeded, model.exceeded,
                "{reads:?}, {limits:?} at {chunks:?}"
            );
            let events = meaning.events.iter();
            let events = events.map(|event| [&event.event_type, &event.data, &event.last_event_id]);
            assert!(
                said.events.iter().map(<[String; 3]>::each_ref).eq(events),
                "{reads:?}: {said:?}, not {meaning:?}"
            );
            if reads == Reads::Items {
                assert_eq!(said.comments, meaning.comments);
            }
            assert_eq!(parser.last_event_id(), meaning.last_event_id);
            assert_memory_is_bounded(limits, chunks, reads);
        }
    }
}

/// What the caller asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    Events,
    Items,
}

impl Reads {
    fn next<'a, 'c: 'a>(
        self,
        parser: &'a mut Parser,
        chunk: &mut Chunk<'c>,
    ) -> Result<Option<Item<'a>>, LimitExceeded> {
        match self {
            Self::Events => Ok(parser.next_event(chunk)?.map(Item::Event)),
            Self::Items => parser.next_item(chunk),
        }
    }
}

fn read_limits(script: &[u8]) -> (Limits, &[u8]) {
    let (bytes, script) = script.split_at(script.len().min(4));
    let limit = |index: usize, default| bytes.get(index).map_or(default, |byte| usize::from(*byte));
    let limits = Limits::NONE
        .with_data(limit(0, 5))
        .with_event_type(limit(1, 3))
        .with_last_event_id(limit(2, 3))
        .with_comment(limit(3, 4));
    (limits, script)
}

fn limited(limits: Limits) -> Parser {
    Parser::builder()
        .limits(limits)
        .last_event_id(EARLIER_ID)
        .build()
}

#[derive(Debug, Default)]
struct Said {
    events: Vec<[String; 3]>,
    comments: Vec<String>,
    exceeded: Vec<Exceeded>,
}

fn say(parser: &mut Parser, chunks: &[&[u8]], reads: Reads) -> Said {
    let mut said = Said::default();
    for bytes in chunks {
        let mut chunk = Chunk::new(bytes);
        while let Some(item) = reads.next(parser, &mut chunk).transpose() {
            match item {
                Ok(Item::Event(event)) => said
                    .events
                    .push([event.event_type, event.data, event.last_event_id].map(str::to_owned)),
                Ok(Item::Comment(text)) => said.comments.push(text.to_owned()),
                Ok(_) => {}
                Err(LimitExceeded {
                    kind, offset, line, ..
                }) => {
                    said.exceeded.push(Exceeded { kind, offset, line });
                }
            }
        }
    }
    said
}

/// What a parser knows of a block that a chunk cut, in bytes, beside the bytes of the block.
const CUT_BLOCK: usize = 128;

/// The most memory that a parser with these limits holds, in bytes, whatever it is fed.
///
/// It has six buffers: data; event type, last event ID buffer and last event ID; the value of a line
/// that a chunk cut or that is not UTF-8; and the bytes of a block that a chunk cut, if it is so short
/// that it is within every limit, at most 4 KiB. What a buffer holds is checked before it grows. A
/// buffer that grows takes twice what it had, or what it needs, at least eight bytes; while it grows,
/// the old one is there too. One grows at a time. The 64 KiB that a buffer may keep add nothing to
/// this: a buffer keeps what it had, never more.
///
/// This is for a parser that does not report ignored lines.
///
/// ```
/// use esse_parser::Limits;
///
/// let limits = Limits::DEFAULT.with_data(1000);
/// assert!(esse_fuzz::memory_bound(&limits) <= 9 * ((64 << 10) + 1) + 2 * 1001 + 800);
/// ```
pub fn memory_bound(limits: &Limits) -> usize {
    let longest = |limit: usize| limit + 1;
    let capacity = |limit: usize| (2 * longest(limit)).max(8);
    let other = limits
        .event_type
        .max(limits.last_event_id)
        .max(limits.comment);
    let least = limits.data.min(limits.event_type).min(limits.last_event_id);
    let cut_block = (2 * (least / 3).min(4 << 10)).max(8) + CUT_BLOCK;
    let while_one_grows = longest(limits.data.max(other));
    capacity(limits.data) + 4 * capacity(other) + cut_block + while_one_grows
}

fn assert_memory_is_bounded(limits: Limits, chunks: &[&[u8]], reads: Reads) {
    // The ID of before counts as what the caller gave.
    let mut parser = limited(limits);
    let counted = allocation_counter::measure(|| {
        for bytes in chunks {
            let mut chunk = Chunk::new(bytes);
            while !matches!(reads.next(&mut parser, &mut chunk), Ok(None)) {}
        }
    });
    let bound = memory_bound(&limits) as u64;
    assert!(
        counted.bytes_max <= bound,
        "{} over {bound}: {reads:?}, {limits:?}",
        counted.bytes_max
    );
}
