//! What was measured, when and where: the lines above the tables.

use std::process::Command;
use std::{env, fs, thread};

const LOCK: &str = include_str!("../../Cargo.lock");

/// The day, the machine, the compiler, the versions of these crates, and the command, as Markdown.
/// `program` is the command without its arguments, which are those of this process.
pub fn header(program: &str, crates: &[&str]) -> String {
    let versions: Vec<_> = crates
        .iter()
        .map(|name| format!("{name} {}", version(name)))
        .collect();
    let arguments: Vec<_> = env::args().skip(1).collect();
    let command = format!("{program} -- {}", arguments.join(" "));
    format!(
        "Date: {}. Machine: {}. Kernel: {}. Compiler: {}. Versions: {}.\n\n    {}\n",
        output("date", &["-u", "+%Y-%m-%d"]),
        machine(),
        output("uname", &["-sr"]),
        rustc(),
        versions.join(", "),
        command.trim_end_matches([' ', '-'])
    )
}

/// The compiler's own version line.
pub fn rustc() -> String {
    let program = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    output(&program, &["--version"])
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| "unknown".into(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

fn machine() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split_once(": "));
    let model = model.map_or(env::consts::ARCH, |(_, model)| model);
    format!("{model}, {cores} cores")
}

/// The version of a crate in `Cargo.lock`.
fn version(name: &str) -> &'static str {
    let mut lines = LOCK
        .lines()
        .skip_while(|line| *line != format!("name = \"{name}\""));
    let version = lines.nth(1).and_then(|line| line.split('"').nth(1));
    version.unwrap_or("of an unknown version")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::crates;

    #[test]
    fn every_version_is_found() {
        assert_eq!(version("eventsource-client"), "0.18.0");
        let header = header("esse-bench", &crates());
        assert!(!header.contains("of an unknown version"), "{header}");
    }
}
