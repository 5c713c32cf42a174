//! What the machine can do at most.

use std::hint::black_box;

use memchr::memchr2;

use super::Peer;
use crate::sink::{Sink, Stop};
use crate::{Feed, Input};

/// Each chunk copied to the same place.
pub(super) struct Memcpy;

impl Peer for Memcpy {
    const NAME: &'static str = "memcpy";

    fn parse<I: Input>(feed: &Feed, _: &mut impl Sink) -> Result<(), Stop> {
        let mut copy = Vec::new();
        for bytes in feed.slices() {
            copy.clear();
            copy.extend_from_slice(bytes);
            black_box(&copy);
        }
        Ok(())
    }
}

/// The lines of each chunk.
pub(super) struct Lines;

impl Peer for Lines {
    const NAME: &'static str = "lines";

    fn parse<I: Input>(feed: &Feed, _: &mut impl Sink) -> Result<(), Stop> {
        feed.slices().for_each(find_lines);
        Ok(())
    }
}

/// The UTF-8 of the event stream, whatever the chunks.
pub(super) struct Utf8;

impl Peer for Utf8 {
    const NAME: &'static str = "utf8";

    fn parse<I: Input>(feed: &Feed, _: &mut impl Sink) -> Result<(), Stop> {
        black_box(simdutf8::basic::from_utf8(feed.whole())?);
        Ok(())
    }
}

/// Both, one after the other.
pub(super) struct LinesAndUtf8;

impl Peer for LinesAndUtf8 {
    const NAME: &'static str = "lines + utf8";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        Lines::parse::<I>(feed, sink)?;
        Utf8::parse::<I>(feed, sink)
    }
}

fn find_lines(mut rest: &[u8]) {
    while let Some(end) = memchr2(b'\n', b'\r', rest) {
        black_box(&rest[..end]);
        rest = &rest[end + 1..];
    }
}
