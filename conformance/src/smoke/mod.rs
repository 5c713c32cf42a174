//! A smoke test for adapters: does it speak the protocol, and if not, what is wrong and what to
//! do? It takes about a second, and does not judge the parser or encoder behind the adapter: if
//! those look odd, that is a note.

mod answer;
mod conversation;
mod encoder;
mod finding;
mod parser;
mod report;
mod start;

use std::time::Duration;

use self::conversation::Conversation;
pub use self::finding::{Check, Finding, Severity};
use crate::subject::{Info, Role};

/// The result of a smoke test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Smoke {
    /// The shell command that starts the subject.
    pub command: String,
    /// What was tried, in order.
    pub checks: Vec<Check>,
    /// The command cannot be run at all.
    pub cannot_run: bool,
}

impl Smoke {
    /// Whether the subject speaks the protocol.
    ///
    /// ```
    /// use std::time::Duration;
    /// use esse_conformance::smoke::smoke;
    ///
    /// let smoke = smoke("echo Listening on port 80", Duration::from_secs(10));
    /// assert!(!smoke.is_ok() && smoke.report().contains("stderr"));
    /// ```
    pub fn is_ok(&self) -> bool {
        !self.cannot_run && self.wrong() == 0
    }

    /// How many things are wrong.
    fn wrong(&self) -> usize {
        let findings = self.checks.iter().flat_map(|check| &check.findings);
        findings.filter(|finding| finding.is_wrong()).count()
    }

    /// For people: each check, and under it what is wrong and what to do.
    pub fn report(&self) -> String {
        report::report(self)
    }
}

/// Starts a subject with the system's shell, sends it some of each command, and stops it.
/// `timeout` is for each answer.
///
/// ```no_run
/// use std::time::Duration;
///
/// let smoke = esse_conformance::smoke::smoke("python3 adapter.py", Duration::from_secs(3));
/// print!("{}", smoke.report());
/// ```
pub fn smoke(command: &str, timeout: Duration) -> Smoke {
    let mut smoke = Smoke {
        command: command.to_owned(),
        ..Smoke::default()
    };
    let mut conversation = match Conversation::open(command, timeout) {
        Ok(conversation) => conversation,
        Err(finding) => {
            smoke.cannot_run = true;
            smoke.checks.push(Check::of("start", vec![finding]));
            return smoke;
        }
    };
    let Some(info) = start(&mut conversation, &mut smoke) else {
        return smoke;
    };
    if info.is(&Role::Parser) {
        parser::run(&mut conversation, &info, &mut smoke.checks);
    }
    if info.is(&Role::Encoder) {
        encoder::run(&mut conversation, &mut smoke.checks);
    }
    if !conversation.is_over() {
        let finding = conversation.stop();
        let stop = Check::of("stop", finding.into_iter().collect());
        smoke.checks.push(stop);
    }
    finding::leave_out_repeated(&mut smoke.checks);
    smoke
}

/// What the subject says about itself, if that can be used.
fn start(conversation: &mut Conversation, smoke: &mut Smoke) -> Option<Info> {
    let answer = match conversation.start() {
        Ok(answer) => answer,
        Err(finding) => {
            smoke.cannot_run = conversation.is_no_command();
            smoke.checks.push(Check::of("start", vec![finding]));
            return None;
        }
    };
    let (info, findings) = start::check(&answer);
    let name = info.as_ref().map_or("start".to_owned(), start::summary);
    smoke.checks.push(Check::of(&name, findings));
    info
}
