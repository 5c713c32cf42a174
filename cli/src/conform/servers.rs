//! `esse conform --server`: runs checks against a server.

use std::process::ExitCode;
use std::time::Duration;

use esse_conformance::report::Format;
use esse_conformance::serve::{self, Check, Outcome, ServerInfo, Verdict, checks};
use esse_vectors::connect::Basis;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::arguments::Args;
use super::progress_bar;
use crate::nearest::nearest;
use crate::stop::{self, BAD_INPUT, Stop};

/// How long to wait for what a server should send.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs the checks and prints the report. The exit status tells whether none failed.
pub(super) fn run(command: &str, args: &Args) -> Result<ExitCode, Stop> {
    if !matches!(args.format, Format::Text | Format::Json) {
        let why = "the report on a server is text or json";
        return Err(Stop::Trouble(why.to_owned()));
    }
    let checks = filter(checks(), args)?;
    let patience = args.timeout.unwrap_or(PATIENCE);
    let info = serve::info(command, patience).map_err(Stop::trouble)?;
    let bar: ProgressBar = progress_bar(checks.len(), info.name.clone());
    let verdicts = serve::run(command, &info.options, &checks, patience, &mut |verdict| {
        bar.set_message(verdict.check.id);
        bar.inc(1);
    });
    bar.finish_and_clear();
    stop::print(&match args.format {
        Format::Json => json(&info, &verdicts),
        _ => text(&verdicts),
    })?;
    Ok(if verdicts.iter().any(Verdict::is_failed) {
        ExitCode::from(BAD_INPUT)
    } else {
        ExitCode::SUCCESS
    })
}

/// The checks that the arguments name, or all.
fn filter(all: Vec<&'static Check>, args: &Args) -> Result<Vec<&'static Check>, Stop> {
    let ids: Vec<&str> = all.iter().map(|check| check.id).collect();
    for name in &args.checks {
        if !ids.iter().any(|id| id.starts_with(name)) {
            let near = nearest(name, ids.iter().copied());
            return Err(Stop::Trouble(format!(
                "no check ID is or starts with {name:?}; {near}"
            )));
        }
    }
    let names = |check: &Check, name: &String| {
        check.id == *name || !ids.contains(&&**name) && check.id.starts_with(name)
    };
    let is_wanted = |check: &&Check| {
        let mut by_name = args.checks.iter();
        (args.checks.is_empty() || by_name.any(|name| names(check, name)))
            && (args.bases.is_empty() || args.bases.contains(&check.basis))
    };
    let wanted: Vec<&Check> = all.into_iter().filter(is_wanted).collect();
    if wanted.is_empty() {
        let why = "no check has both such an ID and such a basis";
        return Err(Stop::Trouble(why.to_owned()));
    }
    Ok(wanted)
}

/// The failures, the ways that the rules leave open, what was not asked, and a summary by basis.
fn text(verdicts: &[Verdict]) -> String {
    let failed = verdicts.iter().filter(|verdict| verdict.is_failed());
    let failed = failed.map(|verdict| format!("{verdict}\n"));
    let others = verdicts.iter().filter(|verdict| match &verdict.outcome {
        Outcome::Passed { note } => note.is_some(),
        Outcome::NotAsked(_) => true,
        _ => false,
    });
    let others: String = others.map(ToString::to_string).collect();
    let others = (!others.is_empty()).then(|| others + "\n");
    let bases = Basis::ALL.into_iter().filter_map(|basis| {
        let of_basis = verdicts.iter();
        let of_basis = of_basis.filter(|verdict| verdict.check.basis == basis);
        Some(format!("{basis:<9} {}\n", passed(of_basis)?))
    });
    let all = passed(verdicts.iter()).unwrap_or_else(|| "0 of 0".to_owned());
    let asked = verdicts.iter().filter(|verdict| verdict.is_asked()).count();
    let not_asked = match verdicts.len() - asked {
        0 => String::new(),
        number => format!(", {number} not asked"),
    };
    let all = format!("{all} checks passed{not_asked}\n");
    failed.chain(others).chain(bases).chain([all]).collect()
}

/// How many of those that were asked passed, if any were asked.
fn passed<'v>(verdicts: impl Iterator<Item = &'v Verdict>) -> Option<String> {
    let asked = verdicts.filter(|verdict| verdict.is_asked());
    let (failed, passed): (Vec<_>, Vec<_>) = asked.partition(|verdict| verdict.is_failed());
    let all = passed.len() + failed.len();
    (all > 0).then(|| format!("{} of {all}", passed.len()))
}

fn json(info: &ServerInfo, verdicts: &[Verdict]) -> String {
    let checks = verdicts.iter().map(|Verdict { check, outcome, .. }| {
        let (name, what) = match outcome {
            Outcome::Passed { note } => ("passed", note.clone()),
            Outcome::Failed(difference) => ("failed", Some(difference.clone())),
            Outcome::NotAsked(option) => ("notAsked", Some(option.to_string())),
            _ => ("unknown", None),
        };
        json!({ "id": check.id, "basis": check.basis.name(), "outcome": name, "what": what })
    });
    let checks: Vec<Value> = checks.collect();
    let server = json!({ "name": info.name, "version": info.version });
    format!("{:#}\n", json!({ "server": server, "checks": checks }))
}
