//! Gives a subject up after too many losses without an answer in between.

use super::link::Broken;
use crate::subject::answer::NoAnswer;

/// The subject is given up after this many crashes without an answer in between.
const CRASHES_IN_A_ROW: u32 = 32;
/// The subject is given up after this many time-outs without an answer in between.
const TIMEOUTS_IN_A_ROW: u32 = 4;

/// What went wrong since the last answer.
#[derive(Debug, Default)]
pub(super) struct Losses {
    crashes: u32,
    timeouts: u32,
    given_up: Option<NoAnswer>,
}

impl Losses {
    /// The reason for not asking any more, once the subject is given up.
    pub(super) fn given_up(&self) -> Result<(), NoAnswer> {
        self.given_up.clone().map_or(Ok(()), Err)
    }

    pub(super) fn give_up(&mut self, answer: NoAnswer) {
        self.given_up = Some(answer);
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
            let how = format!(
                "not run: the subject was given up after {} crashes and {} time-outs in a row",
                self.crashes, self.timeouts
            );
            self.give_up(broken.no_answer(how, String::new()));
        }
    }
}
