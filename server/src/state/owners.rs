//! Whose subscriber is whose, and how many there may be.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use super::keys::SubscriberKey;

#[derive(Debug)]
pub(super) struct Owners {
    limits: Limits,
    subscribers: HashMap<Arc<str>, HashSet<SubscriberKey>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) subscribers: usize,
    pub(crate) of_one_owner: usize,
}

/// The hub has as many subscribers as it may have, from
/// [`Subscribe::try_open`](crate::Subscribe::try_open). Answer with status 503 or 429.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TooMany {
    /// In all ([`HubBuilder::max_subscribers`](crate::HubBuilder::max_subscribers)).
    Subscribers {
        /// How many there may be.
        limit: usize,
    },
    /// Of this owner
    /// ([`HubBuilder::max_subscribers_of_one_owner`](crate::HubBuilder::max_subscribers_of_one_owner)).
    OfOneOwner {
        /// How many there may be.
        limit: usize,
    },
}

impl Owners {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            subscribers: HashMap::new(),
        }
    }

    /// Whether there may be another subscriber.
    pub(super) fn check(&self, open: usize, owner: Option<&Arc<str>>) -> Result<(), TooMany> {
        let Limits {
            subscribers,
            of_one_owner,
        } = self.limits;
        if open >= subscribers {
            return Err(TooMany::Subscribers { limit: subscribers });
        }
        let its_own = owner.and_then(|owner| self.subscribers.get(owner));
        if its_own.is_some_and(|its_own| its_own.len() >= of_one_owner) {
            return Err(TooMany::OfOneOwner {
                limit: of_one_owner,
            });
        }
        Ok(())
    }

    pub(super) fn join(&mut self, owner: Option<Arc<str>>, key: SubscriberKey) {
        if let Some(owner) = owner {
            self.subscribers.entry(owner).or_default().insert(key);
        }
    }

    pub(super) fn leave(&mut self, owner: Option<&Arc<str>>, key: SubscriberKey) {
        let Some(owner) = owner else { return };
        if let Some(its_own) = self.subscribers.get_mut(owner) {
            its_own.remove(&key);
            if its_own.is_empty() {
                self.subscribers.remove(owner);
            }
        }
    }

    pub(super) fn of(&self, owner: &str) -> Vec<SubscriberKey> {
        let its_own = self.subscribers.get(owner).into_iter().flatten();
        its_own.copied().collect()
    }
}

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscribers { limit } => {
                write!(f, "there are as many subscribers as there may be: {limit}")
            }
            Self::OfOneOwner { limit } => {
                write!(
                    f,
                    "this owner has as many subscribers as it may have: {limit}"
                )
            }
        }
    }
}

impl std::error::Error for TooMany {}
