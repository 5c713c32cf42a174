//! The adapter in the README is one.

use super::starters::is_here;
use super::{Folder, conform};

fn adapter() -> &'static str {
    let readme = include_str!("../../../conformance/README.md");
    let (_, adapter) = readme.split_once("```python\n").unwrap();
    adapter.split_once("```").unwrap().0
}

#[test]
fn the_adapter_of_the_readme_is_the_starter() {
    let starter = include_str!("../../../subjects/starters/python/adapter.py");
    assert_eq!(adapter(), starter);
}

#[test]
fn the_adapter_of_the_readme_speaks_the_protocol() {
    if !is_here("python3", "the adapter of the README") {
        return;
    }
    let folder = Folder::new("readme");
    let subject = format!("python3 '{}'", folder.write("adapter.py", adapter()));
    let known = folder.write(
        "known.json",
        r#"{"subject":"toy","failures":{"bom/then-data":"It does not know the BOM."}}"#,
    );
    let fixed = ["--subject", &subject, "--known", &known, "--cuts", "quick"];
    let vectors = ["--vector", "data/bare-", "--vector", "bom/then-data"];
    let run = conform(&[&fixed[..], &vectors].concat());
    run.exits(0).has_stdout("5 passed, 1 known to fail");
}
