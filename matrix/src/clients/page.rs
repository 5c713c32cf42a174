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

const TITLES: &str = "\
| client | version | right | asked | wrong |
| --- | --- | --: | --: | --- |
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
    let introduction = INTRODUCTION.replace("{all}", &all.to_string());
    let rows: String = tested.iter().map(row).collect();
    let reasons: String = tested.iter().map(|client| reasons(client, known)).collect();
    let skipped = skipped.iter().map(|skipped| format!("Not run: {skipped}."));
    let notes: Vec<String> = skipped.chain(notes.iter().cloned()).collect();
    let notes = notes.join("\n\n");
    format!("{introduction}\n{TITLES}{rows}\n{reasons}{notes}\n")
}

/// A section for a client with recorded reasons.
fn reasons(client: &Tested, known: &Known) -> String {
    let reasons = known.of(&client.name);
    let reasons = reasons.map(|(id, difference)| format!("- `{id}`: {}\n", difference.why));
    let reasons: String = reasons.collect();
    if reasons.is_empty() {
        return reasons;
    }
    format!("## Why {} differs\n\n{reasons}\n", client.name)
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

#[cfg(test)]
mod tests {
    use esse_conformance::connect::{PATIENCE, run};

    use super::*;

    #[test]
    fn the_page_has_a_row_for_each_client_and_the_reasons() {
        let mut all = esse_vectors::connect::scenarios().unwrap();
        all.retain(|one| ["answers/204-first", "answers/no-reason"].contains(&&*one.id));
        let tested = Tested {
            name: "x".to_owned(),
            version: "1".to_owned(),
            verdicts: run("exit 3;", &all, PATIENCE, &mut |_| {}),
        };
        let json = r#"{"x": {"a/b": {"differences": [], "why": "Why."}}}"#;
        let known = serde_json::from_str(json).unwrap();
        let (skipped, notes) = (["y: gone".to_owned()], ["Note.".to_owned()]);
        let page = page(&[tested], &all, &known, &skipped, &notes);
        let end = "| x | 1 | 0 | 1 | 204: `answers/204-first` |\n\n## Why x differs\n\n\
            - `a/b`: Why.\n\nNot run: y: gone.\n\nNote.\n";
        assert!(page.ends_with(end), "{page}");
        assert!(page.contains("standards decide: 1."));
    }
}
