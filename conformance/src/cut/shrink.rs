//! Finds a smaller cut that fails as well.

use super::Cut;

/// The most tries, so that a slow subject does not hold up the run.
const TRIES: usize = 256;

/// Leaves out positions of a failing cut as long as it still fails: halves first, then ever smaller
/// groups. `whole` and `bytes` are not made smaller.
pub(crate) fn shrink(cut: Cut, mut fails: impl FnMut(&Cut) -> bool) -> Cut {
    let Cut::At(mut positions) = cut else {
        return cut;
    };
    let mut tries = 0;
    let mut group = positions.len() / 2;
    while group > 0 && tries < TRIES {
        let before = positions.len();
        let mut at = 0;
        while at < positions.len() && positions.len() > 1 && tries < TRIES {
            tries += 1;
            let smaller = without(&positions, at, group);
            if !smaller.is_empty() && fails(&Cut::At(smaller.clone())) {
                positions = smaller;
            } else {
                at += group;
            }
        }
        // A position that was needed may no longer be, now that others are gone.
        if positions.len() == before || group > 1 {
            group /= 2;
        }
    }
    Cut::At(positions)
}

fn without(positions: &[usize], at: usize, group: usize) -> Vec<usize> {
    let end = (at + group).min(positions.len());
    [&positions[..at], &positions[end..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_two_positions_keeps_both() {
        let cut = Cut::At((0..40).collect());
        let fails = |cut: &Cut| matches!(cut, Cut::At(at) if at.contains(&3) && at.contains(&33));
        assert_eq!(shrink(cut, fails), Cut::At(vec![3, 33]));
    }

    #[test]
    fn a_doubled_position_is_kept_where_the_empty_chunk_matters() {
        let cut = Cut::At(vec![1, 2, 2, 5]);
        let fails = |cut: &Cut| matches!(cut, Cut::At(at) if at.windows(2).any(|p| p == [2, 2]));
        assert_eq!(shrink(cut, fails), Cut::At(vec![2, 2]));
    }

    #[test]
    fn the_number_of_tries_is_bounded() {
        let mut tries = 0;
        shrink(Cut::At((0..10_000).collect()), |_| {
            tries += 1;
            false
        });
        assert!(tries <= TRIES);
    }
}
