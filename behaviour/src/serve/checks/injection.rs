//! A type or an ID cannot have a line end (9.2.5). One that has is refused, or does no harm.

use esse_conformance::report::escape;
use esse_parser::OwnedEvent;

use crate::serve::check::{Check, Checked, ServerOption};
use crate::serve::message::Published;
use crate::serve::server::Server;

const SOURCE: &str = "HTML 9.2.5, field and end-of-line";
const TYPE_RULE: &str =
    "A type with a line end is refused, or sent without adding a field or an event.";
const ID_RULE: &str =
    "An ID with a line end is refused, or sent without adding a field or an event.";

const TYPES: &[ServerOption] = &[ServerOption::Types];
const IDS: &[ServerOption] = &[ServerOption::Ids];

/// What is published with them, and what must not come.
const DATA: &str = "published";
const FORGED: &str = "forged";

pub(super) const CHECKS: &[Check] = &[
    Check::standard("injection/type-lf-field", SOURCE, TYPE_RULE, |server| {
        is_harmless(server, &with_type("a\ndata: forged"))
    })
    .needs(TYPES),
    Check::standard("injection/type-lf-event", SOURCE, TYPE_RULE, |server| {
        is_harmless(server, &with_type("a\ndata: forged\n\n"))
    })
    .needs(TYPES),
    Check::standard("injection/type-cr-field", SOURCE, TYPE_RULE, |server| {
        is_harmless(server, &with_type("a\revent: forged"))
    })
    .needs(TYPES),
    Check::standard("injection/type-crlf-event", SOURCE, TYPE_RULE, |server| {
        is_harmless(server, &with_type("a\r\ndata: forged\r\n\r\n"))
    })
    .needs(TYPES),
    Check::standard("injection/id-lf-field", SOURCE, ID_RULE, |server| {
        is_harmless(server, &with_id("a\ndata: forged"))
    })
    .needs(IDS),
    Check::standard("injection/id-lf-event", SOURCE, ID_RULE, |server| {
        is_harmless(server, &with_id("a\ndata: forged\n\n"))
    })
    .needs(IDS),
    Check::standard("injection/id-cr-field", SOURCE, ID_RULE, |server| {
        is_harmless(server, &with_id("a\rid: forged"))
    })
    .needs(IDS),
    Check::standard("injection/id-crlf-event", SOURCE, ID_RULE, |server| {
        is_harmless(
            server,
            &with_id("a\r\nevent: forged\r\ndata: forged\r\n\r\n"),
        )
    })
    .needs(IDS),
    Check::standard(
        "injection/id-nul",
        "HTML 9.2.6, process the field, id: one with a NUL is ignored",
        "An ID with a NUL is refused, or the event arrives and the last event ID stays.",
        |server| {
            let mut stream = server.open()?;
            let (first, next) = (Published::data("1").id("1"), Published::data("2"));
            server.publish(&first)?;
            let refused = server.offer(&with_id("a\0b"))?;
            server.publish(&next)?;
            stream.expect(&first)?;
            if refused.is_none() {
                stream.expect(&Published::data(DATA).id("1"))?;
            }
            stream.expect(&next)?;
            Ok(Some(how(refused)))
        },
    )
    .needs(IDS),
    Check::standard(
        "injection/data-cr",
        "HTML 9.2.5, end-of-line",
        "Data that would forge an event with CRs is data.",
        |server| {
            let mut stream = server.open()?;
            let event = Published::data("a\r\revent: forged\rdata: forged\r\r");
            server.publish(&event)?;
            stream.expect(&event)?;
            Ok(None)
        },
    ),
];

fn with_type(event_type: &str) -> Published {
    Published::data(DATA).event_type(event_type)
}

fn with_id(id: &str) -> Published {
    Published::data(DATA).id(id)
}

/// The event is refused, or what comes has its data alone, and the next event is as it should be.
fn is_harmless(server: &mut Server, event: &Published) -> Checked {
    let mut stream = server.open()?;
    let next = Published::data("next");
    let refused = server.offer(event)?;
    server.publish(&next)?;
    loop {
        let seen = stream.event()?;
        if seen.data == next.data && !is_forged(&seen) {
            return Ok(Some(how(refused)));
        }
        if refused.is_some() || is_forged(&seen) || seen.data != DATA {
            return Err(format!(
                "an event has type {}, last event ID {} and data {}",
                escape::quote(seen.event_type.as_bytes()),
                escape::quote(seen.last_event_id.as_bytes()),
                escape::quote(seen.data.as_bytes())
            ));
        }
    }
}

fn is_forged(event: &OwnedEvent) -> bool {
    event.event_type == FORGED || event.last_event_id == FORGED || event.data.contains(FORGED)
}

fn how(refused: Option<String>) -> String {
    match refused {
        Some(why) => format!("refused: {}", escape::line(why.as_bytes())),
        None => "sent without harm".to_owned(),
    }
}
