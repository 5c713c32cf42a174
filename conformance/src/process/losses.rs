//! When a subject is given up: after so many losses with no answer between.

use super::link::Broken;
use super::{CRASHES_IN_A_ROW, TIMEOUTS_IN_A_ROW};
use crate::subject::NoAnswer;

/// What went wrong since the last answer.
#[derive(Debug, Default)]
pub(super) struct Losses {
    crashes: u32,
    timeouts: u32,
    given_up: Option<String>,
}

impl Losses {
    /// The answer to everything, once the subject is given up.
    pub(super) fn given_up(&self) -> Result<(), NoAnswer> {
        match &self.given_up {
            None => Ok(()),
            Some(how) => Err(NoAnswer::Lost {
                how: how.clone(),
                stderr: String::new(),
            }),
        }
    }

    pub(super) fn give_up(&mut self, why: String) {
        self.given_up = Some(why);
    }

    pub(super) fn answered(&mut self) {
        (self.crashes, self.timeouts) = (0, 0);
    }

    pub(super) fn count(&mut self, broken: &Broken) {
        match broken {
            Broken::TimedOut(_) => self.timeouts += 1,
            Broken::Exited(_) | Broken::Garbage(_) => self.crashes += 1,
        }
        if self.crashes >= CRASHES_IN_A_ROW || self.timeouts >= TIMEOUTS_IN_A_ROW {
            self.give_up(format!(
                "not run: the subject was given up after {} crashes and {} time-outs in a row",
                self.crashes, self.timeouts
            ));
        }
    }
}
