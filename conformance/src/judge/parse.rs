//! Judges the answers of a parser for all cuts of one vector.

use super::compare::{Judged, Verdict, compare};
use super::{Difference, Failure};
use crate::cut::Cut;
use crate::subject::{NoAnswer, Parsed, Subject};
use crate::suite::{ParseCase, Reading};
use crate::{describe, escape};

/// The most chunks that a report shows.
const SHOWN_CHUNKS: usize = 16;

/// Judges one vector. It keeps the readings that are still possible: a cut must not change the
/// result, so a subject that follows one reading at one cut and another at the next is wrong.
#[derive(Debug)]
pub(crate) struct ParseJudge<'c> {
    case: &'c ParseCase,
    judged: Judged,
    possible: Vec<&'c Reading>,
}

/// The result of one cut.
#[derive(Debug)]
pub(crate) enum CutOutcome {
    Passed,
    Skipped(String),
    NotRun(String),
    Failed(Box<Failure>),
}

impl<'c> ParseJudge<'c> {
    pub(crate) fn new(case: &'c ParseCase, subject: &dyn Subject) -> Self {
        let most = if subject.is_exact() {
            1
        } else {
            case.readings.len()
        };
        Self {
            case,
            judged: Judged::of(subject.info()),
            possible: case.readings.iter().take(most).collect(),
        }
    }

    /// Whose reading the subject follows, if it is not that of the vector itself.
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
            Err(NoAnswer::NotRun(why)) => CutOutcome::NotRun(why),
            Err(no_answer) => self.failed(cut, Failure::of_no_answer(no_answer)),
        }
    }

    fn judge(&mut self, cut: &Cut, got: &Parsed) -> CutOutcome {
        let judged = self.judged;
        let verdict = |reading: &&Reading| compare(&reading.parsed, &reading.due(cut), got, judged);
        let verdicts: Vec<Verdict> = self.possible.iter().map(verdict).collect();
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
        let failure = Failure {
            late,
            got: describe::got(got, self.judged_here()),
            ..Failure::of_difference(difference)
        };
        self.failed(cut, failure)
    }

    /// Comments, ignored lines and the end of the stream are only judged if the vector is about
    /// them.
    fn judged_here(&self) -> Judged {
        let any = |is: fn(&Parsed) -> bool| self.possible.iter().any(|one| is(&one.parsed));
        Judged {
            comments: self.judged.comments && any(|parsed| parsed.comments.is_some()),
            ignored: self.judged.ignored && any(|parsed| parsed.ignored.is_some()),
            discarded: self.judged.discarded && any(|parsed| parsed.discarded.is_some()),
            ..self.judged
        }
    }

    fn failed(&self, cut: &Cut, failure: Failure) -> CutOutcome {
        let expected = self
            .possible
            .first()
            .map(|reading| describe::expected(&reading.parsed, &reading.due(cut), self.judged));
        CutOutcome::Failed(Box::new(Failure {
            cut: Some(cut.clone()),
            input: show_chunks(&cut.chunks(&self.case.stream)),
            expected: expected.unwrap_or_default(),
            ..failure
        }))
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
    if chunks.is_empty() {
        return "no chunk at all".to_owned();
    }
    let shown = chunks.iter().take(SHOWN_CHUNKS);
    let shown: Vec<String> = shown.map(|chunk| escape::quote(chunk)).collect();
    let shown = shown.join(" ");
    match chunks.len().saturating_sub(SHOWN_CHUNKS) {
        0 => shown,
        more => format!("{shown} and {more} more chunks"),
    }
}
