//! What goes out and when: a recording from a place on, with the faults that were asked for.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use esse_parser::{Chunk, Item, Limits, Parser};
use fastrand::Rng;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::recording::{RecordedChunk, RecordedEnd};

/// The most bytes of a piece with random cuts.
const RANDOM: usize = 64;

/// Bytes that go out at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// When, from the head on.
    pub(crate) at: Duration,
    pub(crate) bytes: Bytes,
}

/// How the response ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As HTTP says.
    Clean,
    /// The connection is closed inside the response.
    Broken,
    /// The connection is reset.
    Reset,
    /// It does not end, and nothing comes.
    Stall,
}

/// How the bytes of a body are split anew. A new piece goes out when its last byte would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Into pieces of this many bytes.
    Every(NonZeroUsize),
    /// Not at all.
    Whole,
    /// Into pieces of 1 to 64 bytes, the same ones for the same seed.
    Random(u64),
}

/// A number of bytes, `whole`, `random` (with a seed of its own) or `random:SEED`.
impl FromStr for Cut {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "use a number of bytes, `whole`, `random` or `random:SEED`".to_owned();
        match text.split_once(':') {
            None if text == "whole" => Ok(Self::Whole),
            None if text == "random" => Ok(Self::Random(fastrand::u64(..=u64::from(u32::MAX)))),
            None => text.parse().map(Self::Every).map_err(|_| wrong()),
            Some(("random", seed)) => seed.parse().map(Self::Random).map_err(|_| wrong()),
            Some(_) => Err(wrong()),
        }
    }
}

/// The chunks of a recording, and its blocks.
#[derive(Debug)]
pub(crate) struct Stream {
    pieces: Vec<Piece>,
    blocks: Vec<Block>,
    end: (Duration, Ending),
}

/// A block that dispatched an event or set the last event ID.
#[derive(Debug)]
struct Block {
    /// The place after it.
    end: usize,
    is_event: bool,
    id: Option<String>,
}

/// What is wanted of a stream.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// What happens after this many events.
    pub(crate) after: Option<(u64, Ending)>,
    pub(crate) is_gzip: bool,
    pub(crate) cut: Option<Cut>,
}

/// What goes out on one connection.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    pub(crate) pieces: Vec<Piece>,
    /// The response ends then, from the head on.
    pub(crate) end: (Duration, Ending),
}

impl Stream {
    /// A recording that was stopped ends cleanly.
    pub(crate) fn new(chunks: Vec<RecordedChunk>, end: Option<(Duration, RecordedEnd)>) -> Self {
        let pieces = chunks.into_iter().map(|chunk| Piece {
            at: chunk.at,
            bytes: chunk.bytes.into(),
        });
        let pieces: Vec<_> = pieces.collect();
        let last = pieces.last().map_or(Duration::ZERO, |piece| piece.at);
        let end = match end {
            Some((at, RecordedEnd::Broken)) => (at, Ending::Broken),
            Some((at, RecordedEnd::Complete | RecordedEnd::Stopped)) => (at, Ending::Clean),
            None => (last, Ending::Clean),
        };
        Self {
            blocks: blocks(&joined(&pieces)),
            pieces,
            end,
        }
    }

    /// The place after the last block with this ID.
    pub(crate) fn after(&self, id: &str) -> Option<usize> {
        let mut blocks = self.blocks.iter().rev();
        let block = blocks.find(|block| block.id.as_deref() == Some(id))?;
        Some(block.end)
    }

    /// The stream from a place on. Its times begin with the chunk before.
    pub(crate) fn from(&self, start: usize, faults: Faults) -> io::Result<Timeline> {
        let whole = self.pieces.iter().map(|piece| piece.bytes.len()).sum();
        let fault = faults
            .after
            .and_then(|(events, ending)| Some((self.nth_event(start, events)?, ending)));
        let range = start..fault.map_or(whole, |(end, _)| end);
        let before = self.time_of(start);
        let mut pieces = self.within(&range);
        for piece in &mut pieces {
            piece.at = piece.at.saturating_sub(before);
        }
        let end = match fault {
            Some((end, ending)) => (self.time_of(end).saturating_sub(before), ending),
            None => (self.end.0.saturating_sub(before), self.end.1),
        };
        if faults.is_gzip {
            pieces = compressed(&pieces, end)?;
        }
        if let Some(cut) = faults.cut {
            pieces = cut.apply(&pieces);
        }
        Ok(Timeline { pieces, end })
    }

