//! `instructions`: how many a byte takes, under callgrind, beside the recorded numbers.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::{env, fs};

use serde_json::{Value, json};

use crate::commands::count::{Work, bytes};
use crate::header::rustc;
use crate::numbers::{float, significant};
use crate::table::Table;

/// What is counted: the work and the chunk size.
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

/// Runs that are counted; one of none is subtracted.
const TIMES: u32 = 3;

/// How much more is too much.
const TOLERANCE: f64 = 1.05;

/// Instructions per byte, by cell.
type Counts = BTreeMap<String, f64>;

/// What the file holds.
struct Record {
    made: String,
    counts: Counts,
}

/// Counts, then compares with the record, or replaces it.
///
/// Other compilers make other instructions, so a record of another one is compared with `strict`
/// alone.
pub fn run(record: bool, strict: bool) -> ExitCode {
    let recorded = if record { None } else { read() };
    if let Some(recorded) = &recorded
        && recorded.made != made()
        && !strict
    {
        println!(
            "SKIPPED: recorded with {}; this is {}",
            recorded.made,
            made()
        );
        return ExitCode::SUCCESS;
    }
    let outcome = count().and_then(|counts| match recorded {
        Some(recorded) => Ok(compare(&recorded.counts, &counts)),
        None if record => write(&counts).map(|()| true),
        None => Err(format!(
            "{} is missing: --record writes it",
            path().display()
        )),
    });
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

/// Prints all; false where one has become too many.
fn compare(recorded: &Counts, counts: &Counts) -> bool {
    let mut table = Table::new(1, ["instructions per byte", "recorded", "now", "change"]);
    let mut is_good = true;
    for (name, now) in counts {
        let before = recorded.get(name).copied().unwrap_or(f64::NAN);
        let is_more = now / before > TOLERANCE;
        is_good &= !is_more;
        let change = format!(
            "{:+.1} %{}",
            (now / before - 1.0) * 100.0,
            if is_more { " !" } else { "" }
        );
        table.row(name, [significant(before), significant(*now), change]);
    }
    println!("{table}");
    if !is_good {
        println!("More than 5 % more instructions where a `!` stands.");
    }
    is_good
}

fn read() -> Option<Record> {
    let text = fs::read_to_string(path()).ok()?;
    let value: Value = serde_json::from_str(&text).ok()?;
    let counts = value.get("instructionsPerByte")?.as_object()?;
    Some(Record {
        made: value.get("made")?.as_str()?.to_owned(),
        counts: counts
            .iter()
            .filter_map(|(name, count)| Some((name.clone(), count.as_f64()?)))
            .collect(),
    })
}

fn write(counts: &Counts) -> Result<(), String> {
    let rounded = |count: &f64| (count * 1e4).round() / 1e4;
    let counts: Counts = counts
        .iter()
        .map(|(name, count)| (name.clone(), rounded(count)))
        .collect();
    let record = json!({ "made": made(), "instructionsPerByte": counts });
    fs::write(path(), format!("{record:#}\n")).map_err(|error| error.to_string())
}

/// The compiler, and the instructions that the codecs choose between at run time.
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

fn path() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "instructions.json"]
        .iter()
        .collect()
}
