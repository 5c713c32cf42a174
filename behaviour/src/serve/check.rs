//! A check: an ID, a rule, what decides it, and the function that carries it out.

use std::fmt;

use esse_vectors::connect::Basis;
use serde::{Deserialize, Serialize};

use super::server::Server;

/// A right way that the server took, if the rule leaves a choice; or what was seen instead of a right
/// one.
pub(super) type Checked = Result<Option<String>, String>;

/// One rule, and how it is checked.
#[non_exhaustive]
pub struct Check {
    /// Names the check: its group, a slash, and what it is about.
    pub id: &'static str,
    /// What a correct server does.
    pub rule: &'static str,
    /// The text that says so.
    pub source: &'static str,
    /// What decides the outcome.
    pub basis: Basis,
    /// The options without which a server is not asked.
    pub needs: &'static [ServerOption],
    /// The variables of the environment that differ from the usual ones.
    pub(super) variables: &'static [(&'static str, &'static str)],
    run: fn(&mut Server) -> Checked,
}

/// What a server may have, and says that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ServerOption {
    /// Events have the IDs with which they are published.
    Ids,
    /// Events have the types with which they are published.
    Types,
    /// It keeps a history, and sends what followed the request's `Last-Event-ID`.
    Resume,
    /// It also takes the last event ID from the query, as `lastEventId`.
    Query,
    /// The history has as many events as the variable `SSE_HISTORY` says.
    History,
    /// It sends something if it is silent for `SSE_KEEP_ALIVE_MS`.
    KeepAlive,
    /// It can end its streams.
    Shutdown,
}

impl ServerOption {
    /// The name in the server's first line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ids => "ids",
            Self::Types => "types",
            Self::Resume => "resume",
            Self::Query => "query",
            Self::History => "history",
            Self::KeepAlive => "keep-alive",
            Self::Shutdown => "shutdown",
        }
    }
}

impl fmt::Display for ServerOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Check {
    /// A check that the WHATWG standards decide.
    pub(super) const fn standard(
        id: &'static str,
        source: &'static str,
        rule: &'static str,
        run: fn(&mut Server) -> Checked,
    ) -> Self {
        Self {
            id,
            rule,
            source,
            basis: Basis::Standard,
            needs: &[],
            variables: &[],
            run,
        }
    }

    /// A check that HTTP decides.
    pub(super) const fn http(
        id: &'static str,
        source: &'static str,
        rule: &'static str,
        run: fn(&mut Server) -> Checked,
    ) -> Self {
        Self {
            basis: Basis::Rfc9110,
            ..Self::standard(id, source, rule, run)
        }
    }

    /// A check that no standard decides.
    pub(super) const fn policy(
        id: &'static str,
        source: &'static str,
        rule: &'static str,
        run: fn(&mut Server) -> Checked,
    ) -> Self {
        Self {
            basis: Basis::Policy,
            ..Self::standard(id, source, rule, run)
        }
    }

    pub(super) const fn needs(self, needs: &'static [ServerOption]) -> Self {
        Self { needs, ..self }
    }

    pub(super) const fn with(self, variables: &'static [(&'static str, &'static str)]) -> Self {
        Self { variables, ..self }
    }

    pub(super) fn run(&self, server: &mut Server) -> Checked {
        (self.run)(server)
    }
}

/// An ID names one check.
impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Check {}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Check").field(&self.id).finish()
    }
}
