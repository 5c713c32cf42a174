//! One vector in full, for people.

use std::collections::BTreeMap;
use std::fmt::Write;

use esse_conformance::report::escape::quote;
use esse_vectors::{
    BlockVector, EncodeExpectation, EncodeVector, Expectation, ExpectedEvent, Level, Note,
    ParseVector, RejectedField, Rejection,
};

use super::bytes;
use super::standard::Place;

/// What the flags mean.
pub(crate) type Notes = BTreeMap<String, Note>;

/// Everything about a parse vector.
pub(crate) fn parse_vector(vector: &ParseVector, notes: &Notes) -> String {
    let mut page = Page::new(&vector.id, &vector.comment);
    page.place(vector.level, &vector.spec, &vector.suite);
    page.flags(&vector.flags, notes);
    if let Some(id) = &vector.initial_last_event_id {
        page.section(
            "Last event ID of an earlier connection",
            [quote(id.as_bytes())],
        );
    }
    page.bytes("The event stream", &vector.input);
    if let Some(chunks) = &vector.chunks {
        let chunks = chunks.iter().enumerate();
        page.section(
            "Arrives in these chunks",
            chunks.map(|(index, chunk)| format!("{index}: {}", quote(chunk))),
        );
    }
    page.section("Must be read as", expectation(&vector.expect));
    for other in &vector.also {
        let title = format!("Also accepted, since {} does it", other.who);
        page.section(&title, expectation(&other.expectation));
    }
    page.rerun(&vector.id);
    page.text
}

/// Everything about an encode vector.
pub(crate) fn encode_vector(vector: &EncodeVector, notes: &Notes) -> String {
    let mut page = Page::new(&vector.id, &vector.comment);
    page.place(vector.level, &vector.spec, &vector.suite);
    page.flags(&vector.flags, notes);
    page.section("The block", block(&vector.block));
    match &vector.expect {
        EncodeExpectation::Bytes {
            bytes,
            events,
            last_event_id,
            reconnection_time,
        } => {
            page.bytes("Canonical encoding", bytes);
            page.section(
                "Which is read as",
                outcome(events, last_event_id, *reconnection_time),
            );
        }
        EncodeExpectation::Rejected { reason, field } => {
            page.section(
                "Must be refused",
                [format!("{} {}", value(*field), fault(*reason))],
            );
        }
    }
    page.rerun(&vector.id);
    page.text
}

/// Headings at the margin, and their lines indented by two.
struct Page {
    text: String,
}

impl Page {
    fn new(id: &str, comment: &str) -> Self {
        let mut page = Self {
            text: String::new(),
        };
        page.section(id, [comment.to_owned()]);
        page
    }

    fn section(&mut self, title: &str, lines: impl IntoIterator<Item = String>) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{title}");
        for line in lines {
            let _ = writeln!(self.text, "  {line}");
        }
    }

    fn place(&mut self, level: Level, spec: &str, suite: &str) {
        let place = Place::of(spec);
        let binding = match level {
            Level::Must => "must: the standard says so",
            Level::May => "may: the standard leaves it open, or implementations differ",
        };
        self.section(
            "Place in the standard",
            [format!("{spec} ({})", place.title), place.link()],
        );
        self.section("Level", [binding.to_owned()]);
        self.section("File", [format!("spec-vectors/{suite}.json")]);
    }

    fn flags(&mut self, flags: &[String], notes: &Notes) {
        for flag in flags {
            let Some(note) = notes.get(flag) else {
                continue;
            };
            let lines = [note.bug.clone(), note.description.clone()];
            self.section(
                &format!("Catches the bug {flag}"),
                lines.into_iter().chain(note.links.iter().cloned()),
            );
        }
    }

    fn bytes(&mut self, title: &str, bytes: &[u8]) {
        self.section(
            &format!("{title}, {} bytes", bytes.len()),
            bytes::lines(bytes),
        );
        self.section("The same in hex", bytes::hex(bytes));
    }

    fn rerun(&mut self, id: &str) {
        self.section("Run it", [format!("esse conform --vector {id}")]);
    }
}

