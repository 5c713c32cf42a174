//! What the probe found, and the forms in which it is written.

use std::fmt::Write;

use esse_conformance::report::escape::xml;
use serde_json::json;

use crate::phrases::counted;

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Skipped,
    Ok,
    Warning,
    Error,
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One check with its outcome.
pub(super) struct Finding {
    level: Level,
    check: &'static str,
    seen: String,
    cure: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
    Junit,
    Markdown,
}

/// The findings for one URL, in the order of the checks.
pub(super) struct Report {
    url: String,
    findings: Vec<Finding>,
}

impl Report {
    pub(super) const fn new(url: String) -> Self {
        Self {
            url,
            findings: Vec::new(),
        }
    }

    pub(super) fn ok(&mut self, check: &'static str, seen: impl Into<String>) {
        self.add(Level::Ok, check, seen.into(), None);
    }

    pub(super) fn skipped(&mut self, check: &'static str, why: impl Into<String>) {
        self.add(Level::Skipped, check, why.into(), None);
    }

    pub(super) fn warning(
        &mut self,
        check: &'static str,
        seen: impl Into<String>,
        cure: &'static str,
    ) {
        self.add(Level::Warning, check, seen.into(), Some(cure));
    }

    pub(super) fn error(
        &mut self,
        check: &'static str,
        seen: impl Into<String>,
        cure: &'static str,
    ) {
        self.add(Level::Error, check, seen.into(), Some(cure));
    }

    fn add(&mut self, level: Level, check: &'static str, seen: String, cure: Option<&'static str>) {
        self.findings.push(Finding {
            level,
            check,
            seen,
            cure,
        });
    }

    pub(super) fn has(&self, level: Level) -> bool {
        self.findings.iter().any(|finding| finding.level == level)
    }

    pub(super) fn in_form(&self, format: Format) -> String {
        match format {
            Format::Text => self.text(),
            Format::Json => self.json(),
            Format::Junit => self.junit(),
            Format::Markdown => self.markdown(),
        }
    }

    fn count(&self, level: Level) -> u64 {
        let findings = self.findings.iter();
        findings
            .map(|finding| u64::from(finding.level == level))
            .sum()
    }

    fn summary(&self) -> String {
        format!(
            "{}, {}, {} ok, {} skipped",
            counted(self.count(Level::Error), "error"),
            counted(self.count(Level::Warning), "warning"),
            self.count(Level::Ok),
            self.count(Level::Skipped)
        )
    }

    fn text(&self) -> String {
        let mut out = format!("{}\n\n", self.url);
        for finding in &self.findings {
            let (level, check) = (finding.level.name(), finding.check);
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{level:<8} {check:<13} {}", finding.seen);
            if let Some(cure) = finding.cure {
                let _ = writeln!(out, "{:<22} -> {cure}", "");
            }
        }
        let _ = writeln!(out, "\n{}", self.summary());
        out
    }

    fn json(&self) -> String {
        let findings = self.findings.iter().map(|finding| {
            let mut json = json!({
                "check": finding.check,
                "level": finding.level.name(),
                "seen": finding.seen,
            });
            if let Some(cure) = finding.cure {
                json["cure"] = cure.into();
            }
            json
        });
        let report = json!({ "url": self.url, "findings": findings.collect::<Vec<_>>() });
        format!("{report:#}\n")
    }

    /// An error counts as a failure. A warning does not: its text is the output of its case.
    fn junit(&self) -> String {
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"{}\" \
             tests=\"{}\" failures=\"{}\" skipped=\"{}\">\n",
            xml(&self.url),
            self.findings.len(),
            self.count(Level::Error),
            self.count(Level::Skipped)
        );
        for finding in &self.findings {
            let check = finding.check;
            let _ = write!(
                out,
                "    <testcase classname=\"esse probe\" name=\"{check}\">"
            );
            let seen = xml(&finding.seen);
            let cure = xml(finding.cure.unwrap_or_default());
            let _ = match finding.level {
                Level::Ok => write!(out, "<system-out>{seen}</system-out>"),
                Level::Skipped => write!(out, "<skipped message=\"{seen}\"/>"),
                Level::Warning => write!(out, "<system-out>warning: {seen} ({cure})</system-out>"),
                Level::Error => write!(out, "<failure message=\"{seen}\">{cure}</failure>"),
            };
            out.push_str("</testcase>\n");
        }
        out.push_str("  </testsuite>\n</testsuites>\n");
        out
    }

    fn markdown(&self) -> String {
        let mut out = format!(
            "`{}`: {}\n\n| | check | seen | cure |\n| --- | --- | --- | --- |\n",
            self.url,
            self.summary()
        );
        for finding in &self.findings {
            let level = match finding.level {
                Level::Error => "**error**",
                level => level.name(),
            };
            let _ = writeln!(
                out,
                "| {level} | {} | {} | {} |",
                finding.check,
                cell(&finding.seen),
                cell(finding.cure.unwrap_or_default())
            );
        }
        out
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut report = Report::new("http://a/?b&c".to_owned());
        report.ok("answer", "200 OK");
        report.skipped("resume", "no ids");
        report.warning("fields", "a \"line\" | with <marks>", "remove \"it\"");
        report.error("length", "a\u{1}b", "leave it out");
        report
    }

    #[test]
    fn the_text_names_each_check_and_counts() {
        let text = report().in_form(Format::Text);
        assert!(text.starts_with("http://a/?b&c\n\nok       answer        200 OK\n"));
        assert!(text.ends_with("\n1 error, 1 warning, 1 ok, 1 skipped\n"));
        assert!(text.contains("-> leave it out\n"), "{text}");
    }

    #[test]
    fn marks_do_not_break_a_form() {
        let junit = report().in_form(Format::Junit);
        assert!(
            junit.contains("name=\"http://a/?b&amp;c\" tests=\"4\" failures=\"1\" skipped=\"1\"")
        );
        assert!(junit.contains("a &quot;line&quot; | with &lt;marks&gt; (remove &quot;it&quot;)"));
        assert!(junit.contains("message=\"a\u{fffd}b\""));
        let markdown = report().in_form(Format::Markdown);
        assert!(markdown.contains("| warning | fields | a \"line\" \\| with <marks> |"));
        let json: serde_json::Value =
            serde_json::from_str(&report().in_form(Format::Json)).unwrap();
        assert_eq!(json["findings"][3]["seen"], "a\u{1}b");
        assert_eq!(json["findings"][0].get("cure"), None);
    }
}
