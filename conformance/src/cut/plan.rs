//! Which cuts a stream gets.

use super::Cut;
use crate::random::Random;

/// Streams up to this length (bytes) get every three-way split.
pub(crate) const THREE_WAY_UP_TO: usize = 64;
/// Streams up to this length (bytes) get every two-way split; longer ones are sampled.
pub(crate) const TWO_WAY_UP_TO: usize = 4096;
/// Streams up to this length (bytes) are also sent byte by byte.
pub(crate) const BYTES_UP_TO: usize = 65_536;

/// How many bytes in all the two-way splits of one sampled stream may send.
const SAMPLED_BYTES: usize = 8 << 20;
/// Two-way splits of a stream in a quick or brief run.
const QUICK_TWO_WAY: usize = 24;
/// Two-way splits of a sampled stream in a brief run.
const BRIEF_TWO_WAY: usize = 4;
/// Random cuts of each stream.
const RANDOM_CUTS: usize = 16;
/// Random cuts of a sampled stream, and of each stream in a quick or brief run.
const FEW_RANDOM_CUTS: usize = 4;
/// The most positions of a random cut of a short stream.
const RANDOM_POSITIONS: usize = 24;

/// How many cuts are made of each stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plan {
    /// Whole, byte by byte, every two-way split, every three-way split of streams up to 64
    /// bytes, and seeded random cuts.
    #[default]
    Full,
    /// Whole, byte by byte, a sample of the two-way splits, and a few random cuts.
    Quick,
    /// As quick, but streams over 4,096 bytes are split at very few places.
    Brief,
}

impl Plan {
    /// All plans.
    pub const ALL: [Self; 3] = [Self::Full, Self::Quick, Self::Brief];

    /// The name, as `--cuts` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Quick => "quick",
            Self::Brief => "brief",
        }
    }
}

/// The cuts of one stream, smallest first: `whole`, `bytes`, then by the number of positions.
/// `own` is the cut that the vector itself brings.
pub(crate) fn cuts<'s>(
    stream: &'s [u8],
    own: Option<&'s Cut>,
    plan: Plan,
    mut random: Random,
) -> impl Iterator<Item = Cut> + 's {
    let length = stream.len();
    let two_way = two_way(stream, plan, &mut random);
    std::iter::once(Cut::Whole)
        .chain((length != 1 && length <= BYTES_UP_TO).then_some(Cut::Bytes))
        .chain(own.cloned())
        .chain(two_way.into_iter().map(|at| Cut::At(vec![at])))
        .chain(three_way(length, plan))
        .chain(random_cuts(length, plan, random))
}

/// Whether even a full run does not make every two-way split of a stream of this length (bytes).
pub(crate) fn is_sampled(length: usize) -> bool {
    length > TWO_WAY_UP_TO
}

fn two_way(stream: &[u8], plan: Plan, random: &mut Random) -> Vec<usize> {
    let most = match plan {
        Plan::Full if !is_sampled(stream.len()) => usize::MAX,
        Plan::Full => (SAMPLED_BYTES / stream.len()).clamp(24, 512),
        Plan::Brief if is_sampled(stream.len()) => BRIEF_TWO_WAY,
        Plan::Quick | Plan::Brief => QUICK_TWO_WAY,
    };
    if stream.len() <= most {
        return (1..stream.len()).collect();
    }
    sample(stream, most, random)
}

/// Three quarters of the sample lie at places that matter to parsers, spread over the stream; the
/// rest lies anywhere.
fn sample(stream: &[u8], most: usize, random: &mut Random) -> Vec<usize> {
    let seams: Vec<usize> = (1..stream.len())
        .filter(|at| is_seam(stream, *at))
        .collect();
    let wanted = (most * 3 / 4).min(seams.len());
    let mut positions: Vec<usize> = (0..wanted)
        .map(|index| seams[index * seams.len() / wanted])
        .collect();
    positions.extend((wanted..most).map(|_| 1 + random.below(stream.len() - 1)));
    positions.sort_unstable();
    positions.dedup();
    positions
}

/// Before and after line ends and colons, and inside and next to multi-byte characters.
fn is_seam(stream: &[u8], at: usize) -> bool {
    let marks = |byte: u8| matches!(byte, b'\r' | b'\n' | b':') || !byte.is_ascii();
    marks(stream[at - 1]) || marks(stream[at])
}