fn expectation(expect: &Expectation) -> Vec<String> {
    let mut lines = outcome(
        &expect.events,
        &expect.last_event_id,
        expect.reconnection_time,
    );
    let comments = expect.comments.iter().flatten();
    lines.extend(comments.map(|comment| format!("comment {}", quote(comment.as_bytes()))));
    if let Some(ignored) = &expect.ignored {
        lines.extend(ignored.iter().map(|(name, value)| {
            let [name, value] = [name, value].map(|text| quote(text.as_bytes()));
            format!("ignored line of name {name}, value {value}")
        }));
        if ignored.is_empty() {
            lines.push("no ignored line".to_owned());
        }
    }
    if let Some(discarded) = expect.discarded {
        lines.push(format!("at the end: discarded {discarded}"));
    }
    lines
}

fn outcome(
    events: &[ExpectedEvent],
    last_event_id: &str,
    reconnection_time: Option<u64>,
) -> Vec<String> {
    let mut lines: Vec<String> = events.iter().map(event).collect();
    if events.is_empty() {
        lines.push("no event".to_owned());
    }
    lines.push(format!(
        "at the end: last event ID {}",
        quote(last_event_id.as_bytes())
    ));
    lines.push(match reconnection_time {
        Some(milliseconds) => format!("at the end: reconnection time {milliseconds} ms"),
        None => "at the end: no reconnection time".to_owned(),
    });
    lines
}

fn event(event: &ExpectedEvent) -> String {
    format!(
        "after byte {}: event of type {}, data {}, last event ID {}",
        event.after_byte,
        quote(event.event_type.as_bytes()),
        quote(event.data.as_bytes()),
        quote(event.last_event_id.as_bytes())
    )
}

fn block(block: &BlockVector) -> Vec<String> {
    let BlockVector {
        comment,
        event,
        retry,
        fields,
        data,
        id,
    } = block;
    let text = |name: &str, text: &Option<String>| {
        text.as_ref()
            .map(|text| format!("{name} {}", quote(text.as_bytes())))
    };
    let fields = fields.iter().map(|(name, value)| {
        Some(format!(
            "field {}: {}",
            quote(name.as_bytes()),
            quote(value.as_bytes())
        ))
    });
    let before = [
        text("comment", comment),
        text("event", event),
        retry.map(|milliseconds| format!("retry {milliseconds}")),
    ];
    let after = [
        text("data", data).or_else(|| Some("no data, so it dispatches no event".to_owned())),
        text("id", id),
    ];
    before
        .into_iter()
        .chain(fields)
        .chain(after)
        .flatten()
        .collect()
}

fn value(field: RejectedField) -> &'static str {
    match field {
        RejectedField::Event => "the event type",
        RejectedField::Id => "the ID",
        RejectedField::FieldName => "the name of a field",
        RejectedField::FieldValue => "the value of a field",
    }
}

fn fault(reason: Rejection) -> &'static str {
    match reason {
        Rejection::LineBreak => "has a line break",
        Rejection::Nul => "has a U+0000",
        Rejection::Colon => "has a colon",
        Rejection::Reserved => "is one that the standard defines",
        Rejection::Empty => "is empty",
        Rejection::Bom => "begins with U+FEFF",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page says everything that its vector says.
    fn assert_says(page: &str, id: &str, comment: &str, flags: &[String]) {
        let start = format!("{id}\n  {comment}\n\nPlace in the standard\n");
        assert!(page.starts_with(&start), "{page}");
        assert!(page.contains("https://html.spec.whatwg.org/multipage/server-sent-events.html#"));
        assert!(
            flags
                .iter()
                .all(|flag| page.contains(&format!("Catches the bug {flag}\n")))
        );
        assert!(page.len() < 20_000, "{id} is {} bytes long", page.len());
    }

    #[test]
    fn every_parse_vector_can_be_explained() {
        let notes = esse_vectors::notes().unwrap();
        for vector in esse_vectors::parse_vectors().unwrap() {
            let page = parse_vector(&vector, &notes);
            assert_says(&page, &vector.id, &vector.comment, &vector.flags);
            assert!(
                vector.also.iter().all(|other| page.contains(&other.who)),
                "{page}"
            );
        }
    }

    #[test]
    fn every_encode_vector_can_be_explained() {
        let notes = esse_vectors::notes().unwrap();
        for vector in esse_vectors::encode_vectors().unwrap() {
            let page = encode_vector(&vector, &notes);
            assert_says(&page, &vector.id, &vector.comment, &vector.flags);
        }
    }
}
