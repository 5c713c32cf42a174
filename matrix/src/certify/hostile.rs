//! Random streams made of what engines stumble over.

use esse_conformance::runner::Cut;
use esse_testkit::Random;

/// Whole lines and parts of them: the more a stream dispatches, the more is to be seen.
const TOKENS: &[&[u8]] = &[
    b"\n",
    b"\n",
    b"\n\n",
    b"\n\n",
    b"\r",
    b"\r\n",
    b"\r\r",
    b"\r\n\r\n",
    b"data",
    b"data:",
    b"data: x",
    b"data: y\n",
    b"data\n",
    b"event",
    b"event:",
    b"event: a",
    b"event: b\n",
    b"event: error\n",
    b"id",
    b"id:",
    b"id: 1",
    b"id: 2\n",
    b"id: 3\n\n",
    b"id\n",
    b"retry: 1\n",
    b":",
    b":",
    b": c\n",
    b" ",
    b"  ",
    b"\t",
    b"\0",
    b"\0",
    b"x",
    b"0",
    b"\xEF\xBB\xBF",
    b"\xEF\xBB",
    b"\xBF",
    b"\xFF",
    b"\xFF\xFE",
    b"\xFE\xFF",
    b"\xC3",
    b"\xC3\xA9",
    b"\xE2\x80\xA8",
    b"\xC2\x85",
    b"\xF0\x9F\x98",
    b"\xF0\x9F\x98\x80",
    b"\xED\xA0\x80",
    b"\xC0\x8A",
    b"Data: z\n",
    b" data: z\n",
    b"\x0B",
    b"\x0C",
];
/// Tokens in one stream, at most.
const MOST: usize = 20;
/// One stream in this many begins with a byte order mark, since that is what engines look at first.
const ONE_IN: usize = 6;
/// Shows what is left over at the end.
const LAST: &[u8] = b"\n\ndata: last\n\n";

/// A stream and a cut of it: whole, byte by byte, or at a few places.
pub(super) fn stream(random: &mut Random) -> (Vec<u8>, Cut) {
    let mut stream = Vec::new();
    if random.below(ONE_IN) == 0 {
        stream.extend([&b"\xEF\xBB\xBF"[..], b"\xFF\xFE", b"\xFE\xFF"][random.below(3)]);
    }
    for _ in 0..=random.below(MOST) {
        stream.extend(TOKENS[random.below(TOKENS.len())]);
    }
    stream.extend(LAST);
    let cut = cut(stream.len(), random);
    (stream, cut)
}

fn cut(length: usize, random: &mut Random) -> Cut {
    match random.below(4) {
        0 => Cut::Bytes,
        1 => {
            let mut positions: Vec<usize> = (0..=random.below(4))
                .map(|_| random.below(length))
                .collect();
            positions.sort_unstable();
            Cut::At(positions)
        }
        _ => Cut::Whole,
    }
}
