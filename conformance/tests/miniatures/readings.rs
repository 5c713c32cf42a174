//! Where the standard is silent, several readings are right, but not a mixture of them; and the
//! built-in pair has to follow that of the vector.

use esse_conformance::runner::{Options, Outcome, run};
use esse_conformance::subject::{Block, Capability, Encoded, Info, NoAnswer, Parsed, Subject};
use esse_conformance::suite::Suite;

use crate::encoder::Wrong::{NoSpaceAfterColon, WritesIdAsItIs};
use crate::parser::Wrong;
use crate::subject::Miniature;

/// One miniature for streams in one chunk, another for all others.
struct Fickle {
    whole: Miniature,
    cut: Miniature,
    is_exact: bool,
}

impl Fickle {
    fn new(whole: Wrong, cut: Wrong) -> Self {
        let [whole, cut] = [whole, cut].map(Miniature::parser);
        Self {
            whole,
            cut,
            is_exact: false,
        }
    }

    fn exact(miniature: Miniature) -> Self {
        Self {
            whole: miniature,
            cut: Miniature::parser(Wrong::Nothing),
            is_exact: true,
        }
    }
}

impl Subject for Fickle {
    fn info(&self) -> &Info {
        self.whole.info()
    }

    fn parse(&mut self, chunks: &[&[u8]], last_event_id: Option<&str>) -> Result<Parsed, NoAnswer> {
        match chunks {
            [_] => self.whole.parse(chunks, last_event_id),
            _ => self.cut.parse(chunks, last_event_id),
        }
    }

    fn encode(&mut self, block: &Block) -> Result<Encoded, NoAnswer> {
        self.whole.encode(block)
    }

    fn is_exact(&self) -> bool {
        self.is_exact
    }
}

/// An empty `retry` is ignored, or it is zero, as some say.
const MAY: &str = "retry/empty-bare";

fn outcome(mut subject: Fickle, vector: &str) -> Outcome {
    let mut suite = Suite::load().unwrap().filter(&[vector.to_owned()]).unwrap();
    for case in &mut suite.parse {
        let mut other = case.readings[0].clone();
        other.who = Some("some".into());
        other.parsed.reconnection_time = Some(0.into());
        case.readings.truncate(1);
        case.readings.push(other);
    }
    let result = run(&mut subject, &suite, None, &Options::default(), &mut |_| {});
    result.results[0].outcome.clone()
}

#[test]
fn either_reading_is_right() {
    let follows = |wrong| outcome(Fickle::new(wrong, wrong), MAY);
    let own = Outcome::Passed { reading: None };
    assert_eq!(follows(Wrong::Nothing), own);
    let other = Outcome::Passed {
        reading: Some("some".into()),
    };
    assert_eq!(follows(Wrong::EmptyRetryIsZero), other);
}

#[test]
fn one_reading_at_one_cut_and_another_at_the_next_is_wrong() {
    let fickle = Fickle::new(Wrong::Nothing, Wrong::EmptyRetryIsZero);
    let Outcome::Failed(failure) = outcome(fickle, MAY) else {
        panic!("passed");
    };
    assert_eq!(failure.what, "reconnectionTime: expected none, got 0");
    assert_eq!(failure.cut.unwrap().to_string(), "bytes");
}

#[test]
fn the_built_in_parser_has_to_follow_the_vector() {
    let exact = Fickle::exact(Miniature::parser(Wrong::EmptyRetryIsZero));
    assert!(matches!(outcome(exact, MAY), Outcome::Failed(_)));
}

fn outcome_of(mut subject: Miniature, vector: &str) -> Outcome {
    let suite = Suite::load().unwrap().filter(&[vector.to_owned()]).unwrap();
    let result = run(&mut subject, &suite, None, &Options::default(), &mut |_| {});
    result.results[0].outcome.clone()
}

/// What a subject does not report is not judged, and a vector about nothing else is not asked.
#[test]
fn reports_are_judged_only_if_they_are_declared() {
    let (ignored, discarded) = (Capability::Ignored, Capability::Discarded);
    // It says both: no line is ignored, and one is cut.
    let both = "ignored/unterminated";
    for (wrong, vector, member) in [
        (Wrong::ReportsUnterminatedLine, both, &ignored),
        (Wrong::OverlooksCutLine, both, &discarded),
        (Wrong::KeepsSpaceOfIgnored, "ignored/error", &ignored),
        (Wrong::OverlooksCutLine, "discarded/half-bom", &discarded),
    ] {
        let subject = || Miniature::parser(wrong);
        assert!(matches!(outcome_of(subject(), vector), Outcome::Failed(_)));
        let outcome = outcome_of(subject().without(member), vector);
        // The other member of `both` is right.
        let is_left_out = if vector == both {
            matches!(outcome, Outcome::Passed { .. })
        } else {
            matches!(outcome, Outcome::Skipped { .. })
        };
        assert!(is_left_out, "{outcome:?}");
        let neither = subject().without(&ignored).without(&discarded);
        let outcome = outcome_of(neither, vector);
        assert!(matches!(outcome, Outcome::Skipped { .. }), "{outcome:?}");
    }
}

#[test]
fn the_built_in_encoder_has_to_write_the_canonical_bytes_and_to_refuse() {
    for (wrong, vector) in [
        (NoSpaceAfterColon, "encode/block/event-and-data"),
        // Written as it is, a NUL in an ID forges nothing: receivers ignore such an ID.
        (WritesIdAsItIs, "encode/id/nul-in-middle"),
    ] {
        let exact = || Fickle::exact(Miniature::pair(Wrong::Nothing, wrong));
        let failed = outcome(exact(), vector);
        assert!(matches!(failed, Outcome::Failed(_)), "{vector}");
        let is_exact = false;
        let free = Fickle {
            is_exact,
            ..exact()
        };
        let passed = outcome(free, vector);
        assert!(matches!(passed, Outcome::Passed { .. }), "{vector}");
    }
}
