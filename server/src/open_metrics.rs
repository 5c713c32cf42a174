//! The counters as text that Prometheus and others read.

use std::fmt::{Display, Write};

use http::HeaderValue;

use crate::metrics::Metrics;

/// The content type of [`Metrics::open_metrics`].
pub const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

impl Metrics {
    /// All numbers in the text format of `OpenMetrics` 1.0, each with the prefix `esse_`. Answer with
    /// the content type [`OPEN_METRICS`].
    ///
    /// ```
    /// let text = esse_server::Hub::new().metrics().open_metrics();
    /// assert!(text.contains("esse_subscribers 0\n"));
    /// assert!(text.contains("esse_gaps_total{cause=\"fell_behind\"} 0\n"));
    /// assert!(text.ends_with("# EOF\n"));
    /// ```
    pub fn open_metrics(&self) -> String {
        let Self { closed, gaps, .. } = self;
        let mut text = Text(String::new());
        text.gauge("subscribers", "subscribers that are open", self.open);
        text.gauge(
            "lag",
            "records that the slowest has not looked at",
            self.lag,
        );
        text.gauge(
            "topics",
            "topics that something or somebody needs",
            self.topics,
        );
        text.gauge("kept_records", "records kept", self.kept);
        text.gauge("kept_bytes", "the size of their frames", self.kept_bytes);
        text.gauge(
            "held_bytes",
            "the size of evicted payloads that connections hold",
            self.held_bytes,
        );
        text.gauge(
            "remembered_records",
            "evicted records remembered",
            self.remembered,
        );
        text.counter("opened", "subscribers opened", self.opened);
        text.counter("published", "records published", self.published);
        text.counter(
            "conflated",
            "records replaced by a later one",
            self.conflated,
        );
        text.counter("duplicate_ids", "IDs that came again", self.duplicate_ids);
        text.counter("sent", "records handed to responses", self.sent);
        text.counter("replayed", "of these, replayed", self.replayed);
        text.counter("denied", "records withheld", self.denied);
        text.counter("keep_alives", "keep-alives sent", self.keep_alives);
        text.counter(
            "missed",
            "events missed in gaps, as far as known",
            gaps.events,
        );
        let outcomes = [
            ("receiver", closed.receiver),
            ("fell_behind", closed.fell_behind),
            ("gap", closed.gap),
            ("finished", closed.finished),
            ("shutdown", closed.shutdown),
            ("ended", closed.ended),
            ("source_failed", closed.source_failed),
            ("stalled", closed.stalled),
        ];
        text.counters("closed", "subscribers ended", "outcome", &outcomes);
        let causes = [
            ("fell_behind", gaps.fell_behind),
            ("unknown_id", gaps.unknown_id),
            ("too_old", gaps.too_old),
            ("before_feed", gaps.before_feed),
        ];
        text.counters(
            "gaps",
            "times that a subscriber missed events",
            "cause",
            &causes,
        );
        text.0.push_str("# EOF\n");
        text.0
    }
}

struct Text(String);

impl Text {
    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, "gauge", help);
        let _ = writeln!(self.0, "esse_{name} {value}");
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "counter", help);
        let _ = writeln!(self.0, "esse_{name}_total {value}");
    }

    fn counters(&mut self, name: &str, help: &str, label: &str, values: &[(&str, u64)]) {
        self.head(name, "counter", help);
        for (of, value) in values {
            let _ = writeln!(self.0, "esse_{name}_total{{{label}=\"{of}\"}} {value}");
        }
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(
            self.0,
            "# TYPE esse_{name} {kind}\n# HELP esse_{name} {help}"
        );
    }
}
