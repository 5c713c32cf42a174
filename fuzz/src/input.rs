//! How a target reads its bytes: `CONTENT`, or `CONTENT FE SCRIPT`.
//!
//! The content is the event stream itself (or blocks, see [`blocks`](crate::blocks)), so that a
//! recorded stream is a seed and a finding is readable. The script follows the last byte FE, which
//! does not occur in UTF-8. It says how to cut the content, and what goes wrong in between.

/// The last event ID that each stream starts with. It is not empty, so that losing it shows.
pub const EARLIER_ID: &str = "earlier";

/// Ends the content if a script follows.
pub const SCRIPT: u8 = 0xFE;

/// Content up to this length (bytes) is also cut byte by byte.
const BYTES_UP_TO: usize = 8 << 10;

const PENDING: u8 = 0xC0;
const FAILS: u8 = 0xE0;

/// The next step of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'c> {
    /// It returns this chunk.
    Chunk(&'c [u8]),
    /// It has nothing yet.
    Pending,
    /// It fails, and can continue.
    Fails,
}

/// The content and the script.
///
/// ```
/// assert_eq!(esse_fuzz::input::split(b"data\n\n\xFE\x01"), (&b"data\n\n"[..], &[1][..]));
/// assert!(esse_fuzz::input::split(b"data\n\n").1.is_empty());
/// ```
pub fn split(input: &[u8]) -> (&[u8], &[u8]) {
    match input.iter().rposition(|byte| *byte == SCRIPT) {
        Some(at) => (&input[..at], &input[at + 1..]),
        None => (input, &[]),
    }
}

/// The steps that the script makes of the content. A byte below C0 is the length of a chunk, which
/// may be 0. A byte below E0 is a pause, and any other a failure. The rest is the last chunk.
///
/// ```
/// use esse_fuzz::input::{Step, steps};
///
/// let steps = steps(b"abc", &[1, 0xC0]);
/// assert_eq!(steps, [Step::Chunk(b"a"), Step::Pending, Step::Chunk(b"bc")]);
/// ```
pub fn steps<'c>(content: &'c [u8], script: &[u8]) -> Vec<Step<'c>> {
    let mut rest = content;
    let mut steps: Vec<Step<'c>> = script.iter().map(|byte| step(*byte, &mut rest)).collect();
    steps.push(Step::Chunk(rest));
    steps
}

fn step<'c>(byte: u8, rest: &mut &'c [u8]) -> Step<'c> {
    match byte {
        FAILS.. => Step::Fails,
        PENDING.. => Step::Pending,
        length => {
            let (chunk, after) = rest.split_at(rest.len().min(length.into()));
            *rest = after;
            Step::Chunk(chunk)
        }
    }
}

/// The chunks alone.
///
/// ```
/// assert_eq!(esse_fuzz::input::chunks(b"abc", &[1, 0xC0, 0]), [&b"a"[..], b"", b"bc"]);
/// ```
pub fn chunks<'c>(content: &'c [u8], script: &[u8]) -> Vec<&'c [u8]> {
    let chunk = |step| match step {
        Step::Chunk(chunk) => Some(chunk),
        Step::Pending | Step::Fails => None,
    };
    steps(content, script)
        .into_iter()
        .filter_map(chunk)
        .collect()
}

/// The cuts to try: that of the script, the whole content, and byte by byte up to 8 KiB.
///
/// ```
/// assert_eq!(esse_fuzz::input::cuts(b"abc", &[1])[2], [b"a", b"b", b"c"]);
/// ```
pub fn cuts<'c>(content: &'c [u8], script: &[u8]) -> Vec<Vec<&'c [u8]>> {
    let mut cuts = vec![chunks(content, script), vec![content]];
    cuts.extend(bytes(content));
    cuts
}

/// Byte by byte, if that does not take long.
pub(crate) fn bytes(content: &[u8]) -> Option<Vec<&[u8]>> {
    (content.len() <= BYTES_UP_TO).then(|| content.chunks(1).collect())
}
