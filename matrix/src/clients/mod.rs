//! Clients that stay connected, on the scenarios of `spec-vectors/connect`: browsers with their own
//! `EventSource`, and the clients of other projects behind drivers.
//!
//! A browser is started once. It opens a page of ours, which opens one page for each scenario, from
//! the server of that scenario. Whatever the `EventSource` of such a page does goes to the judge
//! through a driver like any other.

mod browser;
mod desk;
mod known;
mod page;
mod server;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use clap::Parser;
use esse_behaviour::connect::{self, ClientInfo, PATIENCE};
use esse_behaviour::{Described, Verdict};
use esse_vectors::connect::{Basis, Scenario, scenarios};

use self::browser::Session;
pub(crate) use self::known::{Known, Reason};
use crate::Stop;
use crate::certify::Engine;

/// How many scenarios run at once in a browser. It opens about 17 connections at a time, and each page
/// takes up to two.
const AT_ONCE: usize = 8;
/// How often a scenario is run again that did not come out as recorded: a busy machine may have been
/// late.
const AGAIN: usize = 1;

const AFTER_HELP: &str = "\
Examples:
  scenarios --browser chromium --known matrix/clients.json
  scenarios --client 'node driver.mjs' --known matrix/clients.json --page CLIENTS.md

Exit status:
  0  each client does what the scenarios say, or differs as recorded
  1  a client differs in another way
  2  wrong arguments, or a client cannot be started, or a browser ended";

/// Run scenarios with browsers and other clients, and show what each gets right
#[derive(Debug, Parser)]
#[command(name = "scenarios", version, after_help = AFTER_HELP)]
pub struct Args {
    /// Engine of a browser; repeatable
    #[arg(long = "browser", value_enum, value_name = "ENGINE")]
    browsers: Vec<Engine>,
    /// Shell command that starts the driver of a client; repeatable
    #[arg(long = "client", value_name = "CMD")]
    clients: Vec<String>,
    /// Only this scenario, or all whose IDs start with this; repeatable
    #[arg(long = "scenario", value_name = "ID")]
    scenarios: Vec<String>,
    /// How clients differ from the scenarios, and why
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// Write the table here
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// A client that was not run, and why
    #[arg(long = "skipped", value_name = "NAME: WHY")]
    skipped: Vec<String>,
    /// A line about the run, such as its date and what ran it
    #[arg(long = "note", value_name = "TEXT")]
    notes: Vec<String>,
}

/// A client, and how it did. The name has the language behind it, if it is not a browser.
#[derive(Debug)]
struct Tested {
    name: String,
    version: String,
    verdicts: Vec<Verdict>,
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read or written, or a client that cannot be had.
pub fn run(args: &Args) -> Result<ExitCode, Stop> {
    let mut all = scenarios()?;
    all.retain(|scenario| is_wanted(scenario, &args.scenarios));
    let known = args.known.as_deref().map(Known::read).transpose()?;
    let known = known.unwrap_or_default();
    let browsers = args.browsers.iter();
    let browsers = browsers.map(|engine| run_browser(*engine, &all, &known));
    let clients = args.clients.iter();
    let clients = clients.map(|command| run_client(command, &all, &known));
    let mut is_as_recorded = true;
    let mut tested = Vec::new();
    for client in browsers.chain(clients) {
        let client = client?;
        let unexpected = known.unexpected(&client.name, &client.verdicts);
        is_as_recorded &= unexpected.is_empty();
        print!("{}{}", unexpected.concat(), summary(&client));
        tested.push(client);
    }
    if let Some(file) = &args.page {
        let page = page::page(&tested, &all, &known, &args.skipped, &args.notes);
        fs::write(file, page).map_err(|error| Stop::file(file, error))?;
    }
    Ok(ExitCode::from(u8::from(!is_as_recorded)))
}

fn is_wanted(scenario: &Scenario, names: &[String]) -> bool {
    names.is_empty() || names.iter().any(|name| scenario.id.starts_with(name))
}

fn run_browser(engine: Engine, all: &[Scenario], known: &Known) -> Result<Tested, Stop> {
    let all: Vec<Scenario> = all.iter().filter(|one| one.browser).cloned().collect();
    let mut session = Session::open(engine, &all)?;
    let name = engine.to_string();
    let verdicts = run_each(session.driver(), &all);
    let verdicts = run_again(verdicts, &all, session.driver(), &name, known);
    session.check()?;
    Ok(Tested {
        name,
        version: session.version().to_owned(),
        verdicts,
    })
}

/// Asks a client for those scenarios that the standard decides, or that say when a POST is sent again,
/// if it has their options.
fn run_client(command: &str, all: &[Scenario], known: &Known) -> Result<Tested, Stop> {
    let info = ClientInfo::ask(command, PATIENCE)?;
    let asked = |one: &&Scenario| is_for_all(one) && info.lacks(one).is_empty();
    let all: Vec<Scenario> = all.iter().filter(asked).cloned().collect();
    let name = format!("{} ({})", info.name, info.language);
    let verdicts = connect::run(command, &all, PATIENCE, &mut |_| {});
    Ok(Tested {
        verdicts: run_again(verdicts, &all, command, &name, known),
        name,
        version: info.implementation_version,
    })
}

fn is_for_all(scenario: &Scenario) -> bool {
    match scenario.basis {
        Basis::Standard => true,
        Basis::Rfc9110 => scenario.id.starts_with("methods/"),
        Basis::Mcp | Basis::Policy => false,
    }
}

/// Those that did not come out as recorded run again, one at a time.
fn run_again(
    mut verdicts: Vec<Verdict>,
    all: &[Scenario],
    command: &str,
    name: &str,
    known: &Known,
) -> Vec<Verdict> {
    for _ in 0..AGAIN {
        for (verdict, scenario) in verdicts.iter_mut().zip(all) {
            if !known.unexpected_one(name, verdict).is_empty() {
                verdict.differences = differences(command, scenario);
            }
        }
    }
    verdicts
}

/// Runs as many at once as a browser can.
fn run_each(command: &str, all: &[Scenario]) -> Vec<Verdict> {
    let next = AtomicUsize::new(0);
    let verdicts = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(scenario) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let verdict = run_one(command, scenario);
                    let mut verdicts = verdicts.lock().unwrap_or_else(PoisonError::into_inner);
                    verdicts.extend(verdict);
                }
            });
        }
    });
    let mut verdicts = verdicts
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    verdicts.sort_unstable_by_key(|verdict: &Verdict| {
        all.iter().position(|one| one.id == verdict.rule.id)
    });
    verdicts
}

