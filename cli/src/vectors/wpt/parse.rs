//! Parse vectors as tests: a stream for an `EventSource`, and what it dispatches.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use esse_behaviour::connect::event_types;
use esse_vectors::{Expectation, ParseVector};
use serde::Serialize;

use super::super::broken;
use super::{Group, LeftOut, json, page};
use crate::stop::Stop;

/// Streams up to this length (bytes) are also sent byte by byte.
pub(super) const BYTES_UP_TO: usize = 256;
/// The longest last event ID (bytes) that a test sends: wptserve takes no line of a head over 65536
/// bytes.
const LONGEST_ID: usize = 65_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Test<'v> {
    id: &'v str,
    comment: &'v str,
    spec: &'v str,
    level: String,
    stream: String,
    cuts: &'v [&'static str],
    /// The lengths of the chunks.
    #[serde(skip_serializing_if = "Option::is_none")]
    chunks: Option<Vec<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initial_last_event_id: Option<&'v str>,
    types: Vec<String>,
    /// Each of these is right.
    expect: Vec<Reading<'v>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reading<'v> {
    events: Vec<TestEvent<'v>>,
    last_event_id: &'v str,
    reconnection_time: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TestEvent<'v> {
    #[serde(rename = "type")]
    event_type: &'v str,
    data: &'v str,
    last_event_id: &'v str,
}

/// A group for each file of vectors.
pub(super) fn groups(max_bytes: usize, left_out: &mut Vec<LeftOut>) -> Result<Vec<Group>, Stop> {
    let vectors = esse_vectors::parse_vectors().map_err(broken)?;
    let files = vectors.chunk_by(|one, next| one.suite == next.suite);
    let groups = files.map(|vectors| group(vectors, max_bytes, left_out));
    Ok(groups.filter(|group| !group.tests.is_empty()).collect())
}

fn group(vectors: &[ParseVector], max_bytes: usize, left_out: &mut Vec<LeftOut>) -> Group {
    let suite = vectors.first().map_or("", |vector| &vector.suite);
    let name = suite.replace('/', "-");
    let (mut tests, mut variants) = (Vec::new(), BTreeSet::new());
    for vector in vectors {
        let cuts = cuts(vector);
        match exported(vector, &cuts, max_bytes) {
            Ok(test) => {
                tests.push(test);
                variants.extend(cuts.iter().map(|cut| format!("?cut={cut}")));
            }
            Err(why) => left_out.push(LeftOut {
                id: vector.id.clone(),
                why,
            }),
        }
    }
    let title = format!("the vectors of {suite}");
    let call = format!("run_vectors(\"{name}\")");
    Group {
        page: page(&title, &variants, "vectors.js", &call),
        name,
        kind: "vectors",
        tests,
    }
}

/// As `scripts/certify` cuts them for browsers.
fn cuts(vector: &ParseVector) -> Vec<&'static str> {
    let length = vector.input.len();
    let cuts = [
        ("whole", true),
        ("bytes", length > 1 && length <= BYTES_UP_TO),
        ("own", vector.chunks.is_some()),
    ];
    let cuts = cuts.into_iter();
    cuts.filter_map(|(name, is)| is.then_some(name)).collect()
}

/// The JSON of the test, or why there is none.
fn exported(
    vector: &ParseVector,
    cuts: &[&'static str],
    max_bytes: usize,
) -> Result<String, &'static str> {
    const LARGE: &str = "It is large.";
    // Most of them are seen to be before they are read.
    if vector.input.len() > max_bytes {
        return Err(LARGE);
    }
    let test = json(&test(vector, cuts));
    if test.len() > max_bytes {
        Err(LARGE)
    } else if vector.expect.last_event_id.len() > LONGEST_ID {
        Err("The server takes no header that is as long as the last event ID.")
    } else {
        Ok(test)
    }
}

fn test<'v>(vector: &'v ParseVector, cuts: &'v [&'static str]) -> Test<'v> {
    let lengths = |chunks: &Vec<Vec<u8>>| chunks.iter().map(Vec::len).collect();
    let also = vector.also.iter().map(|other| &other.expectation);
    Test {
        id: &vector.id,
        comment: &vector.comment,
        spec: &vector.spec,
        level: vector.level.to_string(),
        stream: BASE64_STANDARD.encode(&vector.input),
        cuts,
        chunks: vector.chunks.as_ref().map(lengths),
        initial_last_event_id: vector.initial_last_event_id.as_deref(),
        types: event_types(&vector.input),
        expect: std::iter::once(&vector.expect)
            .chain(also)
            .map(reading)
            .collect(),
    }
}

fn reading(expected: &Expectation) -> Reading<'_> {
    let events = expected.events.iter().map(|event| TestEvent {
        event_type: &event.event_type,
        data: &event.data,
        last_event_id: &event.last_event_id,
    });
    Reading {
        events: events.collect(),
        last_event_id: &expected.last_event_id,
        reconnection_time: expected.reconnection_time,
    }
}
