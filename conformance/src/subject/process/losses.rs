//! Gives a subject up after too many losses without an answer in between.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::process::Broken;
use crate::subject::answer::NoAnswer;

/// The subject is given up after this many crashes without an answer in between.
const CRASHES_IN_A_ROW: u32 = 32;
/// The subject is given up after this many time-outs without an answer in between.
const TIMEOUTS_IN_A_ROW: u32 = 4;

/// What went wrong since the last answer. Clones share it, as all forks of a subject do.
#[derive(Clone, Debug, Default)]
pub(super) struct Losses(Arc<Mutex<Lost>>);

#[derive(Debug, Default)]
struct Lost {
    crashes: u32,
    timeouts: u32,
    given_up: Option<NoAnswer>,
}

impl Losses {
    /// The reason for not asking any more, once the subject is given up.
    pub(super) fn given_up(&self) -> Result<(), NoAnswer> {
        self.lock().given_up.clone().map_or(Ok(()), Err)
    }

    pub(super) fn give_up(&self, answer: NoAnswer) {
        self.lock().given_up = Some(answer);
    }

    pub(super) fn answered(&self) {
        let mut lost = self.lock();
        (lost.crashes, lost.timeouts) = (0, 0);
    }

    pub(super) fn count(&self, broken: &Broken) {
        let mut lost = self.lock();
        match broken {
            Broken::TimedOut(_) => lost.timeouts += 1,
            Broken::Exited(_) | Broken::Garbage(_) => lost.crashes += 1,
        }
        if lost.crashes >= CRASHES_IN_A_ROW || lost.timeouts >= TIMEOUTS_IN_A_ROW {
            let how = format!(
                "not run: the subject was given up after {} crashes and {} time-outs in a row",
                lost.crashes, lost.timeouts
            );
            lost.given_up = Some(no_answer(broken, how, String::new()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lost> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is reported about the case.
pub(super) fn no_answer(broken: &Broken, how: String, stderr: String) -> NoAnswer {
    match broken {
        Broken::TimedOut(_) => NoAnswer::TimedOut { how, stderr },
        Broken::Exited(_) | Broken::Garbage(_) => NoAnswer::Lost { how, stderr },
    }
}
