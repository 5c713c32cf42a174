//! `ForgottenLosses`: what is still known of losses whose entries were forgotten.

use super::keys::{Losses, Position};

/// Losses of a lane that are not remembered any more: the place after the last of them, and the
/// number of the newest.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Forgotten {
    pub(super) to: Position,
    pub(super) losses: Losses,
}

/// At this many, the two oldest become one.
const MOST: usize = 32;

/// All forgotten losses of a lane. One that lies before another and has a lower number says nothing
/// more, so usually there is one. The numbers rise, and the places fall.
#[derive(Clone, Debug, Default)]
pub(super) struct ForgottenLosses(Vec<Forgotten>);

impl Forgotten {
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            to: self.to.max(other.to),
            losses: self.losses.max(other.losses),
        }
    }

    fn covers(self, other: Self) -> bool {
        self.to >= other.to && self.losses >= other.losses
    }
}

impl ForgottenLosses {
    pub(super) fn of(forgotten: Forgotten) -> Self {
        let mut all = Self::default();
        all.add(forgotten);
        all
    }

    pub(super) fn add(&mut self, new: Forgotten) {
        if Forgotten::default().covers(new) || self.0.iter().any(|old| old.covers(new)) {
            return;
        }
        self.0.retain(|old| !new.covers(*old));
        let index = self.0.partition_point(|old| old.losses < new.losses);
        self.0.reserve_exact(1);
        self.0.insert(index, new);
        if self.0.len() > MOST {
            let oldest = self.0.remove(0);
            self.0[0].to = oldest.to;
        }
    }

    /// Those at or after the place, with a number above that of the losses that are forgiven.
    pub(super) fn after(&self, from: Position, forgiven: Losses) -> Option<Forgotten> {
        let some = self.0.iter().copied();
        let some = some.filter(|one| one.to > from && one.losses > forgiven);
        some.reduce(Forgotten::and)
    }

    pub(super) fn all(&self) -> Forgotten {
        let all = self.0.iter().copied();
        all.fold(Forgotten::default(), Forgotten::and)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(number: u64) -> Position {
        (0..number).fold(Position::default(), |place, _| place.next())
    }

    fn losses(number: u64) -> Losses {
        (0..number).fold(Losses::default(), |losses, _| losses.next())
    }

    fn forgotten(to: u64, number: u64) -> Forgotten {
        Forgotten {
            to: place(to),
            losses: losses(number),
        }
    }

    #[test]
    fn a_late_loss_of_an_early_record_does_not_count_for_one_that_is_past_it() {
        let mut all = ForgottenLosses::of(forgotten(8, 4));
        all.add(forgotten(1, 5));
        all.add(forgotten(2, 6));
        assert_eq!(all.0.len(), 2);
        assert!(all.after(place(4), losses(4)).is_none());
        assert!(all.after(place(1), losses(4)).is_some());
        let both = all.after(place(0), losses(0)).unwrap();
        assert_eq!((both.to, both.losses), (place(8), losses(6)));
        all.add(forgotten(9, 7));
        assert_eq!(all.0.len(), 1);
    }

    #[test]
    fn very_many_are_bounded_and_none_is_missed() {
        let mut all = ForgottenLosses::default();
        for number in 1..200 {
            all.add(forgotten(200 - number, number));
            assert!(all.0.len() <= MOST);
        }
        for number in 1..200 {
            let found = all.after(place(199 - number), losses(number - 1));
            assert!(found.is_some(), "{number}");
        }
        assert!(all.after(place(199), losses(0)).is_none());
        assert!(all.after(place(0), losses(199)).is_none());
    }
}
