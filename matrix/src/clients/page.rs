//! `docs/CLIENTS.md`: what each client gets right.

use esse_vectors::connect::{Basis, Scenario};

use super::Tested;
use super::known::Known;

const INTRODUCTION: &str = "\
# Clients

How many scenarios does each client get right? A scenario says what a server does, and what a client that stays connected makes of it. Only those count here that the HTML and Fetch standards decide: {all}. Some need an option, such as a reconnection time given by the caller; a client without that option is not asked. A browser is not asked if the page could not come from the same server.

Most scenarios end with an answer of 204. A client that connects again after it is wrong in all of these: the table says \"204\" in front of the IDs.

`esse conform --client ./driver --scenario ID` runs one of them, and prints its rule and its source.
";

/// The page.
pub(super) fn page(
    tested: &[Tested],
    all: &[Scenario],
    known: &Known,
    skipped: &[String],
    notes: &[String],
) -> String {
    let all = all
        .iter()
        .filter(|one| one.basis == Basis::Standard)
        .count();
    let mut page = INTRODUCTION.replace("{all}", &all.to_string());
    page.push_str(
        "\n| client | version | right | asked | wrong |\n| --- | --- | --: | --: | --- |\n",
    );
    page.extend(tested.iter().map(row));
    for client in tested {
        let mut reasons = known.of(&client.name).peekable();
        if reasons.peek().is_some() {
            page.push_str(&format!("\n## Why {} differs\n\n", client.name));
        }
        page.extend(reasons.map(|(id, difference)| format!("- `{id}`: {}\n", difference.why)));
    }
    for skipped in skipped {
        page.push_str(&format!("\nNot run: {skipped}.\n"));
    }
    for note in notes {
        page.push_str(&format!("\n{note}\n"));
    }
    page
}

fn row(tested: &Tested) -> String {
    let verdicts = tested.verdicts.iter();
    let asked = verdicts.filter(|verdict| verdict.scenario.basis == Basis::Standard);
    let (right, wrong): (Vec<_>, Vec<_>) = asked.partition(|verdict| verdict.is_passed());
    let ids: Vec<String> = wrong
        .iter()
        .map(|one| format!("`{}`", one.scenario.id))
        .collect();
    let goes_on = wrong
        .iter()
        .any(|one| one.scenario.id == "answers/204-first");
    format!(
        "| {} | {} | {} | {} | {}{} |\n",
        tested.name,
        tested.version,
        right.len(),
        right.len() + wrong.len(),
        if goes_on { "204: " } else { "" },
        ids.join(" ")
    )
}
