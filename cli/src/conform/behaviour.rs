//! `esse conform --client` and `--server`: runs scenarios against a client that stays connected, and
//! checks against a server.

use std::process::ExitCode;

use esse_behaviour::connect::{self, ClientInfo};
use esse_behaviour::serve::{self, ServerInfo, checks};
use esse_behaviour::{BehaviourResult, Described, Pace};
use esse_conformance::subject::Known;
use esse_vectors::connect::scenarios;

use super::arguments::Args;
use super::known;
use super::progress_bar;
use crate::nearest::nearest;
use crate::stop::{self, BAD_INPUT, Stop};

/// Runs the scenarios and prints the report. The exit status tells whether all is as expected.
pub(super) fn run_client(command: &str, args: &Args) -> Result<ExitCode, Stop> {
    let all = scenarios().map_err(Stop::trouble)?;
    let patience = args.timeout.unwrap_or(connect::PATIENCE);
    let ask = || ClientInfo::ask(command, patience).map_err(Stop::trouble);
    run(
        command,
        args,
        all,
        &args.scenarios,
        args.pace(patience),
        ask,
    )
}

/// The same with the checks.
pub(super) fn run_server(command: &str, args: &Args) -> Result<ExitCode, Stop> {
    let patience = args.timeout.unwrap_or(serve::PATIENCE);
    let ask = || ServerInfo::ask(command, patience).map_err(Stop::trouble);
    run(
        command,
        args,
        checks(),
        &args.checks,
        args.pace(patience),
        ask,
    )
}

fn run<D: Described>(
    command: &str,
    args: &Args,
    all: Vec<D::Item>,
    names: &[String],
    pace: Pace,
    ask: impl FnOnce() -> Result<D, Stop>,
) -> Result<ExitCode, Stop> {
    let ids: Vec<String> = all.iter().map(|item| D::rule(item).id).collect();
    let is_id = |id: &str| ids.iter().any(|one| one == id);
    let known = known::read(args, |known| known.check_behaviour(is_id))?;
    let wanted = filter::<D>(all, &ids, names, args)?;
    let info = ask()?;
    known::match_names(&known, &[info.name()])?;
    let asked = wanted.iter().filter(|item| info.lacks(item).is_empty());
    let bar = progress_bar(asked.count(), info.title());
    let first = known.first();
    let result = BehaviourResult::of(info, command, &wanted, first, pace, &mut |verdict| {
        bar.set_message(verdict.rule.id.clone());
        bar.inc(1);
    });
    bar.finish_and_clear();
    report(args, &known, &result)?;
    Ok(if result.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(BAD_INPUT)
    })
}

/// The scenarios or checks that the arguments name, or all.
fn filter<D: Described>(
    all: Vec<D::Item>,
    ids: &[String],
    names: &[String],
    args: &Args,
) -> Result<Vec<D::Item>, Stop> {
    let kind = D::KIND.item();
    for name in names {
        if !ids.iter().any(|id| id.starts_with(name)) {
            let near = nearest(name, ids.iter().map(String::as_str));
            return Err(Stop::Trouble(format!(
                "no {kind} ID is or starts with {name:?}; {near}"
            )));
        }
    }
    let is_named =
        |id: &String, name: &String| id == name || !ids.contains(name) && id.starts_with(name);
    let is_wanted = |item: &D::Item| {
        let rule = D::rule(item);
        (names.is_empty() || names.iter().any(|name| is_named(&rule.id, name)))
            && (args.bases.is_empty() || args.bases.contains(&rule.basis))
    };
    let wanted: Vec<D::Item> = all.into_iter().filter(is_wanted).collect();
    if wanted.is_empty() {
        return Err(Stop::Trouble(format!(
            "no {kind} has both such an ID and such a basis"
        )));
    }
    Ok(wanted)
}

fn report<D: Described>(
    args: &Args,
    known: &[Known],
    result: &BehaviourResult<D>,
) -> Result<(), Stop> {
    let printed = stop::print(&result.report(args.format));
    for file in &args.reports {
        file.write(|format| result.report(format))?;
    }
    if let Some(path) = &args.write_known {
        known::write_behaviour(path, known, result)?;
    }
    printed
}
