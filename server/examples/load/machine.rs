//! What was measured, where, when and how: the lines above the tables.

use std::process::Command;
use std::{env, fs, thread};

const LOCK: &str = include_str!("../../../Cargo.lock");
const CRATES: [&str; 7] = [
    "esse-server",
    "axum",
    "hyper",
    "hyper-util",
    "tokio",
    "tokio-stream",
    "bytes",
];

/// As Markdown.
pub(crate) fn header() -> String {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let command = format!(
        "cargo run --release -p esse-server --features hyper,direct --example load -- {}",
        arguments.join(" ")
    );
    format!(
        "Date: {}. Machine: {}. Kernel: {}. Compiler: {}. Versions: {}.\n\n    {}\n",
        output("date", &["-u", "+%Y-%m-%d"]),
        machine(),
        output("uname", &["-sr"]),
        output("rustc", &["--version"]),
        CRATES
            .map(|name| format!("{name} {}", version(name)))
            .join(", "),
        command.trim_end_matches([' ', '-'])
    )
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

/// The version of a crate that `Cargo.lock` has.
fn version(name: &str) -> &'static str {
    let mut lines = LOCK
        .lines()
        .skip_while(|line| *line != format!("name = \"{name}\""));
    let version = lines.nth(1).and_then(|line| line.split('"').nth(1));
    version.unwrap_or("of an unknown version")
}
