//! The report of a smoke test, for people.

use std::fmt::Write;

use super::{Check, Finding, Smoke};

pub(super) fn report(smoke: &Smoke) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}\n", crate::escape::line(smoke.command.as_bytes()));
    for check in &smoke.checks {
        let _ = write_check(&mut out, check);
    }
    let _ = writeln!(out, "\n{}", sum(smoke));
    out
}

fn write_check(out: &mut String, check: &Check) -> std::fmt::Result {
    let word = if check.repeated || check.findings.iter().any(Finding::is_wrong) {
        "WRONG"
    } else {
        "ok"
    };
    let again = if check.repeated { " (as above)" } else { "" };
    writeln!(out, "{word:<6} {}{again}", check.name)?;
    for finding in &check.findings {
        write_finding(out, finding)?;
    }
    Ok(())
}

fn write_finding(out: &mut String, finding: &Finding) -> std::fmt::Result {
    let title = if finding.is_wrong() { "wrong" } else { "note" };
    writeln!(out, "         {title:<6} {}", finding.what)?;
    if !finding.remedy.is_empty() {
        writeln!(out, "         {:<6} {}", "do", finding.remedy)?;
    }
    for (name, line) in &finding.shown {
        writeln!(out, "         {name:<6} {line}")?;
    }
    Ok(())
}

fn sum(smoke: &Smoke) -> String {
    if smoke.cannot_run {
        return "The command cannot be run.".to_owned();
    }
    match smoke.wrong() {
        0 => "It speaks the protocol. Next: the same without --smoke runs the vectors.".to_owned(),
        1 => "1 thing is wrong with its protocol.".to_owned(),
        wrong => format!("{wrong} things are wrong with its protocol."),
    }
}
