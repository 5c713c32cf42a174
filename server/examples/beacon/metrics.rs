//! What the hub counted, in the text format of Prometheus.

use std::fmt::Write as _;

use esse_server::metrics::Metrics;

/// The `Content-Type` of the format.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(crate) fn text(metrics: &Metrics) -> String {
    let mut text = String::new();
    let (closed, gaps) = (&metrics.closed, &metrics.gaps);
    for (name, help, value) in [
        ("open", "subscribers now", metrics.open as u64),
        (
            "lag",
            "records the slowest subscriber has not seen",
            metrics.lag,
        ),
        ("kept", "records kept", metrics.kept as u64),
        ("kept_bytes", "their size", metrics.kept_bytes as u64),
    ] {
        family(&mut text, "gauge", name, help, &[("", value)]);
    }
    for (name, help, value) in [
        ("opened_total", "subscribers opened", metrics.opened),
        ("published_total", "records published", metrics.published),
        ("sent_total", "records handed to responses", metrics.sent),
        ("replayed_total", "of these, replayed", metrics.replayed),
        ("denied_total", "records withheld", metrics.denied),
        (
            "keep_alives_total",
            "keep-alive comments",
            metrics.keep_alives,
        ),
    ] {
        family(&mut text, "counter", name, help, &[("", value)]);
    }
    let closed = [
        ("{outcome=\"receiver\"}", closed.receiver),
        ("{outcome=\"fell_behind\"}", closed.fell_behind),
        ("{outcome=\"gap\"}", closed.gap),
        ("{outcome=\"finished\"}", closed.finished),
        ("{outcome=\"shutdown\"}", closed.shutdown),
    ];
    family(
        &mut text,
        "counter",
        "closed_total",
        "subscribers ended",
        &closed,
    );
    let gaps = [
        ("{cause=\"fell_behind\"}", gaps.fell_behind),
        ("{cause=\"unknown_id\"}", gaps.unknown_id),
        ("{cause=\"too_old\"}", gaps.too_old),
    ];
    family(&mut text, "counter", "gaps_total", "gaps", &gaps);
    text
}

fn family(text: &mut String, kind: &str, name: &str, help: &str, samples: &[(&str, u64)]) {
    let _ = writeln!(text, "# HELP esse_{name} {help}\n# TYPE esse_{name} {kind}");
    for (labels, value) in samples {
        let _ = writeln!(text, "esse_{name}{labels} {value}");
    }
}
