//! The smoke test of an adapter: whether it speaks the protocol, in about a second, and if not,
//! what is wrong and what to do. It does not judge the parser or encoder behind it: what looks odd
//! there is a note.

mod conversation;
mod encode;
mod finding;
mod hello;
mod line;
mod look;
mod parse;
mod report;
mod shape;
mod silence;

use std::time::Duration;

use self::conversation::Conversation;
pub use self::finding::{Check, Finding, Severity};
use crate::subject::{Info, Role};

/// What came of a smoke test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Smoke {
    /// The shell command that starts the subject.
    pub command: String,
    /// What was tried, in order.
    pub checks: Vec<Check>,
    /// The command cannot be run at all.
    pub cannot_run: bool,
}

impl Smoke {
    /// Whether the protocol is kept.
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
        findings
            .filter(|finding| finding.severity == Severity::Wrong)
            .count()
    }

    /// For reading: each check, and under it what is wrong and what to do.
    ///
    /// ```
    /// use esse_conformance::smoke::Smoke;
    ///
    /// assert!(Smoke::default().report().contains("It speaks the protocol."));
    /// ```
    pub fn report(&self) -> String {
        report::report(self)
    }
}

/// Starts a subject with the system's shell, says a little of everything to it, and stops it.
/// `timeout` is for every single answer.
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
        parse::run(&mut conversation, &info, &mut smoke.checks);
    }
    if info.is(&Role::Encoder) {
        encode::run(&mut conversation, &mut smoke.checks);
    }
    if !conversation.is_over() {
        smoke
            .checks
            .push(Check::of("stop", conversation.stop().into_iter().collect()));
    }
    finding::leave_out_repeated(&mut smoke.checks);
    smoke
}

/// What the subject is, where that can be used.
fn start(conversation: &mut Conversation, smoke: &mut Smoke) -> Option<Info> {
    let answer = match conversation.start() {
        Ok(answer) => answer,
        Err(finding) => {
            smoke.cannot_run = conversation.is_no_command();
            smoke.checks.push(Check::of("start", vec![finding]));
            return None;
        }
    };
    let (info, findings) = hello::check(&answer);
    let name = info.as_ref().map_or("start".to_owned(), hello::told);
    smoke.checks.push(Check::of(&name, findings));
    info
}
