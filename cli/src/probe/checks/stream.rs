//! The body of the response: its bytes, and when they came.

use std::time::Duration;

use crate::looks;
use crate::phrases::{counted, seconds};
use crate::probe::content::Content;
use crate::probe::exchange::{End, Exchange, Piece, joined};
use crate::probe::report::Report;

/// Types that `EventSource` uses itself.
const RESERVED: [&str; 2] = ["error", "open"];

/// Pauses that are looked at, at least: a single one may be an accident.
const PAUSES: u64 = 2;

/// Fields without a blank line, at least: the first event may be on its way.
const FIELDS: u64 = 2;

pub(in crate::probe) fn stream(
    exchange: &Exchange,
    content: &Content,
    is_repeatable: bool,
    report: &mut Report,
) {
    match what_it_is(exchange, content, report) {
        Blocks::NeverEnd => report.skipped("buffering", "no event ends"),
        Blocks::End => buffering(content, report),
    }
    fields(content, report);
    blocks(content, report);
    types(content, report);
    text(content, report);
    reconnection_time(content, report);
    end(exchange, content, is_repeatable, report);
}

/// Whether the blocks of a stream end, without which no pause is between two of them.
enum Blocks {
    End,
    NeverEnd,
}

fn what_it_is(exchange: &Exchange, content: &Content, report: &mut Report) -> Blocks {
    let first = exchange.pieces.first().map(|piece| piece.at);
    let Some(first) = first else {
        report.warning(
            "events",
            format!("not one byte within {}", seconds(exchange.took)),
            "if there were events, something buffers them: esse probe --echo shows what",
        );
        return Blocks::End;
    };
    let bytes = joined(&exchange.pieces);
    let head = &bytes[..bytes.len().min(looks::HEAD)];
    if content.events.is_empty() && !looks::like_an_event_stream(head) {
        report.error(
            "events",
            looks::describe(head),
            "send blocks of fields, each with a blank line at its end",
        );
        return Blocks::NeverEnd;
    }
    if content.lines.blocks == 0 && content.lines.fields >= FIELDS {
        report.error(
            "events",
            format!(
                "no event ends: {} in {}, and no blank line after them",
                counted(content.lines.fields, "field"),
                seconds(exchange.took)
            ),
            "end each event with a blank line: without it, no client sees one",
        );
        return Blocks::NeverEnd;
    }
    let most = content.events.iter().map(|event| event.data.len()).max();
    let most = most.map_or(String::new(), |most| {
        format!(", of {} at most", counted(most as u64, "byte"))
    });
    let counted = format!(
        "{}{most}, {} in {}; the first byte after {}",
        counted(content.events.len() as u64, "event"),
        counted(content.comments, "comment"),
        seconds(exchange.took),
        seconds(first)
    );
    if content.too_large > 0 {
        report.warning(
            "events",
            format!(
                "{counted}; {} values are over the limits of careful clients",
                content.too_large
            ),
            "keep IDs and types short",
        );
    } else {
        report.ok("events", counted);
    }
    Blocks::End
}

/// A server writes whole events. Pauses inside of events are those of a buffer that waits until it
/// is full.
fn buffering(content: &Content, report: &mut Report) {
    let pauses = &content.pauses;
    let seen = format!(
        "{} of {} fall inside an event",
        pauses.inside,
        counted(pauses.all, "pause")
    );
    if pauses.inside >= PAUSES && pauses.inside * 2 > pauses.all {
        report.error(
            "buffering",
            format!("{seen}: something collects bytes and sends them when it has enough"),
            "flush after each event; in nginx: proxy_buffering off, or send X-Accel-Buffering: no",
        );
    } else if pauses.inside > 0 {
        report.warning(
            "buffering",
            seen,
            "write each event with one write, and flush after it",
        );
    } else if pauses.all == 0 {
        report.skipped(
            "buffering",
            "there was no pause; esse probe --echo measures it",
        );
    } else {
        report.ok(
            "buffering",
            format!(
                "none of {} falls inside an event",
                counted(pauses.all, "pause")
            ),
        );
    }
}

fn fields(content: &Content, report: &mut Report) {
    if content.ignored.is_empty() {
        report.ok("fields", "no line is ignored");
        return;
    }
    let names = content.ignored.iter();
    let names = names.map(|(name, times)| format!("{name:?} ({times})"));
    report.warning(
        "fields",
        format!(
            "lines that every client ignores: {}",
            names.collect::<Vec<_>>().join(", ")
        ),
        "the fields are data, event, id and retry, in lower case, at the start of a line",
    );
}

fn blocks(content: &Content, report: &mut Report) {
    let without = content.lines.types_without_data;
    if without > 0 {
        report.warning(
            "blocks",
            format!(
                "{} with a type but without data: no client sees these",
                counted(without, "block")
            ),
            "add a line `data:`, which may be empty",
        );
    } else {
        report.ok("blocks", "each block with a type has data");
    }
}

