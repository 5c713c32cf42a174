//! `Gap` and `Recovery`: a subscriber missed events, and how it goes on.

use std::fmt::{self, Write};
use std::sync::Arc;

use esse_encoder::{Block, EventId, EventType, Frame};

use crate::recover::Resumes;
use crate::topics::Topic;

/// The type of the event that lets a client know that it missed events, unless you choose another
/// notice. Its data is a JSON object with the members of [`Gap`]:
/// `{"cause":"fell_behind","missed":12,"exact":true,"topics":["head"]}`.
pub const MISSED: EventType = EventType::from_static("missed");

/// How many topics a gap names at most.
pub(crate) const TOPICS: usize = 16;

/// A subscriber missed events, or may have: they were published after its last event, it asked for
/// them, it may see them, and it can no longer get them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// Why it missed them.
    pub cause: GapCause,
    /// How many events it missed, or at least that many if the number is not [`exact`](Self::exact).
    ///
    /// What `on_gap` gets counts those before the next event that is kept. If the subscriber does not
    /// go on with that one, the notice and the metrics count everything that it skips.
    pub missed: u64,
    /// Whether `missed` is the whole number. It is not if the last event ID is unknown, or so old
    /// that the losses since then are no longer remembered.
    pub exact: bool,
    /// Topics of missed events: at most 16, and only those that are known.
    pub topics: Vec<Topic>,
    /// The last event ID that the subscriber sent, if it came with one and it was not usable or not
    /// recent enough.
    pub last_event_id: Option<EventId>,
}

impl Gap {
    /// Of which nothing but the cause is known.
    pub(crate) fn unknown(cause: GapCause, last_event_id: Option<EventId>) -> Self {
        Self {
            cause,
            missed: 0,
            exact: false,
            topics: Vec::new(),
            last_event_id,
        }
    }
}

/// Why a subscriber missed events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GapCause {
    /// It read too slowly, so that events it had not read were evicted. Or the hub itself missed
    /// records ([`Hub::fell_behind`](crate::Hub::fell_behind)).
    FellBehind,
    /// Its last event ID is not known here. The ID may be from another server, from before a
    /// restart, older than what is remembered, or made up.
    UnknownId,
    /// Its last event ID is known, and events that it wants were evicted since.
    TooOld,
    /// It subscribed before the hub's feed had reached the shared log, so that events may have been
    /// added before the feed began.
    BeforeFeed,
}

impl GapCause {
    /// The name in notices and metrics, such as `fell_behind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FellBehind => "fell_behind",
            Self::UnknownId => "unknown_id",
            Self::TooOld => "too_old",
            Self::BeforeFeed => "before_feed",
        }
    }
}

/// How a subscriber goes on after a [`Gap`], and how its client is notified.
///
/// If nothing that is kept follows the notice, the notice has the newest ID, so that a client that
/// comes back before the next event misses nothing more. A notice of your own gets that ID too,
/// unless it has another one. Then the client comes back with that.
///
/// ```
/// use esse_encoder::Block;
/// use esse_server::{Gap, GapCause, Hub, Recovery};
///
/// fn on_gap(gap: &Gap) -> Recovery {
///     match gap.cause {
///         GapCause::FellBehind => Recovery::close(),
///         _ => Recovery::oldest().with(&Block::event("load the page again")),
///     }
/// }
///
/// let hub = Hub::builder().on_gap(on_gap).build();
/// ```
#[derive(Clone, Debug)]
pub struct Recovery {
    pub(crate) notice: Notice,
    pub(crate) then: Then,
}

#[derive(Clone)]
pub(crate) enum Notice {
    Event,
    Comment,
    Made(Arc<dyn Fn(&Gap) -> Block<'static> + Send + Sync>),
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Close,
    Oldest,
    Newest,
}

impl Recovery {
    /// Ends the response, after a notice with the newest ID. So the client does not come back with
    /// the same ID and miss the same events again. If the hub knows no ID yet, the notice resets an ID
    /// that is unknown or too old (9.2.6), and the client comes back as a new one.
    ///
    /// If the hub has a [log](crate::HubBuilder::history) beyond its memory, a client that fell behind
    /// gets the rest from there. So it keeps its ID, or gets that of its place if it has none.
    ///
    /// A client with its ID in the [query](crate::last_event_id::LastEventId::or_query) sends that again
    /// when its ID was reset. With [`Hub::starts_after`](crate::Hub::starts_after) a hub has an ID from
    /// the beginning, so that none is reset.
    pub fn close() -> Self {
        Self::then(Then::Close)
    }

    /// Goes on with the oldest record that is kept.
    pub fn oldest() -> Self {
        Self::then(Then::Oldest)
    }

    /// Goes on with what is published from now on.
    pub fn newest() -> Self {
        Self::then(Then::Newest)
    }

    fn then(then: Then) -> Self {
        let notice = Notice::Event;
        Self { notice, then }
    }