fn three_way(length: usize, plan: Plan) -> impl Iterator<Item = Cut> {
    let end = if plan == Plan::Full && length <= THREE_WAY_UP_TO {
        length
    } else {
        0
    };
    (1..end).flat_map(move |first| (first + 1..end).map(move |second| Cut::At(vec![first, second])))
}

fn random_cuts(length: usize, plan: Plan, mut random: Random) -> impl Iterator<Item = Cut> {
    let count = match plan {
        Plan::Full if !is_sampled(length) => RANDOM_CUTS,
        Plan::Brief if is_sampled(length) => 1,
        Plan::Full | Plan::Quick | Plan::Brief => FEW_RANDOM_CUTS,
    };
    (0..count).map(move |_| random_cut(length, &mut random))
}

/// Positions anywhere. About one in four is doubled, which makes an empty chunk.
fn random_cut(length: usize, random: &mut Random) -> Cut {
    let count = 1 + random.below(RANDOM_POSITIONS.min(2 * length + 1) + length / 1024);
    let mut positions = Vec::with_capacity(count * 2);
    for _ in 0..count {
        let position = random.below(length + 1);
        positions.push(position);
        if random.below(4) == 0 {
            positions.push(position);
        }
    }
    positions.sort_unstable();
    Cut::At(positions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(stream: &[u8], plan: Plan) -> Vec<Cut> {
        cuts(stream, None, plan, Random::new(7, "id")).collect()
    }

    #[test]
    fn a_short_stream_gets_every_two_way_and_three_way_split() {
        let cuts = all(&[b'x'; 64], Plan::Full);
        assert_eq!(cuts.len(), 1 + 1 + 63 + 63 * 62 / 2 + RANDOM_CUTS);
        assert!(cuts.contains(&Cut::At(vec![62, 63])));
        let cuts = all(&[b'x'; 65], Plan::Full);
        assert_eq!(cuts.len(), 1 + 1 + 64 + RANDOM_CUTS);
    }

    #[test]
    fn the_smallest_streams_get_no_cut_twice_over() {
        assert_eq!(all(b"", Plan::Full)[..2], [Cut::Whole, Cut::Bytes]);
        assert_eq!(all(b"x", Plan::Full).len(), 1 + RANDOM_CUTS);
    }

    #[test]
    fn random_cuts_fit_and_ascend_and_most_hold_an_empty_chunk() {
        let stream = [b'x'; 4000];
        let cuts = all(&stream, Plan::Full);
        let random = &cuts[cuts.len() - RANDOM_CUTS..];
        assert!(random.iter().all(|cut| cut.fits(4000)));
        assert!(
            random
                .iter()
                .all(|cut| cut.to_string().parse() == Ok(cut.clone()))
        );
        let empty = |cut: &&Cut| cut.chunks(&stream).contains(&&b""[..]);
        assert!(random.iter().filter(empty).count() > RANDOM_CUTS / 2);
    }

    #[test]
    fn the_same_seed_makes_the_same_cuts_and_another_one_others() {
        let stream = [b'x'; 9000];
        assert_eq!(all(&stream, Plan::Full), all(&stream, Plan::Full));
        let other: Vec<_> = cuts(&stream, None, Plan::Full, Random::new(8, "id")).collect();
        assert_ne!(all(&stream, Plan::Full), other);
    }

    #[test]
    fn a_long_stream_is_sampled_near_its_seams() {
        let mut stream = vec![b'x'; 1 << 20];
        stream[500_000] = b'\r';
        let cuts = all(&stream, Plan::Full);
        assert!(cuts.len() < 64, "{}", cuts.len());
        assert!(cuts.contains(&Cut::At(vec![500_000])) && cuts.contains(&Cut::At(vec![500_001])));
        assert!(!cuts.contains(&Cut::Bytes));
    }

    #[test]
    fn the_vectors_own_cut_comes_before_all_other_positions() {
        let own = Cut::At(vec![2, 2]);
        let cuts: Vec<_> = cuts(b"abcd", Some(&own), Plan::Quick, Random::new(0, "")).collect();
        assert_eq!(cuts[2], own);
    }
}
