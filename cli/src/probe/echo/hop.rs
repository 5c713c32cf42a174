//! What one hop does to the stream: each function compares what was sent with what came.

use std::time::Duration;

use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};

use super::server::{INTERVAL, Sent};
use crate::phrases::{counted, seconds};
use crate::probe::content::Content;
use crate::probe::exchange::{End, Exchange, joined};
use crate::probe::report::Report;
use crate::request::LAST_EVENT_ID;

/// An event that comes this late was held back until the next one was sent, at least.
const HELD_BACK: Duration = INTERVAL.saturating_sub(Duration::from_millis(40));

pub(super) fn head(hop: &str, got: &Exchange, sent: &Sent, id: &str, report: &mut Report) {
    let got_id = sent.headers.get(LAST_EVENT_ID);
    if got_id.is_none_or(|value| value.as_bytes() != id.as_bytes()) {
        report.error(
            "last-event-id",
            format!("{hop}: the header does not reach the server as it was sent"),
            "let Last-Event-ID through, as the bytes that it has",
        );
    } else {
        report.ok("last-event-id", format!("{hop}: reaches the server"));
    }
    if got.header(CONTENT_LENGTH).is_some() {
        report.error(
            "length",
            format!("{hop}: adds a Content-Length, so it reads the whole stream first"),
            "turn off buffering and caching for this path",
        );
    }
    let changed = [CONTENT_TYPE, CACHE_CONTROL].into_iter().filter(|name| {
        let value = got.header(name.clone());
        value.is_none_or(|value| !value.contains(expected(name)))
    });
    let changed: Vec<_> = changed.map(|name| name.to_string()).collect();
    if changed.is_empty() {
        report.ok(
            "headers",
            format!(
                "{hop}: as sent; {:?} to it, {:?} from it",
                got.version, sent.version
            ),
        );
    } else {
        report.warning(
            "headers",
            format!("{hop}: changes {}", changed.join(" and ")),
            "hand on the headers of the server",
        );
    }
}

fn expected(name: &http::HeaderName) -> &'static str {
    if *name == CONTENT_TYPE {
        "text/event-stream"
    } else {
        "no-store"
    }
}

/// Returns the median of the delays.
pub(super) fn delays(
    hop: &str,
    got: &Exchange,
    sent: &Sent,
    inner: Option<Duration>,
    report: &mut Report,
) -> Duration {
    let mut delays = delays_of(got, sent);
    delays.sort_unstable();
    let (median, most) = (
        delays.get(delays.len() / 2).copied().unwrap_or_default(),
        delays.last().copied().unwrap_or_default(),
    );
    let more = inner.map_or(String::new(), |inner| {
        let more = median.saturating_sub(inner);
        format!(", {} more than inside of it", milliseconds(more))
    });
    let seen = format!(
        "{hop}: median {}{more}; {} at most, for {}",
        milliseconds(median),
        milliseconds(most),
        counted(delays.len() as u64, "event")
    );
    if most > HELD_BACK {
        report.error(
            "delay",
            format!("{seen}: it holds events back until there are more"),
            "turn off buffering; in nginx: proxy_buffering off, or send X-Accel-Buffering: no",
        );
    } else {
        report.ok("delay", seen);
    }
    median
}

/// How long after it was sent each event came.
fn delays_of(got: &Exchange, sent: &Sent) -> Vec<Duration> {
    let content = Content::of(&got.decoded().unwrap_or_default());
    let came = content.events.iter().map(|event| got.began + event.at);
    let pairs = came.zip(&sent.times);
    pairs
        .map(|(came, sent)| came.saturating_duration_since(*sent))
        .collect()
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

pub(super) fn bytes(
    hop: &str,
    got: &Exchange,
    sent: &Sent,
    silence: Duration,
    report: &mut Report,
) {
    let bytes = joined(&got.decoded().unwrap_or_default());
    let same = bytes
        .iter()
        .zip(&sent.bytes)
        .take_while(|(a, b)| a == b)
        .count();
    if same < bytes.len() {
        report.error(
            "bytes",
            format!("{hop}: changes byte {same}"),
            "turn off what rewrites bodies; Cache-Control: no-transform forbids it",
        );
    } else if same < sent.bytes.len() || matches!(got.end, End::Broken(_)) {
        let end = match &got.end {
            End::Broken(why) => why,
            _ => "it ended the response",
        };
        report.error(
            "bytes",
            format!(
                "{hop}: cut off after {}, in which the server was silent for {}: {end}",
                seconds(got.took),
                seconds(silence)
            ),
            "raise the time-out of the hop (in nginx: proxy_read_timeout), and send comments more often",
        );
    } else {
        report.ok(
            "bytes",
            format!("{hop}: {} as sent", counted(same as u64, "byte")),
        );
    }
}

pub(super) fn compression(hop: &str, got: &Exchange, sent: &Sent, report: &mut Report) {
    let Some(coding) = got.header(CONTENT_ENCODING) else {
        return report.ok("compression", format!("{hop}: none"));
    };
    let delays = delays_of(got, sent);
    let most = delays.iter().max().copied().unwrap_or_default();
    if most > HELD_BACK || delays.is_empty() {
        report.error(
            "compression",
            format!(
                "{hop}: {coding} holds events back, by {} at most",
                milliseconds(most)
            ),
            "flush the compressor after each event, or leave text/event-stream uncompressed",
        );
    } else {
        let most = milliseconds(most);
        report.ok("compression", format!("{hop}: {coding}, {most} at most"));
    }
}

pub(super) fn departure(hop: &str, is_noticed: bool, report: &mut Report) {
    if is_noticed {
        report.ok(
            "departure",
            format!("{hop}: the server learns that a client has gone"),
        );
    } else {
        report.warning(
            "departure",
            format!("{hop}: reads on after its client has gone"),
            "let the hop close its connection too; in nginx: proxy_ignore_client_abort off",
        );
    }
}
