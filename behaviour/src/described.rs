//! What a client or a server says about itself, and how it is judged.

use std::fmt;

use serde::Serialize;

use crate::pace::Pace;
use crate::verdict::{Rule, Verdict};

/// What a client or a server says about itself, and how it is judged.
pub trait Described: Serialize {
    /// What it is.
    const KIND: Kind;
    /// What it is asked: a scenario or a check.
    type Item: Clone;
    /// What it may lack.
    type Option: Clone + fmt::Debug + fmt::Display + Ord + Serialize;

    /// Its name. A file of known failures names it with this.
    fn name(&self) -> &str;

    /// Name, version and language, as reports show them.
    fn title(&self) -> String;

    /// The address of its project, if it says one.
    fn homepage(&self) -> Option<&str> {
        None
    }

    /// The options that it must have to be asked this, and lacks.
    fn lacks(&self, item: &Self::Item) -> Vec<Self::Option>;

    /// The rule behind a scenario or a check.
    fn rule(item: &Self::Item) -> Rule;

    /// Asks the program that this shell command starts, whatever it lacks. Returns the verdicts in the
    /// order of the items.
    fn run(
        command: &str,
        items: &[Self::Item],
        pace: Pace,
        progress: &mut dyn FnMut(&Verdict),
    ) -> Vec<Verdict>;
}

/// What is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A client that stays connected, by scenarios.
    Client,
    /// A server, by checks.
    Server,
}

impl Kind {
    /// The word for it, which is also its option of `esse conform`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }

    /// The word for what it is asked, which is also an option of `esse conform`.
    pub fn item(self) -> &'static str {
        match self {
            Self::Client => "scenario",
            Self::Server => "check",
        }
    }

    /// The module that judges it.
    pub(crate) fn module(self) -> &'static str {
        match self {
            Self::Client => "connect",
            Self::Server => "serve",
        }
    }

    /// The version of what it is asked.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Client => esse_vectors::VERSION,
            Self::Server => env!("CARGO_PKG_VERSION"),
        }
    }
}
