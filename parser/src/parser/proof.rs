//! Compares the parser with the reference on every stream over a token alphabet up to a length, at
//! every cut.
//!
//! A stream of n bytes has 2^(n-1) cuts, too many to try one by one. It is enough to show, for each
//! prefix, that its last chunk may begin anywhere: the parser after `..i`, fed `i..j`, must be in
//! the same state and have returned the same items as the parser after `..j`, for every i. By
//! induction over j, all cuts of the prefix then end in that state. There may be two such states,
//! one of which keeps the bytes of the current block unread. Both are fed with everything that may
//! follow, and reading these bytes must lead from the one to the other. Leftovers in buffers are
//! overwritten, so that equal states remain equal later on. The items must be those of the
//! reference for `..j`, which also shows that an event never waits for another byte.
#![allow(clippy::unwrap_used)]

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use std::{env, println, thread};

use super::Parser;
use super::cut_block::CutBlock;
use super::process::{Place, Report};
use crate::{Chunk, Item, Limits, reference};

const TOKENS: [&[u8]; 14] = [
    b"data",
    b"event",
    b"id",
    b"retry",
    b":",
    b" ",
    b"\r",
    b"\n",
    b"\0",
    b"\xef\xbb\xbf",
    b"1",
    b"x",
    b"\xc3\xa9",
    b"\x80",
];

/// The greatest number of tokens, unless `ESSE_PROOF_LENGTH` is set.
const LENGTH: usize = 4;

#[test]
fn every_stream_up_to_a_length_at_every_cut() {
    let length = env::var("ESSE_PROOF_LENGTH").map_or(LENGTH, |n| n.parse().unwrap());
    for (report, first) in [
        (Report::Items, ""),
        (Report::Events, ""),
        // The lanes of whole blocks begin after the first line.
        (Report::Events, "\n"),
        (Report::Everything, ""),
    ] {
        let count = prove(length, report, first);
        let Count {
            streams,
            cuts,
            chunks,
        } = count;
        println!(
            "{report:?} after {first:?}: {streams} streams of up to {length} tokens, {cuts} cuts, \
             covered by parsing {chunks} chunks"
        );
    }
}

