//! What was measured, where, and how: the lines above the tables.

use std::process::Command;
use std::{env, fs, thread};

use crate::peers::{ENCODERS, Kind, SUBJECTS};

const LOCK: &str = include_str!("../../Cargo.lock");

/// The machine, the compiler, the versions and the command, as Markdown.
pub(crate) fn header() -> String {
    format!(
        "Machine: {}. Compiler: {}. Versions: {}.\n\n    {}\n",
        machine(),
        rustc(),
        versions(),
        command()
    )
}

/// The compiler's own version line.
pub(crate) fn rustc() -> String {
    let program = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let output = Command::new(program).arg("--version").output();
    let line = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    line.unwrap_or_else(|_| "an unknown rustc".into())
}

fn machine() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split_once(": "));
    let model = model.map_or(env::consts::ARCH, |(_, model)| model);
    format!("{model}, {cores} cores")
}

fn versions() -> String {
    let parsers = SUBJECTS.iter().map(|subject| (subject.name, subject.kind));
    let encoders = ENCODERS.iter().map(|subject| (subject.name, subject.kind));
    let peers = parsers
        .chain(encoders)
        .filter(|(_, kind)| *kind == Kind::Peer);
    let mut names = vec!["esse-parser", "esse-encoder"];
    for (name, _) in peers {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let versions: Vec<_> = names
        .into_iter()
        .map(|name| format!("{name} {}", version(name)))
        .collect();
    versions.join(", ")
}

/// The version of a crate that `Cargo.lock` has.
fn version(name: &str) -> &'static str {
    let mut lines = LOCK
        .lines()
        .skip_while(|line| *line != format!("name = \"{name}\""));
    let version = lines.nth(1).and_then(|line| line.split('"').nth(1));
    version.unwrap_or("of an unknown version")
}

fn command() -> String {
    let arguments: Vec<String> = env::args().skip(1).collect();
    format!(
        "cargo run --release -p esse-bench -- {}",
        arguments.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_is_found() {
        assert_eq!(version("eventsource-client"), "0.18.0");
        assert!(!versions().contains("unknown"), "{}", versions());
    }
}
