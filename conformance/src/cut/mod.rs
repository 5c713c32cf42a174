//! A cut: one way to split a stream into chunks. Which cuts a stream gets is in [`plan`].

pub(crate) mod plan;
pub(crate) mod shrink;

use std::fmt;
use std::str::FromStr;

/// One way to split a stream into chunks.
///
/// The notation is that of reports and of `--cut`: `whole`, `bytes`, or the positions in bytes
/// at which the stream is split, ascending. A position named twice makes an empty chunk; so do 0
/// and the length of the stream.
///
/// ```
/// use esse_conformance::runner::Cut;
///
/// let cut: Cut = "3,3".parse()?;
/// assert_eq!(cut.chunks(b"a\r\n\r\n"), [&b"a\r\n"[..], b"", b"\r\n"]);
/// assert_eq!(cut.to_string(), "3,3");
/// # Ok::<(), esse_conformance::runner::InvalidCut>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// One chunk.
    Whole,
    /// One chunk for each byte.
    Bytes,
    /// Split at these positions (bytes), ascending, at least one.
    At(Vec<usize>),
}

impl Cut {
    /// The cut that gives chunks of these lengths (bytes), in order.
    pub fn of_lengths(lengths: impl IntoIterator<Item = usize>) -> Self {
        let mut ends: Vec<usize> = lengths
            .into_iter()
            .scan(0, |end, length| {
                *end += length;
                Some(*end)
            })
            .collect();
        ends.pop(); // the end of the stream
        if ends.is_empty() {
            Self::Whole
        } else {
            Self::At(ends)
        }
    }

    /// The chunks of a stream, borrowed from it. Positions past its end count as its end.
    pub fn chunks<'s>(&self, stream: &'s [u8]) -> Vec<&'s [u8]> {
        match self {
            Self::Whole => vec![stream],
            Self::Bytes => stream.chunks(1).collect(),
            Self::At(positions) => split(stream, positions),
        }
    }

    /// The index (from 0) of the chunk that holds the last of the first `after_byte` bytes:
    /// the chunk after which an event that is complete with that byte must be out.
    pub fn chunk_of(&self, after_byte: usize) -> usize {
        match self {
            Self::Whole => 0,
            Self::Bytes => after_byte.saturating_sub(1),
            Self::At(positions) => positions.iter().take_while(|at| **at < after_byte).count(),
        }
    }

    /// Whether all positions lie in a stream of this length (bytes).
    pub fn fits(&self, length: usize) -> bool {
        match self {
            Self::Whole | Self::Bytes => true,
            Self::At(positions) => positions.iter().all(|at| *at <= length),
        }
    }
}

fn split<'s>(stream: &'s [u8], positions: &[usize]) -> Vec<&'s [u8]> {
    let mut rest = stream;
    let mut start = 0;
    let mut chunks = Vec::with_capacity(positions.len() + 1);
    for at in positions {
        let (chunk, after) = rest.split_at((at - start).min(rest.len()));
        chunks.push(chunk);
        rest = after;
        start = *at;
    }
    chunks.push(rest);
    chunks
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::Bytes => f.write_str("bytes"),
            Self::At(positions) => {
                let positions: Vec<String> = positions.iter().map(ToString::to_string).collect();
                f.write_str(&positions.join(","))
            }
        }
    }
}

/// A text that is not a cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidCut {
    /// This part is neither a number nor `whole` nor `bytes`.
    NotAPosition(String),
    /// A position that is smaller than the one before.
    Descends {
        /// The position before.
        from: usize,
        /// The smaller one.
        to: usize,
    },
}

impl fmt::Display for InvalidCut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAPosition(part) => {
                write!(
                    f,
                    "not a cut: {part:?} (use `whole`, `bytes`, or positions such as `3,7,7`)"
                )
            }
            Self::Descends { from, to } => {
                write!(
                    f,
                    "the positions of a cut must ascend, but {to} follows {from}"
                )
            }
        }
    }
}

impl std::error::Error for InvalidCut {}

impl FromStr for Cut {
    type Err = InvalidCut;

    fn from_str(text: &str) -> Result<Self, InvalidCut> {
        match text {
            "whole" => Ok(Self::Whole),
            "bytes" => Ok(Self::Bytes),
            _ => text
                .split(',')
                .map(position)
                .collect::<Result<_, _>>()
                .and_then(ascending),
        }
    }
}

fn position(part: &str) -> Result<usize, InvalidCut> {
    part.trim()
        .parse()
        .map_err(|_| InvalidCut::NotAPosition(part.to_owned()))
}

fn ascending(positions: Vec<usize>) -> Result<Cut, InvalidCut> {
    match positions.windows(2).find(|pair| pair[0] > pair[1]) {
        Some(pair) => Err(InvalidCut::Descends {
            from: pair[0],
            to: pair[1],
        }),
        None => Ok(Cut::At(positions)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_make_a_cut() {
        assert_eq!(Cut::of_lengths([1, 0, 2]), Cut::At(vec![1, 1]));
        assert_eq!(Cut::of_lengths([3]), Cut::Whole);
    }

    #[test]
    fn a_stream_without_bytes_is_one_empty_chunk_or_none() {
        assert_eq!(Cut::Whole.chunks(b""), [b""]);
        assert!(Cut::Bytes.chunks(b"").is_empty());
    }

    #[test]
    fn a_cut_fits_up_to_the_end_of_the_stream() {
        assert!(Cut::At(vec![4]).fits(4) && !Cut::At(vec![4]).fits(3));
    }

    #[test]
    fn chunks_of_every_cut_join_to_the_stream() {
        for cut in ["whole", "bytes", "0", "5", "0,0,2,2,5,5", "2,3"] {
            let cut: Cut = cut.parse().unwrap();
            assert_eq!(cut.chunks(b"a\r\n\r\n").concat(), b"a\r\n\r\n", "{cut}");
        }
    }

    #[test]
    fn the_chunk_of_a_byte_is_the_first_whose_end_reaches_it() {
        let stream = b"data: x\r\n\r\n";
        for cut in ["whole", "bytes", "0", "0,0,4", "4,4,9", "10,11", "11,11"] {
            let cut: Cut = cut.parse().unwrap();
            for after_byte in 1..=stream.len() {
                let mut end = 0;
                let found = cut.chunks(stream).iter().position(|chunk| {
                    end += chunk.len();
                    end >= after_byte
                });
                assert_eq!(
                    Some(cut.chunk_of(after_byte)),
                    found,
                    "{cut} byte {after_byte}"
                );
            }
        }
    }

    #[test]
    fn a_text_that_is_no_cut_is_refused() {
        for text in ["", "x", "1,", "-1", "1,x", "Whole", "1;2"] {
            assert!(
                matches!(text.parse::<Cut>(), Err(InvalidCut::NotAPosition(_))),
                "{text}"
            );
        }
        assert_eq!(
            "1,3,2".parse::<Cut>(),
            Err(InvalidCut::Descends { from: 3, to: 2 })
        );
    }
}
