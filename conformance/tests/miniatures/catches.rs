//! Each miniature is caught by the vectors that are about its fault; the right ones pass all.

use std::collections::BTreeSet;
use std::fmt::Debug;

use esse_conformance::report::text;
use esse_conformance::runner::{Failure, Options, Outcome, Plan, SubjectResult, run};
use esse_conformance::subject::Subject;
use esse_conformance::suite::Suite;

use crate::encoder::Wrong as Encoder;
use crate::parser::Wrong as Parser;
use crate::subject::Miniature;

macro_rules! table {
    ($($wrong:path => $($vector:literal)+;)+) => { &[$(($wrong, &[$($vector),+])),+] };
}

/// Longer streams and blocks take long in a debug build.
const BYTES_UP_TO: usize = 65_536;

/// What is wrong, and vectors that must be among those that fail for it.
const PARSERS: &[(Parser, &[&str])] = table! {
    Parser::WaitsForTheByteAfterCr => "chunks/cr-cr" "line-ends/run-cr-cr-cr" "bom/cr-stream";
    Parser::EndsLinesAtLfOnly => "line-ends/run-cr-cr-cr" "bom/then-cr";
    Parser::ForgetsCrAtAnEmptyChunk => "chunks/cr-empty-lf" "chunks/cr-empty-empty-lf";
    Parser::ForgetsCrAtAChunkBorder => "chunks/cr-lf-own-chunks" "chunks/cr-lf-after-data";
    Parser::SeesBomOnlyWhole => "bom/cut-1-2" "bom/cut-2-1" "bom/after-empty-chunk";
    Parser::StripsTwoBoms => "bom/twice" "bom/twice-then-colon";
    Parser::StripsBomOfEachLine => "bom/on-second-line" "bom/after-blank-line";
    Parser::KeepsBom => "bom/then-data" "bom/then-comment";
    Parser::OverlooksLineEndAfterBom => "bom/then-lf" "bom/then-cr";
    Parser::SplitsAtLineSeparator => "line-ends/u2028-in-data" "line-ends/u2028-in-json";
    Parser::SplitsAtVerticalTab => "line-ends/vt-in-data" "retry/vt";
    Parser::DecodesEachChunkAlone => "utf8-cuts/u2028-cut" "bom/cut-1-1-1";
    Parser::OneReplacementPerByte => "utf8/three-of-four" "utf8/subparts-truncated";
    Parser::DropsInvalidBytes => "utf8/three-of-four" "bom/utf-16-le-mark";
    Parser::StripsAllLeadingSpaces => "fields/five-spaces" "data/indented-json";
    Parser::StripsNoSpace => "bom/at-start-of-data" "fields/five-spaces";
    Parser::StripsTab => "fields/tab-instead-of-space" "retry/tab-instead-of-space";
    Parser::TrimsValues => "fields/event-trailing-space" "data/markdown";
    Parser::TrimsNames => "names/data-leading-space" "names/data-trailing-space";
    Parser::IgnoresCaseOfNames => "names/data-capital" "names/retry-upper";
    Parser::IgnoresBareNames => "data/bare-1" "id/reset-bare";
    Parser::CommentEndsBlock => "comment/between-data" "event-type/kept-over-comment";
    Parser::UnknownFieldEndsBlock => "fields/bare-unknown" "dispatch/all-members";
    Parser::KeepsNulIds => "nul/id-first" "nul/id-middle" "nul/id-last";
    Parser::CutsNulIdsShort => "nul/id-first" "nul/id-middle" "nul/id-last";
    Parser::DropsNulFromData => "nul/data-first" "nul/data-middle" "nul/data-last";
    Parser::IgnoresEmptyId => "id/reset-bare" "id/reset-with-colon";
    Parser::AcceptsSignedRetry => "retry/plus";
    Parser::AcceptsRetryPrefix => "retry/fraction" "retry/exponent" "retry/hexadecimal";
    Parser::EmptyRetryIsZero => "retry/empty-bare" "retry/empty-bare-after-valid";
    Parser::AppliesRetryAtDispatch => "retry/in-discarded-block" "retry/line-only";
    Parser::JoinsLinesWithCrLf => "data/bare-2" "example/two-empty";
    Parser::LosesTrailingLineFeeds => "data/bare-3" "data/empty-last";
    Parser::KeepsTypeAcrossBlocks => "event-type/not-carried-over" "event-type/dropped-cr";
    Parser::KeepsDataAcrossBlocks => "chunks/two-events-in-one" "bom/on-second-block";
    Parser::NeverDispatchesEmptyData => "data/bare-1" "data/empty-with-colon";
    Parser::DispatchesWithoutData => "data/none-type-only" "event-type/dropped-without-data";
    Parser::EmptyTypeStaysEmpty => "event-type/bare" "bom/then-data";
    Parser::IgnoresEmptyType => "event-type/empty-resets" "event-type/bare-resets";
    Parser::ResetsIdPerEvent => "id/carried-over" "id/carried-over-many";
    Parser::LosesIdWithoutData => "id/without-data" "id/without-data-overwritten";
    Parser::CommitsIdAtOnce => "id/uncommitted" "id/uncommitted-with-data";
    Parser::ForgetsEarlierId => "initial-id/empty-stream" "initial-id/uncommitted";
    Parser::DispatchesAtEndOfStream => "end-of-stream/data-lf" "end-of-stream/bare-data-lf";
    Parser::ProcessesUnterminatedLine => "comment/unterminated" "retry/unterminated";
    Parser::CommitsIdAtEndOfStream => "id/uncommitted" "id/uncommitted-cr";
    Parser::LosesIgnoredAfterData => "ignored/inside-a-block";
    Parser::TrimsNamesOfIgnored => "ignored/leading-space" "ignored/space-line";
    Parser::KeepsSpaceOfIgnored => "ignored/error" "ignored/cr";
    Parser::ReportsIdsWithNul => "ignored/known-names";
    Parser::ReportsUnterminatedLine => "ignored/unterminated";
    Parser::OverlooksCutLine => "discarded/inside-name" "discarded/inside-comment" "discarded/half-bom";
    Parser::TakesCrForCutLine => "discarded/after-data-cr" "discarded/after-event-cr";
    Parser::TakesBareNameForData => "discarded/name-without-colon";
    Parser::TakesCommentsForFields => "discarded/comment" "discarded/inside-comment";
    Parser::KeepsContentWithoutData => "discarded/id-dispatched";
};

