//! What goes to `tracing`, with the feature of that name.

use esse_encoder::EventId;

use crate::metrics::Outcome;
use crate::overflow::Gap;
use crate::topics::Topics;

#[cfg(feature = "tracing")]
mod events {
    use super::{EventId, Gap, Outcome, Topics};

    pub(crate) fn opened(topics: &Topics, last_event_id: Option<&EventId>) {
        tracing::debug!(?topics, ?last_event_id, "subscriber opened");
    }

    pub(crate) fn closed(outcome: Outcome) {
        tracing::debug!(?outcome, "subscriber closed");
    }

    pub(crate) fn gap(gap: &Gap) {
        tracing::warn!(cause = ?gap.cause, last_event_id = ?gap.last_event_id, "subscriber missed events");
    }

    #[cfg(feature = "direct")]
    pub(crate) fn could_not_accept(error: &std::io::Error) {
        tracing::warn!(%error, "a connection could not be accepted");
    }
}

#[cfg(not(feature = "tracing"))]
mod events {
    use super::{EventId, Gap, Outcome, Topics};

    pub(crate) fn opened(_: &Topics, _: Option<&EventId>) {}
    pub(crate) fn closed(_: Outcome) {}
    pub(crate) fn gap(_: &Gap) {}

    #[cfg(feature = "direct")]
    pub(crate) fn could_not_accept(_: &std::io::Error) {}
}

#[cfg(feature = "direct")]
pub(crate) use events::could_not_accept;
pub(crate) use events::{closed, gap, opened};
