//! `action.yml` is consistent, and agrees with `scripts/action`.

use std::collections::BTreeSet;

use yaml_rust2::{Yaml, YamlLoader};

use crate::root;

fn text() -> String {
    std::fs::read_to_string(root().join("action.yml")).unwrap()
}

fn action() -> Yaml {
    YamlLoader::load_from_str(&text()).unwrap().remove(0)
}

fn keys(yaml: &Yaml) -> BTreeSet<&str> {
    let members = yaml.as_hash().into_iter().flatten();
    members.map(|(key, _)| key.as_str().unwrap()).collect()
}

/// The names in expressions such as `${{ inputs.subject }}`.
fn named<'t>(text: &'t str, before: &str) -> BTreeSet<&'t str> {
    let names = text.split(before).skip(1);
    let is_name = |char: char| char.is_ascii_alphanumeric() || char == '-' || char == '_';
    names
        .map(|rest| rest.split(|char| !is_name(char)).next().unwrap())
        .collect()
}

#[test]
fn it_is_a_composite_action_with_all_that_github_asks_for() {
    let action = action();
    for member in ["name", "description"] {
        assert!(
            action[member].as_str().is_some_and(|text| !text.is_empty()),
            "{member}"
        );
    }
    assert_eq!(action["runs"]["using"].as_str(), Some("composite"));
    for kind in ["inputs", "outputs"] {
        for (name, value) in action[kind].as_hash().unwrap() {
            assert!(value["description"].as_str().is_some(), "{kind} {name:?}");
        }
    }
    for step in action["runs"]["steps"].as_vec().unwrap() {
        let (runs, uses) = (step["run"].as_str(), step["uses"].as_str());
        assert!(runs.is_some() != uses.is_some(), "{step:?}");
        // A composite action has no default shell.
        assert_eq!(step["shell"].as_str(), runs.map(|_| "bash"), "{step:?}");
        assert!(uses.is_none_or(|uses| uses.contains('@')), "{step:?}");
    }
}

#[test]
fn every_input_is_used_and_every_one_that_is_used_is_there() {
    let (text, action) = (text(), action());
    assert_eq!(named(&text, "inputs."), keys(&action["inputs"]));
    for (name, input) in action["inputs"].as_hash().unwrap() {
        assert!(
            input["default"].as_str().is_some(),
            "{name:?} has no default"
        );
    }
}

#[test]
fn steps_are_named_before_they_are_used() {
    let (text, action) = (text(), action());
    let steps = action["runs"]["steps"].as_vec().unwrap();
    let ids: BTreeSet<&str> = steps
        .iter()
        .filter_map(|step| step["id"].as_str())
        .collect();
    assert_eq!(named(&text, "steps."), ids);
}

/// Text of an input in a script would be run as a script.
#[test]
fn no_expression_stands_in_a_script() {
    for step in action()["runs"]["steps"].as_vec().unwrap() {
        assert!(
            !step["run"].as_str().unwrap_or_default().contains("${{"),
            "{step:?}"
        );
    }
}

#[test]
fn the_script_reads_what_the_steps_set_and_its_outputs_are_passed_on() {
    let script = std::fs::read_to_string(root().join("scripts/action")).unwrap();
    let action = action();
    let steps = action["runs"]["steps"].as_vec().unwrap();
    let given: BTreeSet<&str> = steps.iter().flat_map(|step| keys(&step["env"])).collect();
    let read: BTreeSet<String> = named(&script, "${ESSE_")
        .into_iter()
        .map(|name| format!("ESSE_{name}"))
        .collect();
    assert_eq!(given, read.iter().map(String::as_str).collect());
    let printed = named(&script, "output ");
    let text = text();
    assert!(
        named(&text, ".outputs.")
            .into_iter()
            .all(|name| name == "cache-hit" || printed.contains(name))
    );
    for command in named(&text, "scripts/action\" ") {
        assert!(script.contains(&format!("\n{command}() {{")), "{command}");
    }
}

#[test]
fn every_input_and_output_is_in_the_docs() {
    let docs = std::fs::read_to_string(root().join("docs/CI.md")).unwrap();
    let described: BTreeSet<&str> = docs
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let action = action();
    let there: BTreeSet<&str> = keys(&action["inputs"])
        .union(&keys(&action["outputs"]))
        .copied()
        .collect();
    assert_eq!(described, there);
}