    /// Sends this block as the notice, instead of an event of the type [`MISSED`]. It is not kept,
    /// and neither topics nor `authorize` apply to it.
    #[must_use]
    pub fn with(self, notice: &Block<'_>) -> Self {
        let notice = notice.clone().into_owned();
        self.with_notice(move |_| notice.clone())
    }

    /// Sends the comment that nodes of the Beacon API send, `: error - dropped 12 messages`, which
    /// an `EventSource` does not show.
    #[must_use]
    pub fn with_comment(mut self) -> Self {
        self.notice = Notice::Comment;
        self
    }

    /// Sends the block that this makes of the gap. Unlike the gap that `on_gap` gets, this one counts
    /// what the subscriber skips because it goes on with the [newest](Self::newest) event or is
    /// [closed](Self::close).
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::{Gap, Hub, Recovery};
    ///
    /// fn notice(gap: &Gap) -> Block<'static> {
    ///     Block::event(format!("{} events are missing", gap.missed))
    /// }
    ///
    /// let hub = Hub::builder().on_gap(|_| Recovery::newest().with_notice(notice)).build();
    /// ```
    #[must_use]
    pub fn with_notice(
        mut self,
        notice: impl Fn(&Gap) -> Block<'static> + Send + Sync + 'static,
    ) -> Self {
        self.notice = Notice::Made(Arc::new(notice));
        self
    }

    /// Sends nothing about the gap, except for an ID: the client is not notified that it missed events.
    #[must_use]
    pub fn silently(mut self) -> Self {
        self.notice = Notice::None;
        self
    }
}

impl Notice {
    /// The notice, with this ID unless it has one of its own. It is one frame, so that no client has
    /// the ID without the notice.
    pub(crate) fn frame(self, gap: &Gap, id: Option<&EventId>) -> Option<Frame> {
        let notice = match self {
            Self::Event => Block::event(json(gap)).event_type(MISSED),
            Self::Comment => {
                Block::new().comment(format!("error - dropped {} messages", gap.missed))
            }
            Self::Made(make) => make(gap),
            Self::None => return id.map(|id| Block::new().id(id.clone()).to_frame()),
        };
        let id = id.filter(|_| notice.parts().id.is_none());
        Some(match id {
            Some(id) => notice.id(id.clone()).to_frame(),
            None => notice.to_frame(),
        })
    }
}

impl fmt::Debug for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Event => "Event",
            Self::Comment => "Comment",
            Self::Made(_) => "Made",
            Self::None => "None",
        })
    }
}

fn json(gap: &Gap) -> String {
    let (cause, missed, exact) = (gap.cause.as_str(), gap.missed, gap.exact);
    let mut json = format!(r#"{{"cause":"{cause}","missed":{missed},"exact":{exact},"topics":["#);
    for (index, topic) in gap.topics.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        put_string(&mut json, topic.as_str());
    }
    json.push_str("]}");
    json
}

/// A JSON string (RFC 8259, section 7).
fn put_string(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\0'..='\x1f' => {
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            _ => json.push(character),
        }
    }
    json.push('"');
}

/// A subscriber that lost its place goes on with what is published from now on. One that missed
/// some events goes on with what is kept.
///
/// If a log has what it missed, `rest` says how the client comes back for that.
pub(crate) fn default_recovery(gap: &Gap, rest: Option<&Resumes>) -> Recovery {
    match (gap.cause, rest) {
        // It comes back and misses nothing.
        (GapCause::FellBehind, Some(Resumes::ByItself)) => Recovery::close().silently(),
        // Firefox ignores an ID without an event.
        (GapCause::FellBehind, Some(Resumes::After(_))) => Recovery::close(),
        (GapCause::FellBehind | GapCause::TooOld, _) => Recovery::oldest(),
        (GapCause::UnknownId | GapCause::BeforeFeed, _) => Recovery::newest(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_notice_is_json() {
        let gap = Gap {
            cause: GapCause::FellBehind,
            missed: 12,
            exact: true,
            topics: vec!["head".into(), "a \"b\" \\ \n".into()],
            last_event_id: None,
        };
        let bytes = |notice: Notice, id| {
            let frame = notice.frame(&gap, id);
            frame.map_or_else(String::new, |frame| {
                String::from_utf8_lossy(&frame.to_bytes()).into_owned()
            })
        };
        let expected = concat!(
            "event: missed\n",
            r#"data: {"cause":"fell_behind","missed":12,"exact":true,"#,
            r#""topics":["head","a \"b\" \\ \u000a"]}"#,
            "\n"
        );
        assert_eq!(bytes(Notice::Event, None), format!("{expected}\n"));
        let id = EventId::from(7);
        assert_eq!(
            bytes(Notice::Event, Some(&id)),
            format!("{expected}id: 7\n\n")
        );
        assert_eq!(
            bytes(Notice::Comment, None),
            ": error - dropped 12 messages\n\n"
        );
        assert_eq!(bytes(Notice::None, None), "");
        assert_eq!(bytes(Notice::None, Some(&id)), "id: 7\n\n");
    }
}
