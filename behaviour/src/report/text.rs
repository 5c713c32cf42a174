//! The report for people.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use esse_vectors::connect::Basis;

use crate::described::{Described, Kind};
use crate::result::{BehaviourResult, Outcome, RuleResult, Tally};
use crate::verdict::{write_failed, write_not_started};

/// What is right by basis, what is unexpected, which ways it took, what was not asked, and the totals.
pub(super) fn report<D: Described>(result: &BehaviourResult<D>) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_result(&mut out, result);
    out
}

fn write_result<D: Described>(out: &mut String, result: &BehaviourResult<D>) -> fmt::Result {
    writeln!(out, "{}\n", result.info.title())?;
    for basis in Basis::ALL {
        write_basis(out, basis, result)?;
    }
    writeln!(out)?;
    for one in &result.results {
        write_unexpected(out, result, one)?;
    }
    write_notes(out, result)?;
    write_not_asked(out, result)?;
    writeln!(out, "{}", totals(D::KIND, &Tally::of(&result.results)))
}

fn write_basis<D: Described>(
    out: &mut String,
    basis: Basis,
    result: &BehaviourResult<D>,
) -> fmt::Result {
    let results = result.results.iter();
    let tally = Tally::of(results.filter(|one| one.rule.basis == basis));
    if tally.all == 0 {
        return Ok(());
    }
    let right = format!("{} of {}", tally.right(), tally.asked());
    write!(out, "  {basis:<10} {right:>11}")?;
    for count in tally.counts() {
        write!(out, "   {count}")?;
    }
    writeln!(out)
}

/// Nothing for what came out as expected.
fn write_unexpected<D: Described>(
    out: &mut String,
    result: &BehaviourResult<D>,
    one: &RuleResult<D::Option>,
) -> fmt::Result {
    let rule = &one.rule;
    match &one.outcome {
        Outcome::Stale { reason } => writeln!(
            out,
            "STALE {}  ({})\n  listed as a known failure, but it does not fail: {reason}\n",
            rule.id, rule.basis
        ),
        Outcome::Failed { differences } => {
            write_failed(out, rule, differences)?;
            writeln!(out, "  rerun   {}\n", result.rerun(&rule.id))
        }
        Outcome::NotStarted => {
            write_not_started(out, rule)?;
            writeln!(out, "  rerun   {}\n", result.rerun(&rule.id))
        }
        Outcome::Passed { .. } | Outcome::Known { .. } | Outcome::NotAsked { .. } => Ok(()),
    }
}

/// Which of several right ways it took.
fn write_notes<D: Described>(out: &mut String, result: &BehaviourResult<D>) -> fmt::Result {
    let mut notes = String::new();
    for RuleResult { rule, outcome } in &result.results {
        if let Outcome::Passed { note: Some(note) } = outcome {
            writeln!(notes, "  {}: {note}", rule.id)?;
        }
    }
    if notes.is_empty() {
        return Ok(());
    }
    writeln!(out, "What the rules leave open:\n{notes}")
}

fn write_not_asked<D: Described>(out: &mut String, result: &BehaviourResult<D>) -> fmt::Result {
    let mut numbers: BTreeMap<&D::Option, usize> = BTreeMap::new();
    for one in &result.results {
        if let Outcome::NotAsked { missing } = &one.outcome {
            for option in missing {
                *numbers.entry(option).or_default() += 1;
            }
        }
    }
    if numbers.is_empty() {
        return Ok(());
    }
    let (name, item) = (D::KIND.name(), D::KIND.item());
    writeln!(
        out,
        "Not asked, because the {name} does not have the option:"
    )?;
    for (option, number) in numbers {
        writeln!(out, "  {option:<18} {number:>3} {item}{}", plural(number))?;
    }
    writeln!(out)
}

fn totals(kind: Kind, tally: &Tally) -> String {
    let all = tally.all;
    let asked = format!("{all} {}{}", kind.item(), plural(all));
    if tally.passed == all {
        return format!("{asked}: all passed");
    }
    let counts = tally.counts().join(", ");
    format!("{asked}: {} passed, {counts}", tally.passed)
}

const fn plural(number: usize) -> &'static str {
    if number == 1 { "" } else { "s" }
}
