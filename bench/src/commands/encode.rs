//! `encode`: the time per payload.

use std::hint::black_box;
use std::time::{Duration, Instant};

use esse_parser::{Chunk, Parser};

use crate::commands::{Options, header};
use crate::grid::{Cell, Column, Comparison, Grid, Other, Row};
use crate::numbers::{float, significant};
use crate::peers::{EncodingSubject, Kind};
use crate::rounds::Run;
use crate::{Payloads, Plan};

/// The row of the limit.
const LIMIT: &str = "memcpy of the output";

/// Measures and prints.
pub fn run(options: &Options) {
    println!("{}", header("esse-bench"));
    let subjects = options.encoders();
    let rows = subjects.iter().map(|subject| (subject.name, subject.kind));
    let rows = rows.chain([(LIMIT, Kind::Limit)]).map(|(name, kind)| Row {
        name: name.into(),
        kind,
        input: "",
    });
    let grid = Grid {
        rows: rows.collect(),
        columns: Payloads::ALL
            .map(|payloads| column(payloads, &subjects, options))
            .into(),
    };
    println!("{}", grid.table("ns per payload", 0, significant));
    println!("{}", grid.ratios(&comparisons(&subjects)));
    grid.print_differences("");
}

/// Each way to use esse beside the contiguous encoder; those of the summary beside others too.
fn comparisons(subjects: &[EncodingSubject]) -> Vec<Comparison> {
    let row = |name: &str, other| Comparison {
        row: name.into(),
        other,
    };
    let names = ["esse", "esse DataWriter", "esse Frame"];
    let compared = names.into_iter().flat_map(|name| {
        [Other::BestPeer(None), Other::Row(LIMIT.into())].map(|other| row(name, other))
    });
    let forms = subjects.iter().filter(|form| form.kind == Kind::Esse);
    let forms = forms
        .skip(1)
        .map(|form| row(form.name, Other::Row("esse".into())));
    compared.chain(forms).collect()
}

/// All encoders on the payloads of one kind; the limit is the last.
fn column(payloads: Payloads, subjects: &[EncodingSubject], options: &Options) -> Column {
    eprintln!("{}", payloads.title());
    let made = payloads.make();
    let copied = output(&subjects[0], &made);
    let encoders = subjects.iter().map(|subject| timing(subject, &made));
    let mut runs: Vec<Run<'_>> = encoders.chain([timing_memcpy(&copied)]).collect();
    let times = plan(options).measure(&mut runs);
    let wrong = subjects.iter().map(|subject| {
        let is_right = data_of(&output(subject, &made)) == made;
        (!is_right).then(|| "its output, parsed, is not the payload".into())
    });
    let cells = wrong.chain([None]).zip(times);
    Column {
        title: payloads.title().into(),
        units: float(made.len()),
        has_ratios: true,
        cells: cells.map(|(wrong, time)| Cell { time, wrong }).collect(),
    }
}

/// Runs are short: there is time for many rounds.
fn plan(options: &Options) -> Plan {
    let plan = options.plan();
    Plan {
        rounds: plan.rounds * 20,
        ..plan
    }
}

/// The payloads are copied before the clock starts, and what is left of them dropped after.
fn timing<'r>(subject: &EncodingSubject, made: &'r [String]) -> Run<'r> {
    let mut encode = (subject.start)();
    twice(move || {
        let mut payloads = made.to_vec();
        let start = Instant::now();
        encode(&mut payloads, &mut |bytes| {
            black_box(bytes);
        });
        start.elapsed()
    })
}

fn timing_memcpy(output: &[u8]) -> Run<'_> {
    let mut copy = Vec::new();
    twice(move || {
        let start = Instant::now();
        copy.clear();
        copy.extend_from_slice(output);
        black_box(&copy);
        start.elapsed()
    })
}

/// The first time brings the buffer that is kept back into the cache, as if no other had run.
fn twice<'r>(mut run: impl FnMut() -> Duration + 'r) -> Run<'r> {
    Box::new(move |_| {
        run();
        run()
    })
}

/// All the bytes that an encoder makes of the payloads.
fn output(subject: &EncodingSubject, payloads: &[String]) -> Vec<u8> {
    let mut bytes = Vec::new();
    (subject.start)()(&mut payloads.to_vec(), &mut |part| {
        bytes.extend_from_slice(part);
    });
    bytes
}

fn data_of(stream: &[u8]) -> Vec<String> {
    let (mut parser, mut chunk) = (Parser::new(), Chunk::new(stream));
    let mut data = Vec::new();
    while let Ok(Some(event)) = parser.next_event(&mut chunk) {
        data.push(event.data.to_owned());
    }
    data
}