fn types(content: &Content, report: &mut Report) {
    let is_reserved = |name: &&str| content.events.iter().any(|event| event.event_type == *name);
    let reserved: Vec<_> = RESERVED.into_iter().filter(is_reserved).collect();
    if reserved.is_empty() {
        report.ok("types", "none that EventSource uses itself");
    } else {
        report.warning(
            "types",
            format!(
                "{}: EventSource dispatches events of its own with this type",
                reserved.join(", ")
            ),
            "choose another type",
        );
    }
}

fn text(content: &Content, report: &mut Report) {
    let lines = &content.lines;
    let kinds = [(lines.lf, "LF"), (lines.crlf, "CRLF"), (lines.cr, "CR")];
    let used: Vec<_> = kinds
        .iter()
        .filter(|kind| kind.0 > 0)
        .map(|kind| kind.1)
        .collect();
    match used[..] {
        [] => {}
        ["CR"] => report.warning(
            "line-ends",
            "CR: many clients wait for an LF",
            "end lines with LF",
        ),
        [one] => report.ok("line-ends", one),
        _ => report.warning(
            "line-ends",
            format!("{} in one stream", used.join(" and ")),
            "end lines with LF; a line break inside of data needs a `data:` line of its own",
        ),
    }
    if lines.with_bom > 0 {
        report.error(
            "bom",
            format!(
                "{} with a byte order mark: clients ignore them",
                counted(lines.with_bom, "line")
            ),
            "write UTF-8 without a byte order mark",
        );
    } else {
        let seen = if lines.begins_with_bom {
            "one at the start, which is ignored"
        } else {
            "none"
        };
        report.ok("bom", seen);
    }
    if lines.not_utf8 > 0 {
        report.error(
            "utf-8",
            format!(
                "{} that are not UTF-8: clients read U+FFFD",
                counted(lines.not_utf8, "sequence")
            ),
            "encode the stream as UTF-8",
        );
    } else {
        report.ok("utf-8", "all of it");
    }
}

fn reconnection_time(content: &Content, report: &mut Report) {
    let lines = &content.lines;
    let cure = "send `retry:` with milliseconds, in digits alone, such as 3000";
    if lines.ignored_retries > 0 {
        report.warning(
            "retry",
            "a `retry` that is ignored, as it is not digits alone",
            cure,
        );
    } else if lines.odd_retries > 0 {
        report.warning(
            "retry",
            "a reconnection time of 0, or of more than ten minutes",
            cure,
        );
    } else {
        report.ok("retry", "none that clients ignore");
    }
}

fn end(exchange: &Exchange, content: &Content, is_repeatable: bool, report: &mut Report) {
    if !matches!(exchange.end, End::Stopped) && content.discarded.had_data() {
        report.error(
            "last-event",
            format!(
                "the stream ends inside an event, so its last {} are lost",
                counted(content.discarded.bytes, "byte")
            ),
            "end each event with a blank line, the last one too",
        );
    }
    match &exchange.end {
        End::Stopped => report.ok("end", "open as long as the probe listened"),
        End::Broken(why) => report.error(
            "end",
            format!("cut off after {}: {why}", seconds(exchange.took)),
            "look for a time-out or a crash at this moment, from the server outwards",
        ),
        // For a request that is sent once, such as that for an answer of an LLM.
        End::Complete if !is_repeatable => {
            report.ok("end", format!("complete after {}", seconds(exchange.took)));
        }
        End::Complete => report.warning(
            "end",
            format!(
                "the server ends it after {}: clients connect again and again",
                seconds(exchange.took)
            ),
            "keep the response open; for a stream that is over, answer the next request with 204",
        ),
    }
}

/// The longest time without a byte, from the head to the end.
pub(in crate::probe) fn keep_alive(exchange: &Exchange, allowed: Duration, report: &mut Report) {
    let times = exchange.pieces.iter().map(|Piece { at, .. }| *at);
    let (mut last, mut longest) = (exchange.head, Duration::ZERO);
    for at in times.chain([exchange.took]) {
        longest = longest.max(at.saturating_sub(last));
        last = at;
    }
    let listened = exchange.took.saturating_sub(exchange.head);
    if longest > allowed {
        report.warning(
            "keep-alive",
            format!(
                "no byte for {}; many proxies end a connection after 60 s, some after 30",
                seconds(longest)
            ),
            "send a comment, such as `:` and a blank line, every 15 seconds (9.2.7)",
        );
    } else if listened < allowed {
        report.skipped(
            "keep-alive",
            format!("the stream was open for {} only", seconds(listened)),
        );
    } else {
        report.ok(
            "keep-alive",
            format!("at most {} without a byte", seconds(longest)),
        );
    }
}
