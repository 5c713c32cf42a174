//! Reports on a client or a server, for people and for programs.

mod json;
mod junit;
mod markdown;
mod text;

use std::fmt::Display;

use esse_conformance::report::{Format, shell_quoted};

use crate::described::Described;
use crate::result::{BehaviourResult, Tally};

impl<D: Described> BehaviourResult<D> {
    /// The whole report in this form.
    pub fn report(&self, format: Format) -> String {
        match format {
            Format::Text => text::report(self),
            Format::Json => json::report(self),
            Format::Junit => junit::report(self),
            Format::Markdown => markdown::report(self),
        }
    }

    /// The command line that runs just this again.
    fn rerun(&self, id: &str) -> String {
        let (name, item) = (D::KIND.name(), D::KIND.item());
        let command = shell_quoted(&self.command);
        format!("esse conform --{name} {command} --{item} {id}")
    }
}

impl Tally {
    /// What is not right, in words.
    fn counts(&self) -> Vec<String> {
        let counts = [
            (self.failed, "failed"),
            (self.known, "known to fail"),
            (self.stale, "no longer failing"),
            (self.not_started, "not started in time"),
            (self.not_asked, "not asked"),
        ];
        let counts = counts.into_iter().filter(|(number, _)| *number > 0);
        counts
            .map(|(number, remark)| format!("{number} {remark}"))
            .collect()
    }
}

/// Why something was not asked, in a sentence.
fn not_asked<D: Described>(missing: &[impl Display]) -> String {
    let missing: Vec<String> = missing.iter().map(|option| format!("`{option}`")).collect();
    let name = D::KIND.name();
    format!("the {name} does not have {}", missing.join(" and "))
}
