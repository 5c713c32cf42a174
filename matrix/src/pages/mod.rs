//! Many implementations side by side.
//!
//! `probe` measures timing and limits; `write` makes pages of its output and of the reports of
//! `esse conform --format json`.

mod browsers;
mod html;
mod markdown;
mod model;
mod probe;
mod read;
mod short;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use self::model::Matrix;
use self::read::File;
use crate::Stop;

const AFTER_HELP: &str = "\
Examples:
  matrix probe --subject 'node adapter.mjs' >probe.json
  esse conform --subject 'node adapter.mjs' --format json >report.json
  matrix write report.json probe.json --markdown MATRIX.md --html MATRIX.html";

/// Show many implementations side by side: what each gets right, section by section
#[derive(Parser)]
#[command(name = "matrix", version, after_help = AFTER_HELP)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Probe(Probe),
    Write(Write),
}

/// Measure timing and limits of parsers: when an event comes, how the time grows with the length of
/// a line, and what a very long line does
#[derive(Parser)]
struct Probe {
    /// Shell command that starts a subject; repeatable
    #[arg(long = "subject", value_name = "CMD", required = true)]
    subjects: Vec<String>,
    /// How long to wait for each answer
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    timeout: u64,
}

/// Write the pages
#[derive(Parser)]
struct Write {
    /// Output of `esse conform --format json` and of `matrix probe`, in any order
    #[arg(required = true, value_name = "REPORT.json")]
    reports: Vec<PathBuf>,
    /// `certified.json`: its engines become rows, with the reasons of the `DEVIATIONS.md` beside it
    #[arg(long, value_name = "FILE")]
    certified: Option<PathBuf>,
    /// A subject that was not run, and why
    #[arg(long = "skipped", value_name = "NAME: WHY")]
    skipped: Vec<String>,
    /// A line about the run, such as its date and what ran it
    #[arg(long = "note", value_name = "TEXT")]
    notes: Vec<String>,
    /// Write the page for a repository here
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Write the page for a browser here
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the summary for a README here
    #[arg(long, value_name = "FILE")]
    short: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read or written, or that is not a report.
pub fn run(args: Args) -> Result<ExitCode, Stop> {
    match args.command {
        Command::Probe(args) => probe::run(&args.subjects, Duration::from_secs(args.timeout)),
        Command::Write(args) => write(args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn write(args: Write) -> Result<(), Stop> {
    let mut matrix = Matrix::read(&args.reports)?;
    if let Some(certified) = &args.certified {
        let subjects = browsers::read(certified)?;
        matrix.add(File {
            subjects,
            ..File::default()
        });
        matrix.sort();
    }
    matrix.skipped = args.skipped;
    matrix.notes = args.notes;
    for (file, page) in [
        (args.markdown, markdown::page as fn(&Matrix) -> String),
        (args.html, html::page),
        (args.short, short::summary),
    ] {
        if let Some(file) = file {
            fs::write(&file, page(&matrix)).map_err(|error| Stop::file(&file, error))?;
        }
    }
    Ok(())
}
