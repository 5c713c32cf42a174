//! What is reported to `tracing`: nothing that a client can fill a log with. In a program of its own,
//! because `tracing` remembers in each place whether anybody listens, and other tests report there too.
#![cfg(feature = "tracing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use esse_encoder::EventId;
use esse_server::{Hub, Topics};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Keeps the level and the text of each event.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(Level, String)>>>);

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        let level = *event.metadata().level();
        self.0.lock().unwrap().push((level, text.0));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn an_unknown_id_is_no_warning_and_its_text_is_not_reported() {
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || {
        let hub = Hub::new();
        let id = EventId::new("of the client").unwrap();
        let subscribe = hub.subscribe().topics(Topics::of(["a"]));
        drop(subscribe.last_event_id(id).open());
    });
    let reported = log.0.lock().unwrap();
    for text in ["opened", "missed events", "closed"] {
        let found = reported.iter().any(|(_, line)| line.contains(text));
        assert!(found, "{text:?} is not in {reported:?}");
    }
    for (level, line) in &*reported {
        assert_eq!(*level, Level::DEBUG, "{line}");
        assert!(!line.contains("of the client"), "{line}");
    }
}
