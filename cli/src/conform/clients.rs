//! `esse conform --client`: runs scenarios against a client that stays connected.

use std::path::Path;
use std::process::ExitCode;

use esse_conformance::connect::{ClientInfo, ClientResult, PATIENCE, ScenarioOutcome};
use esse_conformance::subject::Known;
use esse_vectors::connect::{Scenario, scenarios};

use super::arguments::Args;
use super::known;
use super::progress_bar;
use crate::nearest::nearest;
use crate::stop::{self, BAD_INPUT, Stop};

/// Runs the scenarios and prints the report. The exit status tells whether all is as expected.
pub(super) fn run(command: &str, args: &Args) -> Result<ExitCode, Stop> {
    let all = scenarios().map_err(Stop::trouble)?;
    let known = known::read(args, |known| known.check_client(&all))?;
    let wanted = filter(all, args)?;
    let patience = args.timeout.unwrap_or(PATIENCE);
    let info = ClientInfo::ask(command, patience).map_err(Stop::trouble)?;
    known::match_names(&known, &[&info.name])?;
    let asked = wanted.iter().filter(|one| info.lacks(one).is_empty());
    let bar = progress_bar(asked.count(), info.title());
    let known = known.first();
    let result = ClientResult::of(info, command, &wanted, known, patience, &mut |verdict| {
        bar.set_message(verdict.scenario.id.clone());
        bar.inc(1);
    });
    bar.finish_and_clear();
    report(args, &result)?;
    Ok(if result.is_ok() {
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

fn report(args: &Args, result: &ClientResult) -> Result<(), Stop> {
    let printed = stop::print(&result.report(args.format));
    for file in &args.reports {
        file.write(|format| result.report(format))?;
    }
    if let Some(path) = &args.write_known {
        write_known(path, result)?;
    }
    printed
}

/// Reasons that are known already stay; new entries begin with `TODO`.
fn write_known(path: &Path, result: &ClientResult) -> Result<(), Stop> {
    let mut known = Known {
        subject: result.info.name.clone(),
        ..Known::default()
    };
    for result in &result.results {
        let reason = match &result.outcome {
            ScenarioOutcome::Known { reason, .. } => reason.clone(),
            ScenarioOutcome::Failed { differences } => format!("TODO: {}", differences.join("; ")),
            _ => continue,
        };
        known.failures.insert(result.scenario.id.clone(), reason);
    }
    known::write(path, &known)
}
