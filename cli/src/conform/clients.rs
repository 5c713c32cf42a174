//! `esse conform --client`: runs scenarios against a client that stays connected.

use std::process::ExitCode;

use esse_conformance::connect::{self, Verdict};
use esse_conformance::report::Format;
use esse_vectors::connect::{Basis, Scenario, scenarios};
use indicatif::ProgressBar;
use serde_json::json;

use super::arguments::Args;
use super::progress_bar;
use crate::nearest::nearest;
use crate::stop::{self, BAD_INPUT, Stop};

/// Runs the scenarios and prints the report. The exit status tells whether all passed.
pub(super) fn run(command: &str, args: &Args) -> Result<ExitCode, Stop> {
    if !matches!(args.format, Format::Text | Format::Json) {
        let why = "the report on a client is text or json";
        return Err(Stop::Trouble(why.to_owned()));
    }
    let scenarios = filter(scenarios().map_err(Stop::trouble)?, args)?;
    let bar: ProgressBar = progress_bar(scenarios.len(), command.to_owned());
    let verdicts = connect::run(command, &scenarios, connect::PATIENCE, &mut |verdict| {
        bar.set_message(verdict.scenario.id.clone());
        bar.inc(1);
    });
    bar.finish_and_clear();
    stop::print(&match args.format {
        Format::Json => json(&verdicts),
        _ => text(&verdicts),
    })?;
    Ok(if verdicts.iter().all(Verdict::is_passed) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(BAD_INPUT)
    })
}

/// The scenarios that the arguments name, or all.
fn filter(all: Vec<Scenario>, args: &Args) -> Result<Vec<Scenario>, Stop> {
    let ids: Vec<String> = all.iter().map(|scenario| scenario.id.clone()).collect();
    let is_exact = |name: &String| ids.contains(name);
    for name in &args.scenarios {
        if !ids.iter().any(|id| id.starts_with(name)) {
            let near = nearest(name, ids.iter().map(String::as_str));
            return Err(Stop::Trouble(format!(
                "no scenario ID is or starts with {name:?}; {near}"
            )));
        }
    }
    let names = |scenario: &Scenario, name: &String| {
        scenario.id == *name || !is_exact(name) && scenario.id.starts_with(name)
    };
    let is_wanted = |scenario: &Scenario| {
        let mut by_name = args.scenarios.iter();
        (args.scenarios.is_empty() || by_name.any(|name| names(scenario, name)))
            && (args.bases.is_empty() || args.bases.contains(&scenario.basis))
    };
    let wanted: Vec<Scenario> = all.into_iter().filter(is_wanted).collect();
    if wanted.is_empty() {
        let why = "no scenario has both such an ID and such a basis";
        return Err(Stop::Trouble(why.to_owned()));
    }
    Ok(wanted)
}

/// The failures, and a summary by basis.
fn text(verdicts: &[Verdict]) -> String {
    let failed = verdicts.iter().filter(|verdict| !verdict.is_passed());
    let failed = failed.map(|verdict| format!("{verdict}\n"));
    let bases = Basis::ALL.into_iter().filter_map(|basis| {
        let of_basis = verdicts.iter();
        let of_basis = of_basis.filter(|verdict| verdict.scenario.basis == basis);
        Some(format!("{basis:<9} {}\n", passed(of_basis)?))
    });
    let all = passed(verdicts.iter()).map(|passed| format!("{passed} scenarios passed\n"));
    failed.chain(bases).chain(all).collect()
}

/// How many of them passed, if there are any.
fn passed<'v>(verdicts: impl Iterator<Item = &'v Verdict>) -> Option<String> {
    let (passed, failed): (Vec<_>, Vec<_>) = verdicts.partition(|verdict| verdict.is_passed());
    let all = passed.len() + failed.len();
    (all > 0).then(|| format!("{} of {all}", passed.len()))
}

fn json(verdicts: &[Verdict]) -> String {
    let scenarios = verdicts.iter().map(|verdict| {
        json!({
            "id": verdict.scenario.id,
            "basis": verdict.scenario.basis.name(),
            "passed": verdict.is_passed(),
            "differences": verdict.differences,
        })
    });
    let report =
        json!({ "version": esse_vectors::VERSION, "scenarios": scenarios.collect::<Vec<_>>() });
    format!("{report:#}\n")
}
