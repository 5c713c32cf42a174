//! Judges the answers of a parser for all cuts of one vector.

use super::compare::{Judged, Verdict, compare};
use super::{Difference, Failure};
use crate::cut::Cut;
use crate::subject::{NoAnswer, Parsed, Subject};
use crate::suite::{ParseCase, Reading};
use crate::{describe, escape};

/// Most chunks that a report shows.
const SHOWN_CHUNKS: usize = 16;

/// Judges one vector: the readings of it that are still possible. A cut must not change the
/// result, so a subject that follows one reading at one cut and another at the next is wrong.
#[derive(Debug)]
pub(crate) struct ParseJudge<'c> {
    case: &'c ParseCase,
    judged: Judged,
    possible: Vec<Reading>,
}

/// What came of one cut.
#[derive(Debug)]
pub(crate) enum CutOutcome {
    Passed,
    Skipped(String),
    Failed(Box<Failed>),
}

/// A failed cut.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) failure: Failure,
    /// Whether there was an answer, so that it is quick and safe to ask again.
    pub(crate) answered: bool,
}

impl<'c> ParseJudge<'c> {
    pub(crate) fn new(case: &'c ParseCase, subject: &dyn Subject) -> Self {
        let most = if subject.is_exact() {
            1
        } else {
            case.readings.len()
        };
        let possible = case.readings.iter().take(most).cloned().collect();
        Self {
            case,
            judged: Judged::of(subject.info()),
            possible,
        }
    }

    /// Whose reading the subject follows, where it is not that of the vector itself.
    pub(crate) fn reading(&self) -> Option<String> {
        self.possible
            .first()
            .and_then(|reading| reading.who.clone())
    }

    /// Sends the stream at this cut and judges the answer.
    pub(crate) fn try_cut(&mut self, subject: &mut dyn Subject, cut: &Cut) -> CutOutcome {
        let chunks = cut.chunks(&self.case.stream);
        match subject.parse(&chunks, self.case.last_event_id.as_deref()) {
            Ok(got) => self.judge(cut, &got),
            Err(NoAnswer::Skipped(why)) => CutOutcome::Skipped(why),
            Err(no_answer) => {
                let answered = !matches!(no_answer, NoAnswer::Lost { .. });
                self.failed(cut, Failure::of_no_answer(no_answer), answered)
            }
        }
    }

    fn judge(&mut self, cut: &Cut, got: &Parsed) -> CutOutcome {
        let judged = self.judged;
        self.possible
            .iter_mut()
            .for_each(|reading| reading.set_cut(cut));
        let verdicts: Vec<Verdict> = self
            .possible
            .iter()
            .map(|reading| compare(&reading.parsed, got, judged))
            .collect();
        if let Some(difference) = first_if_all_are_wrong(&verdicts) {
            return self.differs(cut, got, &difference, false);
        }
        let mut wrong = verdicts.iter().map(is_wrong);
        self.possible.retain(|_| wrong.next() == Some(false));
        match late_at_best(verdicts) {
            Some(difference) => self.differs(cut, got, &difference, true),
            None => CutOutcome::Passed,
        }
    }

    fn differs(&self, cut: &Cut, got: &Parsed, difference: &Difference, late: bool) -> CutOutcome {
        let mut failure = Failure {
            late,
            ..Failure::of_difference(difference)
        };
        failure.got = describe::parsed(got, self.judged_here());
        self.failed(cut, failure, true)
    }

    /// Comments are only judged where the vector is about them.
    fn judged_here(&self) -> Judged {
        let mut expectations = self.possible.iter().map(|reading| &reading.parsed);
        let comments = expectations.any(|parsed| parsed.comments.is_some());
        Judged {
            comments: self.judged.comments && comments,
            ..self.judged
        }
    }

    fn failed(&self, cut: &Cut, failure: Failure, answered: bool) -> CutOutcome {
        let expected = self.possible.first().map(|reading| {
            let mut reading = reading.clone();
            reading.set_cut(cut);
            describe::parsed(&reading.parsed, self.judged)
        });
        let failure = Failure {
            cut: Some(cut.clone()),
            input: show_chunks(&cut.chunks(&self.case.stream)),
            expected: expected.unwrap_or_default(),
            ..failure
        };
        CutOutcome::Failed(Box::new(Failed { failure, answered }))
    }
}

fn is_wrong(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Wrong(_))
}

fn first_if_all_are_wrong(verdicts: &[Verdict]) -> Option<Difference> {
    if !verdicts.iter().all(is_wrong) {
        return None;
    }
    verdicts.iter().find_map(|verdict| match verdict {
        Verdict::Wrong(difference) => Some(difference.clone()),
        _ => None,
    })
}

fn late_at_best(verdicts: Vec<Verdict>) -> Option<Difference> {
    let mut late = None;
    for verdict in verdicts {
        match verdict {
            Verdict::Right => return None,
            Verdict::Late(difference) => late = late.or(Some(difference)),
            Verdict::Wrong(_) => {}
        }
    }
    late
}

fn show_chunks(chunks: &[&[u8]]) -> String {
    let shown: Vec<String> = chunks
        .iter()
        .take(SHOWN_CHUNKS)
        .map(|chunk| escape::quote(chunk))
        .collect();
    match chunks.len() {
        0 => "no chunk at all".to_owned(),
        number if number > SHOWN_CHUNKS => {
            format!(
                "{} and {} chunks more",
                shown.join(" "),
                number - SHOWN_CHUNKS
            )
        }
        _ => shown.join(" "),
    }
}