const ENCODERS: &[(Encoder, &[&str])] = table! {
    Encoder::WritesTypeAsItIs => "encode/event/forged-data" "encode/event/forged-block-cr";
    Encoder::WritesIdAsItIs => "encode/id/forged-data" "encode/id/forged-block-lf";
    Encoder::WritesCommentAsItIs => "encode/comment/forged-data";
    Encoder::WritesFieldsAsTheyAre => "encode/fields/reserved-data";
    Encoder::SplitsDataAtLfOnly => "encode/data/cr-in-middle" "encode/data/forged-fields-cr";
    Encoder::CountsCrLfTwice => "encode/data/crlf-in-middle";
    Encoder::SplitsDataAtLineSeparator => "encode/data/line-separator";
    Encoder::DropsTrailingNewline => "encode/data/crlf-at-end" "encode/data/cr-at-end";
    Encoder::EmptyDataWritesNothing => "encode/data/empty";
    Encoder::EmptyIdWritesNothing => "encode/id/empty" "encode/id/empty-alone";
    Encoder::RetryZeroWritesNothing => "encode/retry/zero";
    Encoder::NoSpaceAfterColon => "encode/data/leading-space" "encode/event/leading-space";
    Encoder::NoBlankLine => "encode/block/event-and-data";
    Encoder::DataInControlBlocks => "encode/comment/alone" "encode/block/nothing";
    Encoder::RefusesCrInData => "encode/data/cr-alone";
};

#[test]
fn each_wrong_parser_is_caught() {
    let suite = suite();
    for (wrong, vectors) in PARSERS {
        assert_caught(Miniature::parser(*wrong), &suite, vectors, wrong);
    }
}

#[test]
fn each_wrong_encoder_is_caught() {
    let suite = suite();
    for (wrong, vectors) in ENCODERS {
        assert_caught(Miniature::encoder(*wrong), &suite, vectors, wrong);
    }
}

