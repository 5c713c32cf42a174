//! The adapter in the README is one.

use std::process::Command;

use super::{Folder, conform};

#[test]
fn the_adapter_of_the_readme_speaks_the_protocol() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("no python3: not run");
        return;
    }
    let readme = include_str!("../../README.md");
    let (_, adapter) = readme.split_once("```python\n").unwrap();
    let (adapter, _) = adapter.split_once("```").unwrap();
    assert!(adapter.lines().count() < 60);
    let folder = Folder::new("readme");
    let subject = format!("python3 '{}'", folder.write("adapter.py", adapter));
    let known = folder.write(
        "known.json",
        r#"{"subject":"toy","failures":{"bom/then-data":"It does not know the BOM."}}"#,
    );
    let fixed = ["--subject", &subject, "--known", &known, "--cuts", "quick"];
    let vectors = ["--vector", "data/bare-", "--vector", "bom/then-data"];
    let run = conform(&[&fixed[..], &vectors].concat());
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("5 passed, 1 known to fail"),
        "{}",
        run.stdout
    );
}
