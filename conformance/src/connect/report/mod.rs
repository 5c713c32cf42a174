//! Reports on a client, for people and for programs.

mod json;
mod junit;
mod markdown;
mod text;

use super::{ClientResult, ScenarioOutcome, ScenarioTally};
use crate::report::{Format, shell_quoted};

impl ClientResult {
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
        let command = shell_quoted(&self.command);
        format!("esse conform --client {command} --scenario {id}")
    }
}

impl ScenarioTally {
    /// What is not right, in words.
    fn counts(&self) -> Vec<String> {
        let counts = [
            (self.failed, "failed"),
            (self.known, "known to fail"),
            (self.stale, "no longer failing"),
            (self.not_asked, "not asked"),
        ];
        let counts = counts.into_iter().filter(|(number, _)| *number > 0);
        counts
            .map(|(number, remark)| format!("{number} {remark}"))
            .collect()
    }
}

impl ScenarioOutcome {
    /// The options that are missing, in a sentence; empty if it was asked.
    fn not_asked(&self) -> String {
        let Self::NotAsked { missing } = self else {
            return String::new();
        };
        let missing: Vec<String> = missing.iter().map(|option| format!("`{option}`")).collect();
        format!("the client does not have {}", missing.join(" and "))
    }
}
