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
    /// Why, once it is given up.
    given_up: Option<String>,
}

impl Losses {
    /// The reason for not asking any more, once the subject is given up.
    pub(super) fn given_up(&self) -> Result<(), NoAnswer> {
        let why = self.lock().given_up.clone();
        why.map_or(Ok(()), |why| Err(NoAnswer::NotRun(why)))
    }

    pub(super) fn give_up(&self, why: String) {
        self.lock().given_up = Some(why);
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
            lost.given_up = Some(format!(
                "the subject was given up after {} crashes and {} time-outs in a row",
                lost.crashes, lost.timeouts
            ));
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
