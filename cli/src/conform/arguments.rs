//! The arguments of `esse conform`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::ArgGroup;
use clap::builder::{PathBufValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use esse_behaviour::Pace;
use esse_conformance::report::Format;
use esse_conformance::runner::{Cut, Plan};
use esse_vectors::connect::Basis;

use super::report_file::{self, ReportFile};

const EXAMPLES: &str = "\
Examples:
  esse conform                                        the built-in pair
  esse conform --subject 'node a.mjs' --smoke         does the adapter speak the protocol?
  esse conform --subject 'node a.mjs'                 another implementation, a first look
  esse conform --subject 'node a.mjs' --known a.json  with known failures
  esse conform --vector bom/then-lf --cut 3           one vector at one cut
  esse conform --oneshot './decode'                   stream on stdin, events as JSON lines
  esse conform --client './driver' --report out.xml   a client that stays connected
  esse conform --server './server'                    a server";

const EXIT_STATUS: &str = "\
Exit status:
  0  every result is as expected
  1  something failed, a known failure no longer fails, or a program breaks its protocol
  2  wrong arguments, or a program or file that cannot be used";

/// Test an implementation: parsers and encoders with the golden vectors, clients, servers
///
/// Each event stream is sent in many cuts, that is, split into chunks in many ways; no cut may
/// change the result. Without a subject, the built-in pair is tested. With --client, a client that
/// stays connected is tested against the scenarios; with --server, a server is tested with checks.
#[derive(Debug, clap::Args)]
#[command(
    before_help = EXAMPLES,
    after_help = format!("{EXIT_STATUS}\n\n`esse help conform` says more about each option."),
    after_long_help = EXIT_STATUS,
    group = ArgGroup::new("smoked").args(["subjects", "client", "server"]).multiple(true),
    group = ArgGroup::new("driven").args(["client", "server"])
)]
pub(crate) struct Args {
    /// Test the program that this shell command starts, a subject
    ///
    /// It speaks the subject protocol. May be given more than once.
    #[arg(long = "subject", value_name = "CMD")]
    pub(super) subjects: Vec<String>,
    /// Test the program that this shell command runs, a stream on stdin
    ///
    /// It writes events as `esse decode` does. It runs once per stream, several at a time, and no
    /// cuts are made. May be given more than once.
    #[arg(long = "oneshot", value_name = "CMD")]
    pub(super) oneshots: Vec<String>,
    /// Test the client behind this shell command, started with a URL
    ///
    /// It is started once per scenario, with the URL as its last argument, and prints what its user
    /// would see as JSON lines.
    #[arg(
        long,
        value_name = "CMD",
        conflicts_with_all = [
            "subjects", "oneshots", "first", "vectors", "cut", "cuts", "seed", "checks"
        ]
    )]
    pub(super) client: Option<String>,
    /// Run only the scenarios whose IDs start with this
    ///
    /// May be given more than once.
    #[arg(long = "scenario", value_name = "ID", requires = "client")]
    pub(super) scenarios: Vec<String>,
    /// Test the server behind this shell command, which prints its URL
    ///
    /// It is started once per check, and publishes what it reads as JSON lines.
    #[arg(
        long,
        value_name = "CMD",
        value_parser = a_command,
        conflicts_with_all = [
            "subjects", "oneshots", "first", "vectors", "cut", "cuts", "seed", "client",
            "scenarios"
        ]
    )]
    pub(super) server: Option<String>,
    /// Run only the checks whose IDs start with this
    ///
    /// May be given more than once.
    #[arg(long = "check", value_name = "ID", requires = "server")]
    pub(super) checks: Vec<String>,
    /// Run only the scenarios or checks that this decides
    ///
    /// May be given more than once.
    #[arg(long = "basis", value_name = "BASIS", requires = "driven", value_parser = bases())]
    pub(super) bases: Vec<Basis>,
    /// Only check that the program speaks its protocol
    ///
    /// This takes about a second, and says what to do if it does not. The program is a subject, the
    /// driver of a client, or that of a server.
    #[arg(
        long,
        requires = "smoked",
        conflicts_with_all = [
            "oneshots", "scenarios", "checks", "bases", "known", "write_known", "format", "reports", "first",
            "vectors", "cut", "cuts", "seed"
        ]
    )]
    pub(super) smoke: bool,
    /// File of known failures, which names its subject, client or server
    ///
    /// May be given more than once.
    #[arg(long, value_name = "FILE")]
    pub(super) known: Vec<PathBuf>,
    /// Write a file of known failures with all that failed
    ///
    /// Reasons from --known are kept; other reasons begin with TODO.
    #[arg(long, value_name = "FILE", conflicts_with = "cut")]
    pub(super) write_known: Option<PathBuf>,
    /// Form of the report
    #[arg(long, value_name = "FORMAT", value_parser = formats(), default_value = "text")]
    pub(super) format: Format,
    /// Write a report too, in the form of the ending: .txt, .json, .xml, .md
    ///
    /// The ending .xml stands for JUnit. May be given more than once.
    #[arg(
        long = "report",
        value_name = "FILE",
        value_parser = PathBufValueParser::new().try_map(report_file::parse)
    )]
    pub(super) reports: Vec<ReportFile>,
    /// Show at most this many failures of each class of bug
    ///
    /// This is about the report on stdout; files hold all.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(super) first: usize,
    /// Run only the vectors whose IDs start with this
    ///
    /// May be given more than once.
    #[arg(long = "vector", value_name = "ID")]
    pub(super) vectors: Vec<String>,
    /// Make only this cut: `whole`, `bytes`, or positions such as `3,7,7`
    #[arg(long, value_name = "CUT", conflicts_with_all = ["cuts", "seed"])]
    pub(super) cut: Option<Cut>,
    /// How many cuts to make of each stream [default: full, or brief]
    ///
    /// The default is brief for a first look at a subject: text on stdout alone, all vectors, no
    /// known failures.
    #[arg(long, value_name = "PLAN", value_parser = plans())]
    pub(super) cuts: Option<Plan>,
    /// Seed of the random cuts [default: 1]
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// How many run at once [default: a subject per core, 24 clients, 8 servers]
    #[arg(long, value_name = "N", value_parser = jobs, conflicts_with = "smoke")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// How long to wait for an answer [default: 10; 5 with --server; 3 with --smoke]
    ///
    /// That is each answer of a subject, each run with --oneshot, the next line or request of a client,
    /// or what a server should send. A subject that is slow only with large blocks or streams needs
    /// more, or an entry under `slow` in its file of known failures (--write-known writes it).
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) timeout: Option<Duration>,
}

impl Args {
    /// So much patience, and as many programs at once as the arguments say.
    pub(super) fn pace(&self, patience: Duration) -> Pace {
        let mut pace = Pace::from(patience);
        pace.jobs = self.jobs;
        pace
    }

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

fn jobs(text: &str) -> Result<NonZeroUsize, &'static str> {
    text.parse()
        .map_err(|_| "must be a whole number of at least 1")
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
