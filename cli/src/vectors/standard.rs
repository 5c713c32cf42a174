//! The places in the standard that vectors name, such as `9.2.6/dispatch/2`.

/// A place in the standard.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The heading of its section, or the name of its algorithm.
    pub(crate) title: &'static str,
    anchor: &'static str,
}

/// From the most exact to the least: the first that fits is taken.
const PLACES: [(&str, Place); 10] = [
    ("9.2.1", place("Introduction", "server-sent-events-intro")),
    (
        "9.2.2",
        place("The EventSource interface", "the-eventsource-interface"),
    ),
    ("9.2.3", place("Processing model", "sse-processing-model")),
    (
        "9.2.4",
        place("The Last-Event-ID header", "the-last-event-id-header"),
    ),
    (
        "9.2.5",
        place("Parsing an event stream", "parsing-an-event-stream"),
    ),
    (
        "9.2.6/dispatch",
        place("Interpreting: dispatch the event", "dispatchMessage"),
    ),
    (
        "9.2.6/field",
        place("Interpreting: process the field", "processField"),
    ),
    (
        "9.2.6",
        place(
            "Interpreting an event stream",
            "event-stream-interpretation",
        ),
    ),
    ("9.2.7", place("Authoring notes", "authoring-notes")),
    ("", place("Server-sent events", "server-sent-events")),
];

const fn place(title: &'static str, anchor: &'static str) -> Place {
    Place { title, anchor }
}

impl Place {
    /// The place that a vector's `spec` names.
    pub(crate) fn of(spec: &str) -> &'static Self {
        let found = PLACES.iter().find(|(start, _)| holds(spec, start));
        &found.unwrap_or(&PLACES[PLACES.len() - 1]).1
    }

    /// A link to it.
    pub(crate) fn link(&self) -> String {
        format!(
            "https://html.spec.whatwg.org/multipage/server-sent-events.html#{}",
            self.anchor
        )
    }
}

fn holds(spec: &str, start: &str) -> bool {
    start.is_empty()
        || spec
            .strip_prefix(start)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn the_most_exact_place_is_found() {
        let link = |spec| Place::of(spec).link().split('#').nth(1).unwrap().to_owned();
        assert_eq!(link("9.2.6/dispatch/2"), "dispatchMessage");
        assert_eq!(link("9.2.6/field/id"), "processField");
        assert_eq!(link("9.2.6/end-of-stream"), "event-stream-interpretation");
        assert_eq!(link("9.2.5/bom"), "parsing-an-event-stream");
        assert_eq!(link("9.2.4/last-event-id"), "the-last-event-id-header");
        assert_eq!(link("9.2.99"), "server-sent-events");
    }

    #[test]
    fn every_vector_names_a_section_that_is_known() {
        let parse = esse_vectors::parse_vectors()
            .unwrap()
            .into_iter()
            .map(|vector| vector.spec);
        let encode = esse_vectors::encode_vectors()
            .unwrap()
            .into_iter()
            .map(|vector| vector.spec);
        for spec in parse.chain(encode) {
            assert_ne!(Place::of(&spec).title, "Server-sent events", "{spec}");
        }
    }
}
