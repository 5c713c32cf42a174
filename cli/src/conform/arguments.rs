//! The arguments of `esse conform`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::ArgGroup;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use esse_conformance::report::Format;
use esse_conformance::runner::{Cut, Plan};
use esse_vectors::connect::Basis;

use super::report_file::{self, ReportFile};

const EXAMPLES: &str = "\
Examples:
  esse conform                                        the built-in pair
  esse conform --subject 'node a.mjs' --smoke         does the adapter speak the protocol?
  esse conform --subject 'node a.mjs'                 another implementation, a first look
  esse conform --subject 'node a.mjs' --cuts full     the same at every cut
  esse conform --subject 'node a.mjs' --known a.json  with known failures
  esse conform --vector bom/then-lf --cut 3           one vector at one cut
  esse conform --oneshot './decode'                   stream on stdin, events as JSON lines
  esse conform --report out.xml --report out.md       reports for CI, beside the one on stdout
  esse conform --client './driver' --smoke            does the driver speak its protocol?
  esse conform --client './driver'                    a client that stays connected
  esse conform --client './driver' --known c.json     with known failures
  esse conform --client './driver' --basis standard   the same, by the standard alone
  esse conform --server './server' --smoke            does a server's program speak its protocol?
  esse conform --server './server'                    a server
  esse conform --server './server' --known s.json     with known failures";

const AFTER_HELP: &str = "\
A cut is `whole`, `bytes`, or the positions at which the stream is split, such as `3,7,7`.

Exit status:
  0  every result is as expected
  1  a vector, a scenario or a check failed, a known failure no longer fails, or an adapter, a driver or a
     server's program breaks its protocol
  2  wrong arguments, or a subject or file that cannot be used";

/// Run the golden vectors against the built-in parser and encoder, or against other
/// implementations
///
/// Each event stream is sent in many cuts, that is, split into chunks in many ways; no cut may
/// change the result. Without a subject, the built-in pair is tested. With --client, a client that
/// stays connected is tested against the scenarios; with --server, a server is tested with checks.
#[derive(Debug, clap::Args)]
#[command(
    before_help = EXAMPLES,
    after_help = AFTER_HELP,
    group = ArgGroup::new("smoked").args(["subjects", "client", "server"]).multiple(true),
    group = ArgGroup::new("driven").args(["client", "server"])
)]
pub(crate) struct Args {
    /// Test the program that this shell command starts, which speaks the subject protocol. May be
    /// given more than once
    #[arg(long = "subject", value_name = "CMD")]
    pub(super) subjects: Vec<String>,
    /// Test the program that this shell command runs: it reads a stream on stdin and writes events
    /// as `esse decode` does. It runs once per stream, several at a time, and no cuts are made. May
    /// be given more than once
    #[arg(long = "oneshot", value_name = "CMD")]
    pub(super) oneshots: Vec<String>,
    /// Test the client behind this shell command, instead of a parser or encoder: it is started once
    /// per scenario, with a URL as its last argument, and prints what its user would see as JSON
    /// lines
    #[arg(
        long,
        value_name = "CMD",
        conflicts_with_all = [
            "subjects", "oneshots", "first", "vectors", "cut", "cuts", "seed"
        ]
    )]
    pub(super) client: Option<String>,
    /// Run only the scenario with this ID, or all whose IDs start with this. May be given more than
    /// once
    #[arg(long = "scenario", value_name = "ID", requires = "client")]
    pub(super) scenarios: Vec<String>,
    /// Test the server behind this shell command, instead of a parser or encoder: it is started once
    /// per check, prints its URL, and publishes what it reads as JSON lines
    #[arg(
        long,
        value_name = "CMD",
        value_parser = a_command,
        conflicts_with_all = [
            "subjects", "oneshots", "first", "vectors", "cut", "cuts", "seed", "client"
        ]
    )]
    pub(super) server: Option<String>,
    /// Run only the check with this ID, or all whose IDs start with this. May be given more than once
    #[arg(long = "check", value_name = "ID", requires = "server")]
    pub(super) checks: Vec<String>,
    /// Run only the scenarios or checks that this decides. May be given more than once
    #[arg(long = "basis", value_name = "BASIS", requires = "driven", value_parser = bases())]
    pub(super) bases: Vec<Basis>,
    /// Only check, in about a second, that each subject, the driver of the client or the program of the
    /// server speaks its protocol, and say what to do if it does not
    #[arg(
        long,
        requires = "smoked",
        conflicts_with_all = [
            "oneshots", "scenarios", "checks", "bases", "known", "write_known", "format", "reports", "first",
            "vectors", "cut", "cuts", "seed"
        ]
    )]
    pub(super) smoke: bool,
    /// File of known failures, which names its subject, client or server. May be given more than once
    #[arg(long, value_name = "FILE")]
    pub(super) known: Vec<PathBuf>,
    /// Write a file of known failures that holds every vector, scenario or check that failed. Reasons
    /// from --known are kept; other reasons begin with TODO
    #[arg(long, value_name = "FILE", conflicts_with = "cut")]
    pub(super) write_known: Option<PathBuf>,
    /// Form of the report
    #[arg(long, value_name = "FORMAT", value_parser = formats(), default_value = "text")]
    pub(super) format: Format,
    /// Write a report into this file too, in the form that its ending names: .txt, .json, .xml
    /// (JUnit) or .md. May be given more than once
    #[arg(long = "report", value_name = "FILE", value_parser = report_file::parse)]
    pub(super) reports: Vec<ReportFile>,
    /// If many vectors fail, show at most this many of each class of bug on stdout
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(super) first: usize,
    /// Run only the vector with this ID, or all whose IDs start with this. May be given more than
    /// once
    #[arg(long = "vector", value_name = "ID")]
    pub(super) vectors: Vec<String>,
    /// Make only this cut
    #[arg(long, value_name = "CUT")]
    pub(super) cut: Option<Cut>,
    /// How many cuts to make of each stream. The default is full; it is brief for a first look at
    /// a subject: text on stdout alone, all vectors, no known failures
    #[arg(long, value_name = "PLAN", value_parser = plans())]
    cuts: Option<Plan>,
    /// Seed of the random cuts
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// How many copies of a subject to run at once. The default is as many as this machine has cores
    #[arg(long, value_name = "N", conflicts_with_all = ["client", "server", "smoke"])]
    pub(super) jobs: Option<NonZeroUsize>,
    /// How long to wait for each answer of a subject, for each run of a oneshot, for the next line or
    /// request of a client, or for what a server should send. The default is 10 seconds, 3 with
    /// --smoke, and 5 with --server
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) timeout: Option<Duration>,
}

