//! What the hub counted, in the text format of Prometheus.

use std::fmt::Write as _;

use esse_server::{Closed, Dropped, Metrics};

/// The `Content-Type` of it.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(crate) fn text(metrics: &Metrics) -> String {
    let mut text = String::new();
    let lag = "records that the slowest subscriber has still to look at";
    family(
        &mut text,
        "gauge",
        "open",
        "subscribers now",
        &[("", metrics.open as u64)],
    );
    family(&mut text, "gauge", "lag", lag, &[("", metrics.lag)]);
    family(
        &mut text,
        "gauge",
        "kept",
        "records kept",
        &[("", metrics.kept as u64)],
    );
    family(
        &mut text,
        "gauge",
        "kept_bytes",
        "their size",
        &[("", metrics.kept_bytes as u64)],
    );
    for (name, help, value) in counters(metrics) {
        family(&mut text, "counter", name, help, &[("", value)]);
    }
    family(
        &mut text,
        "counter",
        "closed_total",
        "subscribers gone",
        &closed(&metrics.closed),
    );
    family(
        &mut text,
        "counter",
        "dropped_total",
        "gaps",
        &dropped(&metrics.dropped),
    );
    text
}

fn counters(metrics: &Metrics) -> [(&'static str, &'static str, u64); 6] {
    [
        (
            "opened_total",
            "subscribers that there have been",
            metrics.opened,
        ),
        ("published_total", "records published", metrics.published),
        ("sent_total", "records handed to responses", metrics.sent),
        ("replayed_total", "of these, replayed", metrics.replayed),
        (
            "denied_total",
            "records kept from a subscriber",
            metrics.denied,
        ),
        (
            "keep_alives_total",
            "comments sent in silence",
            metrics.keep_alives,
        ),
    ]
}

fn closed(closed: &Closed) -> [(&'static str, u64); 5] {
    [
        ("{outcome=\"receiver\"}", closed.receiver),
        ("{outcome=\"fell_behind\"}", closed.fell_behind),
        ("{outcome=\"gap\"}", closed.gap),
        ("{outcome=\"finished\"}", closed.finished),
        ("{outcome=\"shutdown\"}", closed.shutdown),
    ]
}

fn dropped(dropped: &Dropped) -> [(&'static str, u64); 3] {
    [
        ("{reason=\"fell_behind\"}", dropped.fell_behind),
        ("{reason=\"unknown_id\"}", dropped.unknown_id),
        ("{reason=\"too_old\"}", dropped.too_old),
    ]
}

fn family(text: &mut String, kind: &str, name: &str, help: &str, samples: &[(&str, u64)]) {
    let _ = writeln!(text, "# HELP esse_{name} {help}\n# TYPE esse_{name} {kind}");
    for (labels, value) in samples {
        let _ = writeln!(text, "esse_{name}{labels} {value}");
    }
}