fn run_one(command: &str, scenario: &Scenario) -> Vec<Verdict> {
    connect::run(
        command,
        std::slice::from_ref(scenario),
        PATIENCE,
        &mut |_| {},
    )
}

fn differences(command: &str, scenario: &Scenario) -> Vec<String> {
    let verdicts = run_one(command, scenario).into_iter();
    verdicts.flat_map(|verdict| verdict.differences).collect()
}

fn summary(tested: &Tested) -> String {
    let Tested {
        name,
        version,
        verdicts,
    } = tested;
    let right = verdicts
        .iter()
        .filter(|verdict| verdict.is_passed())
        .count();
    format!("{name} {version}: {right} of {}\n", verdicts.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_asked_only_what_it_has_options_for() {
        let all = scenarios().unwrap();
        let tested = |options: &str| {
            let all: Vec<Scenario> = all
                .iter()
                .filter(|one| one.id.starts_with("stop/"))
                .cloned()
                .collect();
            let info = format!(r#"{{"name":"x","language":"C","options":[{options}]}}"#);
            run_client(&format!("echo '{info}'; exit 3;"), &all, &Known::default()).unwrap()
        };
        let ids = |tested: &Tested| -> Vec<String> {
            tested
                .verdicts
                .iter()
                .map(|verdict| verdict.rule.id.clone())
                .collect()
        };
        assert_eq!(ids(&tested("")), [""; 0]);
        let close = ["stop/reading", "stop/no-later-events", "stop/waiting"];
        assert_eq!(ids(&tested(r#""closeAfterMs""#)), close);
        assert_eq!(ids(&tested(r#""retryMs","closeAfterMs""#)).len(), 5);
        assert_eq!(summary(&tested(r#""closeAfterMs""#)), "x (C) : 0 of 3\n");
        let nothing = "esse-no-such-program";
        assert!(run_client(nothing, &all, &Known::default()).is_err());
    }

    /// The page of a browser says what a driver says, in order, and closes when its driver ends.
    #[test]
    fn lines_go_from_a_page_to_its_driver() {
        let desk = desk::Desk::default();
        let moment = std::time::Duration::ZERO;
        let number = desk.open("http://a/".to_owned());
        let wanted = |version| serde_json::to_value(desk.wanted(version)).unwrap();
        let first = wanted(0);
        assert_eq!(first["pages"], serde_json::json!([[number, "http://a/"]]));
        desk.say(vec![(number, "1".to_owned()), (99, "x".to_owned())]);
        desk.say(vec![(number, "2".to_owned())]);
        assert_eq!(desk.lines(number, moment), ["1", "2"]);
        assert_eq!(desk.lines(number, moment), [""; 0]);
        desk.close(number);
        assert_eq!(
            wanted(first["version"].as_u64().unwrap())["pages"],
            serde_json::json!([])
        );
        desk.say(vec![(number, "3".to_owned())]);
        assert_eq!(desk.lines(number, moment), [""; 0]);
    }
}