/// Distributes the first tokens over the cores.
fn prove(length: usize, report: Report, first: &'static str) -> Count {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let counts: Vec<Count> = thread::scope(|scope| {
        let run = |core| move || prove_share(length, report, first, core, cores);
        let threads: Vec<_> = (0..cores).map(|core| scope.spawn(run(core))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    counts.into_iter().fold(Count::default(), Count::plus)
}

fn prove_share(length: usize, report: Report, first: &str, core: usize, cores: usize) -> Count {
    let mut tree = Tree::new(report);
    for byte in first.bytes() {
        tree.try_byte(byte);
    }
    for first in TOKENS.iter().skip(core).step_by(cores) {
        tree.try_token(first, length);
    }
    tree.count
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    streams: u64,
    cuts: u128,
    chunks: u64,
}

impl Count {
    fn plus(self, other: Self) -> Self {
        Self {
            streams: self.streams + other.streams,
            cuts: self.cuts + other.cuts,
            chunks: self.chunks + other.chunks,
        }
    }
}

/// A parser after a prefix, and everything that it has returned.
#[derive(Clone, Debug, PartialEq)]
struct State {
    parser: Parser,
    events: Vec<(String, String, String)>,
    comments: Vec<String>,
    /// Ignored lines, and IDs of blocks without data.
    others: Vec<(String, String)>,
}

/// The depth-first walk over all streams: the current one, and the states after each prefix of it.
struct Tree {
    report: Report,
    stream: Vec<u8>,
    states: Vec<States>,
    count: Count,
}

/// The states in which a parser may be after a prefix. Which it is depends on the cuts.
#[derive(Clone, Debug)]
struct States {
    /// Nothing is kept unread.
    split: State,
    /// The current block is kept unread.
    cut: Option<State>,
}

impl Tree {
    fn new(report: Report) -> Self {
        let parser = Parser::builder()
            .limits(Limits::NONE)
            .ignored_lines(report == Report::Everything)
            .build();
        let mut start = State {
            parser,
            events: vec![],
            comments: vec![],
            others: vec![],
        };
        start.parser.poison();
        Self {
            report,
            stream: vec![],
            states: vec![States {
                split: start,
                cut: None,
            }],
            count: Count::default(),
        }
    }

    fn try_token(&mut self, token: &[u8], length: usize) {
        let before = self.stream.len();
        for byte in token {
            self.try_byte(*byte);
        }
        self.count.streams += 1;
        self.count.cuts += 1 << (self.stream.len() - 1);
        if length > 1 {
            for next in TOKENS {
                self.try_token(next, length - 1);
            }
        }
        self.stream.truncate(before);
        self.states.truncate(before + 1);
    }

    fn try_byte(&mut self, byte: u8) {
        self.stream.push(byte);
        let mut after: Option<States> = None;
        for start in (0..self.stream.len()).rev() {
            let before = self.states[start].clone();
            for state in [Some(before.split), before.cut].into_iter().flatten() {
                let state = self.feed_from(start, state);
                let cut = (state.parser.place == Place::InBlock).then(|| state.clone());
                let split = state.split();
                let stream = self.stream.escape_ascii();
                let known = after.get_or_insert_with(|| States {
                    split: split.clone(),
                    cut: None,
                });
                assert_eq!(split, known.split, "{stream}, last cut at {start}");
                if let Some(cut) = cut {
                    let known = known.cut.get_or_insert_with(|| cut.clone());
                    assert_eq!(cut, *known, "{stream}, last cut at {start}");
                }
            }
        }
        let Some(after) = after else { return };
        self.assert_agrees_with_the_reference(&after.split);
        self.states.push(after);
    }

    /// The state after the rest of the stream, from `start` on, in one chunk.
    fn feed_from(&mut self, start: usize, mut state: State) -> State {
        self.count.chunks += 1;
        let mut chunk = Chunk::new(&self.stream[start..]);
        match self.report {
            Report::Items | Report::Everything => while state.next_item(&mut chunk) {},
            Report::Events => while state.next_event(&mut chunk) {},
        }
        state.parser.poison();
        state
    }

    fn assert_agrees_with_the_reference(&self, state: &State) {
        let interpretation = reference::interpret(&self.stream);
        let events = interpretation.events.into_iter();
        let events: Vec<_> = events
            .map(|e| (e.event_type, e.data, e.last_event_id))
            .collect();
        let stream = self.stream.escape_ascii();
        assert_eq!(state.events, events, "{stream}");
        assert_eq!(
            state.parser.last_event_id(),
            interpretation.last_event_id,
            "{stream}"
        );
        let time = state.parser.reconnection_time();
        assert_eq!(
            time.map(|time| time.as_millis()),
            interpretation.reconnection_time.map(u128::from)
        );
        if self.report != Report::Events {
            assert_eq!(state.comments, interpretation.comments, "{stream}");
        }
    }
}

impl State {
    /// The same state with nothing kept unread.
    fn split(mut self) -> Self {
        self.parser.split_cut_block().unwrap();
        self.parser.poison();
        self
    }

    fn next_item(&mut self, chunk: &mut Chunk<'_>) -> bool {
        match self.parser.next_item(chunk).unwrap() {
            None => return false,
            Some(Item::Event(event)) => self.events.push(owned(event)),
            Some(Item::Comment(text)) => self.comments.push(text.into()),
            Some(Item::ReconnectionTime(_)) => {}
            Some(Item::LastEventId(id)) => self.others.push(("id".into(), id.into())),
            Some(Item::Ignored { name, value }) => self.others.push((name.into(), value.into())),
        }
        true
    }

    fn next_event(&mut self, chunk: &mut Chunk<'_>) -> bool {
        let event = self.parser.next_event(chunk).unwrap();
        self.events.extend(event.map(owned));
        event.is_some()
    }
}

fn owned(event: crate::Event<'_>) -> (String, String, String) {
    (
        event.event_type.into(),
        event.data.into(),
        event.last_event_id.into(),
    )
}

impl Parser {
    /// Overwrites leftovers of finished lines and blocks. Two parsers that have read the same bytes
    /// are then equal, and a parser that reads a leftover goes wrong.
    fn poison(&mut self) {
        if self.place != Place::InLine {
            self.cut_line.begin(u64::MAX);
        }
        if self.place != Place::InBlock {
            self.cut_block = Some(CutBlock::stale().into());
        }
        let cut = self.cut_block.as_ref();
        let joined = cut.is_some_and(|cut| cut.has_joined_data());
        self.cut_line.poison(&mut self.held, joined);
    }
}