/// These vectors are among those that fail.
fn assert_caught(mut subject: Miniature, suite: &Suite, vectors: &[&str], wrong: &dyn Debug) {
    let result = run_with(&mut subject, suite, Plan::Quick);
    let failed = ids(&failures(&result));
    let mut missed = vectors.to_vec();
    missed.retain(|vector| !failed.contains(vector));
    assert_eq!(missed, [""; 0], "{wrong:?} passes these");
}

#[test]
fn the_right_ones_pass_every_vector_at_every_cut() {
    let suite = suite();
    for mut right in [
        Miniature::parser(Parser::Nothing),
        Miniature::encoder(Encoder::Nothing),
    ] {
        let result = run_with(&mut right, &suite, Plan::Full);
        assert_eq!(ids(&failures(&result)), BTreeSet::new());
    }
}

#[test]
fn one_that_only_waits_is_only_late() {
    let mut waits = Miniature::parser(Parser::WaitsForTheByteAfterCr);
    let result = run_with(&mut waits, &suite(), Plan::Quick);
    assert!(failures(&result).iter().all(|(_, failure)| failure.late));
}

/// The report names each class in parentheses.
fn classes(report: &str) -> Vec<&str> {
    let summary = report.split("DETAILS").next().unwrap();
    let heads = summary
        .lines()
        .filter(|line| line.contains(" vectors: ") || line.contains(" vector: "));
    heads
        .map(|line| line.rsplit_once('(').unwrap().1.trim_end_matches(')'))
        .collect()
}

#[test]
fn what_is_only_late_is_in_one_class() {
    let mut waits = Miniature::parser(Parser::WaitsForTheByteAfterCr);
    let result = run_with(&mut waits, &suite(), Plan::Quick);
    assert!(failures(&result).len() > 50);
    assert_eq!(classes(&text::report(&[result], None)), ["Prompt"]);
}

#[test]
fn what_is_wrong_in_a_whole_stream_is_not_a_matter_of_chunks() {
    let mut strips = Miniature::parser(Parser::StripsNoSpace);
    let result = run_with(&mut strips, &suite(), Plan::Quick);
    let report = text::report(&[result], None);
    let found = classes(&report);
    assert!(found.contains(&"LineEndMix"), "{found:?}");
    for chunks in ["Utf8Cut", "ChunkBorder", "CrLfSplit", "BomCut", "Prompt"] {
        assert!(!found.contains(&chunks), "{chunks}: {report}");
    }
}

#[test]
fn the_smallest_failing_cut_is_found() {
    let cut_of = |wrong, vector: &str| {
        let suite = Suite::load().unwrap().filter(&[vector.to_owned()]).unwrap();
        let result = run_with(&mut Miniature::parser(wrong), &suite, Plan::Full);
        failures(&result)[0].1.cut.as_ref().unwrap().to_string()
    };
    assert_eq!(cut_of(Parser::KeepsBom, "bom/then-data"), "whole");
    assert_eq!(cut_of(Parser::SeesBomOnlyWhole, "bom/then-data"), "bytes");
    // An empty chunk between CR and LF comes up in a random cut and needs nothing else.
    assert_eq!(
        cut_of(Parser::ForgetsCrAtAnEmptyChunk, "line-ends/crlf"),
        "8,8"
    );
}

/// The suite less its few huge streams and blocks, which take long in a debug build.
fn suite() -> Suite {
    let mut suite = Suite::load().unwrap();
    suite.parse.retain(|case| case.stream.len() <= BYTES_UP_TO);
    let is_small = |data: &String| data.len() <= BYTES_UP_TO;
    suite
        .encode
        .retain(|case| case.block.data.as_ref().is_none_or(is_small));
    suite
}

fn run_with(subject: &mut dyn Subject, suite: &Suite, plan: Plan) -> SubjectResult {
    let options = Options {
        plan,
        seed: 1,
        ..Options::default()
    };
    run(subject, suite, None, &options, &mut |_| {})
}

fn failures(result: &SubjectResult) -> Vec<(&str, &Failure)> {
    let outcomes = result
        .results
        .iter()
        .map(|result| (result.vector.id.as_str(), &result.outcome));
    outcomes
        .filter_map(|(id, outcome)| match outcome {
            Outcome::Failed(failure) => Some((id, failure.as_ref())),
            _ => None,
        })
        .collect()
}

fn ids<'r>(failures: &[(&'r str, &Failure)]) -> BTreeSet<&'r str> {
    failures.iter().map(|(id, _)| *id).collect()
}
