//! `List`: members in no particular order, each removed in one step.

/// The last member takes the place of one that is removed.
#[derive(Debug)]
pub(super) struct List<T>(Vec<T>);

/// An index into a [`List`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(usize);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> List<T> {
    pub(super) fn push(&mut self, member: T) -> Place {
        self.0.push(member);
        Place(self.0.len() - 1)
    }

    /// Returns the member that is at this place now, which must learn that.
    pub(super) fn remove(&mut self, place: Place) -> Option<&T> {
        looked_at_one();
        self.0.swap_remove(place.0);
        self.0.get(place.0)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().inspect(|_| looked_at_one())
    }

    pub(super) fn drain(&mut self) -> impl Iterator<Item = T> {
        self.0.drain(..).inspect(|_| looked_at_one())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A subscriber or a member of a list was looked at. Only tests count that.
#[inline]
pub(super) fn looked_at_one() {
    #[cfg(test)]
    LOOKED.set(LOOKED.get() + 1);
}

#[cfg(test)]
thread_local! {
    pub(super) static LOOKED: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}