    /// The place after this many events from a place on, if there are as many.
    fn nth_event(&self, start: usize, events: u64) -> Option<usize> {
        let Some(skipped) = events.checked_sub(1) else {
            return Some(start);
        };
        let later = |block: &&Block| block.is_event && block.end > start;
        let mut later = self.blocks.iter().filter(later);
        later.nth(skipped.try_into().ok()?).map(|block| block.end)
    }

    /// When the bytes up to a place had come.
    fn time_of(&self, end: usize) -> Duration {
        let mut position = 0;
        let mut time = Duration::ZERO;
        for piece in &self.pieces {
            if position >= end {
                break;
            }
            position += piece.bytes.len();
            time = piece.at;
        }
        time
    }

    fn within(&self, range: &Range<usize>) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut position = 0;
        for piece in &self.pieces {
            let len = piece.bytes.len();
            let start = range.start.saturating_sub(position);
            let end = range.end.saturating_sub(position).min(len);
            position += len;
            if start < end {
                pieces.push(Piece {
                    at: piece.at,
                    bytes: piece.bytes.slice(start..end),
                });
            }
        }
        pieces
    }
}

impl Cut {
    /// Each new piece goes out when its last byte would have.
    fn apply(self, pieces: &[Piece]) -> Vec<Piece> {
        let bytes = joined(pieces);
        let mut random = match self {
            Self::Random(seed) => Rng::with_seed(seed),
            Self::Every(_) | Self::Whole => Rng::with_seed(0),
        };
        let mut cut = Vec::new();
        let mut old = pieces.iter();
        let (mut at, mut old_end, mut start) = (Duration::ZERO, 0, 0);
        while start < bytes.len() {
            let len = match self {
                Self::Every(len) => len.get(),
                Self::Whole => bytes.len(),
                Self::Random(_) => random.usize(1..=RANDOM),
            };
            let end = bytes.len().min(start.saturating_add(len));
            while old_end < end {
                let Some(piece) = old.next() else { break };
                old_end += piece.bytes.len();
                at = piece.at;
            }
            let bytes = bytes.slice(start..end);
            cut.push(Piece { at, bytes });
            start = end;
        }
        cut
    }
}

fn joined(pieces: &[Piece]) -> Bytes {
    let parts: Vec<_> = pieces.iter().map(|piece| &piece.bytes[..]).collect();
    parts.concat().into()
}

/// Byte by byte, because an event is handed out with the byte that completes it.
fn blocks(bytes: &[u8]) -> Vec<Block> {
    let mut parser = Parser::builder().limits(Limits::NONE).build();
    let mut blocks = Vec::new();
    for (position, byte) in bytes.iter().enumerate() {
        let mut chunk = Chunk::new(std::slice::from_ref(byte));
        let is_cr_lf = *byte == b'\r' && bytes.get(position + 1) == Some(&b'\n');
        let end = position + 1 + usize::from(is_cr_lf);
        while let Ok(Some(item)) = parser.next_item(&mut chunk) {
            let (is_event, id) = match item {
                Item::Event(event) => (true, event.id().map(ToOwned::to_owned)),
                Item::LastEventId(id) => (false, Some(id.to_owned())),
                _ => continue,
            };
            blocks.push(Block { end, is_event, id });
        }
    }
    blocks
}

