//! What compression does to the stream.

use std::time::Duration;

use http::header::CONTENT_ENCODING;

use crate::phrases::seconds;
use crate::probe::content::Content;
use crate::probe::exchange::Exchange;
use crate::probe::report::Report;

/// `plain` is when the first event came without compression, after the head.
pub(in crate::probe) fn compression(
    compressed: &Exchange,
    plain: Option<Duration>,
    report: &mut Report,
) {
    let Some(coding) = compressed.header(CONTENT_ENCODING) else {
        report.ok("compression", "none, also if the request accepts it");
        return;
    };
    let pieces = match compressed.decoded() {
        Ok(pieces) => pieces,
        Err(why) => return report.skipped("compression", why),
    };
    let first = Content::of(&pieces).first_event_after(compressed.head);
    let listened = compressed.took.saturating_sub(compressed.head);
    match (plain, first) {
        (_, Some(first)) => report.ok(
            "compression",
            format!(
                "{coding}; the first event can be read {} after the head",
                seconds(first)
            ),
        ),
        (Some(plain), None) => report.error(
            "compression",
            format!(
                "{coding}: no event can be read within {}; without it the first comes after {}",
                seconds(listened),
                seconds(plain)
            ),
            "flush the compressor after each event, or leave text/event-stream uncompressed",
        ),
        (None, None) => {
            report.skipped("compression", format!("{coding}, but there were no events"));
        }
    }
}
