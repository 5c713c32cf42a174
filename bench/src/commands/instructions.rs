//! `instructions`: instructions per byte under callgrind, beside the recorded numbers.

use std::collections::BTreeMap;
use std::process::{Command, ExitCode};
use std::{env, fs};

use serde::{Deserialize, Serialize};

use crate::commands::count::{Work, bytes};
use crate::header::rustc;
use crate::numbers::{float, significant};
use crate::table::Table;

/// Work and chunk size.
const CELLS: [(&str, &str); 10] = [
    ("llm", "16384"),
    ("anthropic", "16384"),
    ("tiny", "16384"),
    ("multiline", "16384"),
    ("keepalive", "16384"),
    ("cjk", "16384"),
    ("llm", "16"),
    ("llm", "1"),
    ("encode-llm", "whole"),
    ("encode-multiline", "whole"),
];

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.json");

/// Counted runs, from which a run without work is subtracted.
const TIMES: u32 = 3;

/// The ratio to the record above which a count fails.
const TOLERANCE: f64 = 1.05;

/// Instructions per byte, by cell.
type Counts = BTreeMap<String, f64>;

/// The content of `instructions.json`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    instructions_per_byte: Counts,
    made: String,
}

/// Counts, then compares with the record or replaces it.
///
/// Compilers differ in the instructions they emit, so a record of another compiler is compared only
/// if `strict`.
pub fn run(record: bool, strict: bool) -> ExitCode {
    let outcome = if record { write() } else { compare(strict) };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn count() -> Result<Counts, String> {
    CELLS
        .iter()
        .map(|(work, size)| Ok((name(work, size), per_byte(work, size)?)))
        .collect()
}

fn name(work: &str, size: &str) -> String {
    match size {
        "whole" => work.into(),
        _ => format!("{work} {size}"),
    }
}

fn per_byte(work: &str, size: &str) -> Result<f64, String> {
    let all = callgrind(work, size, TIMES)? - callgrind(work, size, 0)?;
    let counted = all / f64::from(TIMES) / float(bytes(work.parse::<Work>()?));
    eprintln!("{}: {}", name(work, size), significant(counted));
    Ok(counted)
}

/// The instructions of a whole run of this program.
fn callgrind(work: &str, size: &str, times: u32) -> Result<f64, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["count", work, size, "--times", &times.to_string()])
        .output()
        .map_err(|error| format!("valgrind does not start: {error}"))?;
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let counted = collected.and_then(|(_, count)| count.trim().parse().ok());
    counted.ok_or_else(|| format!("valgrind counted nothing:\n{report}"))
}

/// Prints all counts, and returns false if one has grown too much.
fn compare(strict: bool) -> Result<bool, String> {
    let text = fs::read_to_string(PATH).map_err(|error| format!("{PATH}: {error}"))?;
    let recorded: Record =
        serde_json::from_str(&text).map_err(|error| format!("{PATH}: {error}"))?;
    if recorded.made != made() && !strict {
        println!(
            "SKIPPED: recorded with {}; this is {}",
            recorded.made,
            made()
        );
        return Ok(true);
    }
    let mut table = Table::new(1, ["instructions per byte", "recorded", "now", "change"]);
    let mut is_good = true;
    for (name, now) in count()? {
        let before = recorded.instructions_per_byte.get(&name).copied();
        let before = before.unwrap_or(f64::NAN);
        let is_more = now / before > TOLERANCE;
        is_good &= !is_more;
        let mark = if is_more { " !" } else { "" };
        let change = format!("{:+.1} %{mark}", (now / before - 1.0) * 100.0);
        table.row(name, [significant(before), significant(now), change]);
    }
    println!("{table}");
    if !is_good {
        println!("Cells with a `!` take more than 5 % more instructions.");
    }
    Ok(is_good)
}

fn write() -> Result<bool, String> {
    let counts = count()?.into_iter();
    let record = Record {
        instructions_per_byte: counts
            .map(|(name, count)| (name, (count * 1e4).round() / 1e4))
            .collect(),
        made: made(),
    };
    let text = serde_json::to_string_pretty(&record).map_err(|error| error.to_string())?;
    fs::write(PATH, text + "\n").map_err(|error| format!("{PATH}: {error}"))?;
    Ok(true)
}

/// The compiler, and the instruction set that the codecs choose at run time.
fn made() -> String {
    #[cfg(target_arch = "x86_64")]
    let vectors = if std::arch::is_x86_feature_detected!("avx2") {
        "AVX2"
    } else {
        "SSE2"
    };
    #[cfg(not(target_arch = "x86_64"))]
    let vectors = env::consts::ARCH;
    format!("{} on {vectors}", rustc())
}