/// Each piece can be decompressed when it comes. A clean end adds what gzip ends with.
fn compressed(pieces: &[Piece], (end, ending): (Duration, Ending)) -> io::Result<Vec<Piece>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let mut compressed = Vec::new();
    for piece in pieces {
        encoder.write_all(&piece.bytes)?;
        encoder.flush()?;
        compressed.push(Piece {
            at: piece.at,
            bytes: std::mem::take(encoder.get_mut()).into(),
        });
    }
    if ending == Ending::Clean {
        let bytes = encoder.finish()?.into();
        compressed.push(Piece { at: end, bytes });
    }
    Ok(compressed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    const CHUNKS: [(u64, &str); 4] = [
        (1, "id: 1\ndata: a\r\n\r\nid"),
        (20, ": 2\n\n"),
        (30, "data: b\n\n: c\n\n"),
        (40, "id: 1\ndata: c\n\ndata: d"),
    ];

    fn stream() -> Stream {
        let chunks = CHUNKS.iter().map(|(at, text)| RecordedChunk {
            at: Duration::from_millis(*at),
            bytes: text.as_bytes().to_vec(),
        });
        let end = (Duration::from_millis(50), RecordedEnd::Broken);
        Stream::new(chunks.collect(), Some(end))
    }

    fn shown(timeline: &Timeline) -> Vec<(u64, &str)> {
        let pieces = timeline.pieces.iter();
        let shown = pieces.map(|piece| {
            let millis = u64::try_from(piece.at.as_millis()).unwrap();
            (millis, std::str::from_utf8(&piece.bytes).unwrap())
        });
        shown.collect()
    }

    #[test]
    fn without_faults_it_is_the_recording() {
        let timeline = stream().from(0, Faults::default()).unwrap();
        assert_eq!(shown(&timeline), CHUNKS);
        assert_eq!(timeline.end, (Duration::from_millis(50), Ending::Broken));
    }

    #[test]
    fn it_resumes_after_the_last_block_with_the_id() {
        let stream = stream();
        for (id, expected) in [
            (
                "2",
                Some(
                    &[
                        (10, "data: b\n\n: c\n\n"),
                        (20, "id: 1\ndata: c\n\ndata: d"),
                    ][..],
                ),
            ),
            ("1", Some(&[(0, "data: d")])),
            ("3", None),
            ("", None),
        ] {
            let after = stream.after(id);
            let timeline = after.map(|start| stream.from(start, Faults::default()).unwrap());
            assert_eq!(timeline.as_ref().map(shown).as_deref(), expected, "{id}");
        }
    }

    #[test]
    fn a_fault_comes_after_so_many_events() {
        let stream = stream();
        for (start, events, expected, end) in [
            (0, 0, "", 0),
            (0, 1, "id: 1\ndata: a\r\n\r\n", 1),
            (0, 2, "id: 1\ndata: a\r\n\r\nid: 2\n\ndata: b\n\n", 30),
            (stream.after("2").unwrap(), 1, "data: b\n\n", 10),
        ] {
            let after = Some((events, Ending::Stall));
            let faults = Faults {
                after,
                ..Faults::default()
            };
            let timeline = stream.from(start, faults).unwrap();
            assert_eq!(joined(&timeline.pieces), expected);
            assert_eq!(timeline.end, (Duration::from_millis(end), Ending::Stall));
        }
        let after = Some((4, Ending::Stall));
        let faults = Faults {
            after,
            ..Faults::default()
        };
        let timeline = stream.from(0, faults).unwrap();
        assert_eq!(
            (shown(&timeline).len(), timeline.end.1),
            (4, Ending::Broken)
        );
    }

    #[test]
    fn a_new_piece_goes_out_when_its_last_byte_would_have() {
        let stream = stream();
        let cut = |text: &str| {
            let cut = Some(text.parse().unwrap());
            let faults = Faults {
                cut,
                ..Faults::default()
            };
            stream.from(0, faults).unwrap()
        };
        let whole = joined(&stream.pieces);
        assert_eq!(
            shown(&cut("whole")),
            [(40, std::str::from_utf8(&whole).unwrap())]
        );
        assert_eq!(
            shown(&cut("20"))[..2],
            [
                (20, "id: 1\ndata: a\r\n\r\nid:"),
                (40, " 2\n\ndata: b\n\n: c\n\nid")
            ]
        );
        let bytes = cut("1");
        assert!(bytes.pieces.iter().all(|piece| piece.bytes.len() == 1));
        for text in ["1", "7", "random", "random:3"] {
            assert_eq!(joined(&cut(text).pieces), whole, "{text}");
        }
        assert_eq!(cut("random:3").pieces, cut("random:3").pieces);
        assert_ne!(cut("random:3").pieces, cut("random:4").pieces);
        for wrong in ["", "0", "-1", "half", "random:x", "whole:1"] {
            assert!(wrong.parse::<Cut>().is_err(), "{wrong}");
        }
    }
}
