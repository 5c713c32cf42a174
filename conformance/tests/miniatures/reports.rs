//! What reports look like, with every outcome that there is.

use esse_conformance::report::Format;
use esse_conformance::runner::{Options, Plan, SubjectResult, run};
use esse_conformance::subject::{Block, Encoded, Info, Known, NoAnswer, Origin, Parsed, Subject};
use esse_conformance::suite::Suite;
use esse_vectors::{
    Alternative, BlockVector, Content, Discarded, EncodeExpectation, EncodeVector, Expectation,
    ExpectedEvent, Level, ParseVector, RejectedField, Rejection,
};

use crate::subject::Miniature;
use crate::{encoder, parser};

/// A miniature that is lost on some streams and cannot do others.
struct Fragile(Miniature);

impl Subject for Fragile {
    fn info(&self) -> &Info {
        self.0.info()
    }

    fn parse(&mut self, chunks: &[&[u8]], last_event_id: Option<&str>) -> Result<Parsed, NoAnswer> {
        match chunks.concat().as_slice() {
            b":crash\n" => Err(NoAnswer::Lost {
                how: "crashed: exit status: 7".into(),
                stderr: "thread main\npanicked: \u{1b}[31m<&>".into(),
            }),
            b":hang\n" => Err(NoAnswer::TimedOut {
                how: "timed out: no answer in 10s".into(),
                stderr: String::new(),
            }),
            b":given-up\n" => Err(NoAnswer::NotRun("the subject was given up".into())),
            b":slow\n" => panic!("it is known to be too slow, and must not be asked"),
            b":skip\n" => Err(NoAnswer::Skipped("no comments at all".into())),
            _ => self.0.parse(chunks, last_event_id),
        }
    }

    fn encode(&mut self, block: &Block) -> Result<Encoded, NoAnswer> {
        self.0.encode(block)
    }
}

fn vector(name: &str, spec: &str, input: &str, data: &[(&str, usize)]) -> ParseVector {
    let event = |(data, after_byte): &(&str, usize)| ExpectedEvent {
        event_type: "message".into(),
        data: (*data).into(),
        last_event_id: String::new(),
        after_byte: *after_byte,
        after_chunk: None,
    };
    ParseVector {
        suite: "parse/demo".into(),
        spec: spec.into(),
        id: format!("demo/{name}"),
        comment: "Shows what a report shows.".into(),
        flags: Vec::new(),
        level: Level::Must,
        input: input.into(),
        chunks: None,
        initial_last_event_id: None,
        expect: Expectation {
            events: data.iter().map(event).collect(),
            last_event_id: String::new(),
            reconnection_time: None,
            comments: None,
            ignored: None,
            discarded: None,
        },
        also: Vec::new(),
    }
}

/// A stream with a line that the miniature ignores and a block that it discards.
fn reporting(name: &str, input: &str, ignored: (&str, &str), content: Content) -> ParseVector {
    let mut vector = vector(name, "9.2.6/end-of-stream", input, &[]);
    vector.expect.ignored = Some(vec![(ignored.0.into(), ignored.1.into())]);
    vector.expect.discarded = Some(Discarded {
        content,
        line_cut: true,
    });
    vector
}

fn with_other_reading(mut vector: ParseVector) -> ParseVector {
    let mut expectation = vector.expect.clone();
    expectation.events.clear();
    vector.level = Level::May;
    vector.also = vec![Alternative {
        who: "Somebody 1.0".into(),
        expectation,
    }];
    vector
}

fn encode_vector(id: &str, event: &str) -> EncodeVector {
    EncodeVector {
        suite: "encode/demo".into(),
        spec: "9.2.6/field/event".into(),
        id: id.into(),
        comment: "Shows a block.".into(),
        flags: Vec::new(),
        level: Level::Must,
        block: BlockVector {
            event: Some(event.into()),
            data: Some("x".into()),
            ..BlockVector::default()
        },
        expect: EncodeExpectation::Rejected {
            reason: Rejection::LineBreak,
            field: RejectedField::Event,
        },
    }
}

fn suite() -> Suite {
    let long = format!("\u{feff}\u{feff}data: {}\n\n", "long ".repeat(1000));
    let mut earlier = vector("earlier", "9.2.4/last-event-id", "", &[]);
    earlier.initial_last_event_id = Some("7".into());
    let parse = vec![
        vector("passes", "9.2.6/field/data", "data: x\n\n", &[("x", 9)]),
        vector("fails", "9.2.5/bom", "\u{feff}\u{feff}data: x\r\r", &[]),
        vector("fails-long", "9.2.5/bom", &long, &[]),
        vector("known", "9.2.5/bom", "\u{feff}\u{feff}data: |x|\n\n", &[]),
        vector("stale", "9.2.6/field/data", "data: x\n\n", &[("x", 9)]),
        vector("late", "9.2.6/dispatch/1", "data: x\n\n", &[("x", 8)]),
        with_other_reading(vector("may", "9.2.6/field/data", "x\n\n", &[("y", 3)])),
        vector("crash", "9.2.6/comment", ":crash\n", &[]),
        vector("hang", "9.2.6/comment", ":hang\n", &[]),
        vector("given-up", "9.2.6/comment", ":given-up\n", &[]),
        vector("slow", "9.2.6/comment", ":slow\n", &[]),
        vector("skip", "9.2.6/comment", ":skip\n", &[]),
        earlier,
        reporting("ignored", "error: x\nda", ("error", "y"), Content::Fields),
        reporting(
            "discarded",
            "error: x\ndata:",
            ("error", "x"),
            Content::Fields,
        ),
    ];
    let encode = vec![
        encode_vector("encode/demo/harmless", "a"),
        encode_vector("encode/demo/forged", "a\ndata: forged"),
    ];
    Suite::new(parse, encode)
}

fn results() -> Vec<SubjectResult> {
    let known: Known = serde_json::from_str(
        r#"{"subject":"miniature","failures":{
            "demo/known":"It strips every BOM | it *sees*.","demo/stale":"It was wrong once."
        },"slow":{"demo/slow":"Its time grows with the square of the length."}}"#,
    )
    .unwrap();
    let wrong = Miniature::pair(
        parser::Wrong::StripsTwoBoms,
        encoder::Wrong::WritesTypeAsItIs,
    );
    let mut subjects = [
        Fragile(wrong),
        Fragile(Miniature::parser(parser::Wrong::Nothing)),
    ];
    let options = Options {
        plan: Plan::Quick,
        seed: 1,
        ..Options::default()
    };
    let mut results: Vec<SubjectResult> = subjects
        .iter_mut()
        .map(|subject| run(subject, &suite(), Some(&known), &options, &mut |_| {}))
        .collect();
    results[0].origin = Origin::Adapter("miniature --it's".into());
    results
}

#[test]
fn text() {
    insta::assert_snapshot!(Format::Text.report(&results()));
}

#[test]
fn json() {
    insta::assert_snapshot!(Format::Json.report(&results()[..1]));
}

#[test]
fn junit() {
    insta::assert_snapshot!(Format::Junit.report(&results()[..1]));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(Format::Markdown.report(&results()));
}