impl Args {
    /// A first look at an implementation must not take minutes. What a job or a file relies on
    /// is never brief unless asked for.
    pub(super) fn plan(&self) -> Plan {
        let is_first_look = !(self.subjects.is_empty() && self.oneshots.is_empty())
            && self.known.is_empty()
            && self.write_known.is_none()
            && self.format == Format::Text
            && self.reports.is_empty()
            && self.vectors.is_empty();
        let default = if is_first_look {
            Plan::Brief
        } else {
            Plan::Full
        };
        self.cuts.unwrap_or(default)
    }
}

fn formats() -> impl TypedValueParser<Value = Format> {
    let help = |format| match format {
        Format::Json => "for programs",
        Format::Junit => "for CI systems (JUnit XML)",
        Format::Markdown => "a table for a README, and the failures",
        Format::Text => "for people",
    };
    let values = Format::ALL.map(|format| PossibleValue::new(format.name()).help(help(format)));
    PossibleValuesParser::new(values).map(|name| {
        let mut formats = Format::ALL.into_iter();
        formats
            .find(|format| format.name() == name)
            .unwrap_or_default()
    })
}

fn bases() -> impl TypedValueParser<Value = Basis> {
    let help = |basis| match basis {
        Basis::Standard => "the WHATWG standards HTML and Fetch",
        Basis::Rfc9110 => "HTTP: RFC 9110 and RFC 9112",
        Basis::Mcp => "the Model Context Protocol",
        Basis::Policy => "no standard: what this project chose",
    };
    let values = Basis::ALL.map(|basis| PossibleValue::new(basis.name()).help(help(basis)));
    PossibleValuesParser::new(values).map(|name| {
        let mut bases = Basis::ALL.into_iter();
        bases
            .find(|basis| basis.name() == name)
            .unwrap_or(Basis::Standard)
    })
}

fn plans() -> impl TypedValueParser<Value = Plan> {
    let help = |plan| match plan {
        Plan::Full => {
            "whole, byte by byte, every two-way split, every three-way split up to 64 bytes, \
             random ones; long streams are sampled"
        }
        Plan::Quick => "whole, byte by byte, a sample of two-way splits, a few random ones",
        Plan::Brief => "as quick, with very few splits of streams over 4,096 bytes",
    };
    let values = Plan::ALL.map(|plan| PossibleValue::new(plan.name()).help(help(plan)));
    PossibleValuesParser::new(values).map(|name| {
        let mut plans = Plan::ALL.into_iter();
        plans.find(|plan| plan.name() == name).unwrap_or_default()
    })
}

/// A URL alone publishes nothing.
fn a_command(text: &str) -> Result<String, &'static str> {
    let is_url = ["http://", "https://"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    if is_url {
        return Err(
            "a URL cannot publish what the checks ask for: give the command of a program that can \
             (the URL it prints may be this one), or look at the server with `esse probe`",
        );
    }
    Ok(text.to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if seconds > 0.0 {
        Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
    } else {
        Err("must be more than 0".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        args: Args,
    }

    fn plan(arguments: &[&str]) -> Plan {
        let program = Program::try_parse_from([&["esse"], arguments].concat());
        program
            .map_err(|error| error.to_string())
            .unwrap()
            .args
            .plan()
    }

    #[test]
    fn a_first_look_at_a_subject_is_brief_and_everything_else_is_full() {
        assert_eq!(plan(&[]), Plan::Full);
        assert_eq!(plan(&["--cuts", "brief"]), Plan::Brief);
        for subject in [["--subject", "x"], ["--oneshot", "x"]] {
            let with = |more: &[&str]| plan(&[&subject, more].concat());
            assert_eq!(with(&[]), Plan::Brief);
            for more in [
                ["--cuts", "full"],
                ["--known", "x.json"],
                ["--write-known", "x.json"],
                ["--report", "x.xml"],
                ["--format", "json"],
                ["--vector", "bom/"],
            ] {
                assert_eq!(with(&more), Plan::Full, "{more:?}");
            }
        }
    }
}
