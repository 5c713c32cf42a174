//! A smoke test for adapters: does it speak the protocol, and if not, what is wrong and what to
//! do? It takes about a second, and does not judge the parser or encoder behind the adapter: if
//! those look odd, that is a note.

mod answer;
mod conversation;
mod encoder;
mod finding;
mod parser;
mod start;

use std::fmt::{self, Write};
use std::time::Duration;

use self::conversation::Conversation;
pub use self::finding::{Check, Finding, Severity};
use crate::escape;
use crate::subject::{Info, Role};

/// The result of a smoke test.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Smoke {
    /// The shell command that starts the program.
    pub command: String,
    /// What was tried, in order.
    pub checks: Vec<Check>,
    /// The command cannot be run at all.
    pub cannot_run: bool,
    /// What it is asked without a smoke test.
    items: &'static str,
}

impl Smoke {
    /// A smoke test that has not tried anything yet. `items` is the word for what the program is asked
    /// without a smoke test, such as `vectors`.
    pub fn new(command: &str, items: &'static str) -> Self {
        Self {
            command: command.to_owned(),
            checks: Vec::new(),
            cannot_run: false,
            items,
        }
    }

    /// Adds something that was tried, with what was found.
    pub fn push(&mut self, name: impl Into<String>, findings: impl IntoIterator<Item = Finding>) {
        self.checks.push(Check {
            name: name.into(),
            findings: findings.into_iter().collect(),
            repeated: false,
        });
    }

    /// Keeps each finding once: the same mistake shows in every answer.
    pub fn leave_out_repeated(&mut self) {
        let mut said: Vec<String> = Vec::new();
        for check in &mut self.checks {
            check.findings.retain(|finding| {
                let is_new = !said.contains(&finding.what);
                check.repeated |= !is_new && finding.is_wrong();
                said.push(finding.what.clone());
                is_new
            });
        }
    }

    /// Whether the program speaks the protocol.
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
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "{}\n", escape::line(self.command.as_bytes()))?;
        self.checks.iter().try_for_each(|check| check.write(out))?;
        out.write_char('\n')?;
        match self.wrong() {
            _ if self.cannot_run => writeln!(out, "The command cannot be run."),
            0 => writeln!(
                out,
                "It speaks the protocol. Next: the same without --smoke runs the {}.",
                self.items
            ),
            1 => writeln!(out, "1 protocol error."),
            wrong => writeln!(out, "{wrong} protocol errors."),
        }
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
    let mut smoke = Smoke::new(command, "vectors");
    let mut conversation = Conversation::new(command, timeout);
    if let Some(info) = start(&mut conversation, &mut smoke) {
        if info.is(&Role::Parser) {
            parser::run(&mut conversation, &info, &mut smoke);
        }
        if info.is(&Role::Encoder) {
            encoder::run(&mut conversation, &mut smoke);
        }
        if !conversation.is_over {
            smoke.push("stop", conversation.stop());
        }
        smoke.leave_out_repeated();
    }
    smoke
}

/// What the subject says about itself, if that can be used.
fn start(conversation: &mut Conversation, smoke: &mut Smoke) -> Option<Info> {
    match conversation.start() {
        Ok(answer) => {
            let (info, findings) = start::check(&answer);
            smoke.push(
                info.as_ref().map_or("start".to_owned(), start::summary),
                findings,
            );
            info
        }
        Err(finding) => {
            smoke.cannot_run = conversation.cannot_run;
            smoke.push("start", [finding]);
            None
        }
    }
}
