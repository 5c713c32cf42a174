//! `docs/CLIENTS.md`: what each client gets right.

use esse_vectors::connect::{Basis, Scenario};

use super::Tested;
use super::known::{Known, Reason};

const INTRODUCTION: &str = "\
# Clients

How many scenarios does each client get right? A scenario says what a server does, and what a client that stays connected makes of it. Only those count here that the HTML and Fetch standards decide: {all}. Some need an option, such as a reconnection time given by the caller; a client without that option is not asked. A browser is not asked if the page could not come from the same server. A client that can send a POST is also asked when it sends it again: that does not count here, but has its reason below.

Most scenarios end with an answer of 204, so a client that connects again after it is wrong in most of them. Its other mistakes are counted as well.

`esse conform --client ./driver --scenario ID` runs one of them, and prints its rule and its source.
";

const TITLES: &str = "\
| client | version | right | asked |
| --- | --- | --: | --: |
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

/// Why a client differs, for those that do.
fn reasons(client: &Tested, known: &Known) -> String {
    let all: Vec<&Reason> = known.of(&client.name).collect();
    let mut lines: Vec<String> = all.iter().map(|reason| shown(reason)).collect();
    let wrong = client.verdicts.iter().filter(|one| !one.is_passed());
    let wrong = wrong.map(|verdict| &*verdict.rule.id);
    let has_none = |id: &&str| !all.iter().any(|reason| reason.is_for(id));
    let without: Vec<&str> = wrong.filter(has_none).collect();
    if !without.is_empty() {
        lines.push(format!("- No reason is known for {}.\n", quoted(without)));
    }
    if lines.is_empty() {
        return String::new();
    }
    format!("## Why {} differs\n\n{}\n", client.name, lines.concat())
}

fn shown(reason: &Reason) -> String {
    format!("- {} Seen in {}.\n", reason.why, quoted(reason.ids()))
}

fn quoted<'s>(ids: impl IntoIterator<Item = &'s str>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| format!("`{id}`")).collect();
    ids.join(" ")
}

fn row(tested: &Tested) -> String {
    let verdicts = tested.verdicts.iter();
    let asked = verdicts.filter(|verdict| verdict.rule.basis == Basis::Standard);
    let (right, wrong): (Vec<_>, Vec<_>) = asked.partition(|verdict| verdict.is_passed());
    let (name, version) = (&tested.name, &tested.version);
    let asked = right.len() + wrong.len();
    format!("| {name} | {version} | {} | {asked} |\n", right.len())
}

#[cfg(test)]
mod tests {
    use esse_behaviour::connect::{PATIENCE, run};

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
        let json = r#"{"x": [{"why": "Why.", "differences": [], "scenarios": ["a/b", "a/c?"]}]}"#;
        let known = serde_json::from_str(json).unwrap();
        let (skipped, notes) = (["y: gone".to_owned()], ["Note.".to_owned()]);
        let page = page(&[tested], &all, &known, &skipped, &notes);
        let end = "| x | 1 | 0 | 1 |\n\n## Why x differs\n\n- Why. Seen in `a/b` `a/c`.\n\
            - No reason is known for `answers/204-first` `answers/no-reason`.\n\n\
            Not run: y: gone.\n\nNote.\n";
        assert!(page.ends_with(end), "{page}");
        assert!(page.contains("standards decide: 1."));
    }
}
