//! Every file is of the shape that its schema demands, and the schemas demand enough.

#![allow(clippy::expect_used, reason = "a test stops at the first fault")]

mod support;

use jsonschema::Validator;
use serde_json::{Value, json};
use support::{documents, in_folder, root, schema};

const KINDS: [&str; 5] = ["parse", "encode", "connect", "certified", "deviations"];

fn validator(kind: &str) -> Validator {
    jsonschema::draft202012::new(&schema(kind)).expect("the schema is a schema")
}

fn errors(validator: &Validator, json: &Value) -> Vec<String> {
    let errors = validator.iter_errors(json);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn schemas_are_schemas_of_2020_12() {
    for kind in KINDS {
        let schema = schema(kind);
        let dialect = "https://json-schema.org/draft/2020-12/schema";
        assert_eq!(schema["$schema"], dialect);
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{kind}");
    }
}

#[test]
fn every_file_is_of_its_schema() {
    let (parse, encode) = (validator("parse"), validator("encode"));
    for file in documents() {
        let validator = match file.kind {
            "parse" => &parse,
            _ => &encode,
        };
        let path = file.path.display();
        assert_eq!(errors(validator, &file.json), [""; 0], "{path}");
    }
}

#[test]
fn every_file_of_scenarios_is_of_its_schema() {
    let validator = validator("connect");
    for file in in_folder("connect") {
        let path = file.path.display();
        assert_eq!(errors(&validator, &file.json), [""; 0], "{path}");
    }
}

#[test]
fn what_browsers_made_of_them_is_of_its_schema() {
    for kind in ["certified", "deviations"] {
        assert_eq!(errors(&validator(kind), &record(kind)), [""; 0], "{kind}");
    }
}

fn record(kind: &str) -> Value {
    let text = std::fs::read_to_string(root().join(format!("{kind}.json")));
    serde_json::from_str(&text.expect("the file is there")).expect("the file is JSON")
}

/// Other languages find the schema by this member.
#[test]
fn every_file_names_its_schema() {
    for file in documents().into_iter().chain(in_folder("connect")) {
        let named = file.json["schema"].as_str().expect("a path");
        let folder = file.path.parent().expect("a folder");
        let own = root().join(format!("schema/{}.schema.json", file.kind));
        let [named, own] = [folder.join(named), own].map(|path| path.canonicalize());
        assert_eq!(named.expect("it is there"), own.expect("it is there"));
    }
}

#[test]
fn every_member_is_described() {
    for kind in KINDS {
        let schema = schema(kind);
        let mut missing = Vec::new();
        undescribed(&schema, &schema, "", &mut missing);
        assert_eq!(missing, [""; 0], "{kind}");
    }
}

/// Collects members without a description of their own or by reference.
fn undescribed(schema: &Value, at: &Value, path: &str, missing: &mut Vec<String>) {
    let Some(object) = at.as_object() else { return };
    for (name, member) in at["properties"].as_object().into_iter().flatten() {
        let target = member["$ref"]
            .as_str()
            .and_then(|to| schema.pointer(to.trim_start_matches('#')));
        let described = [Some(member), target].into_iter().flatten();
        // A schema that only narrows another one (`if`, `then`) says nothing new.
        if at["type"] == "object" && !described.clone().any(|to| to["description"].is_string()) {
            missing.push(format!("{path}/{name}"));
        }
    }
    for (name, member) in object {
        undescribed(schema, member, &format!("{path}/{name}"), missing);
    }
}

fn parse_file() -> Value {
    json!({
        "schema": "../schema/parse.schema.json",
        "version": "1.3.0",
        "suite": "parse/sample",
        "notes": { "Flag": { "bug": "b", "description": "d", "links": ["https://example.com/"] } },
        "groups": [ { "spec": "9.2.6/dispatch/2", "tests": [ {
            "id": "sample/one", "comment": "c", "flags": ["Flag"], "level": "may",
            "chunksHex": ["64 61", "", "74613a780a0a"],
            "initialLastEventId": "0",
            "expect": {
                "events": [ { "type": "message", "data": { "parts": [ { "text": "x", "times": 1 } ] },
                    "lastEventId": "", "afterByte": 8, "afterChunk": 2 } ],
                "lastEventId": "", "reconnectionTime": 18_446_744_073_709_551_615_u64,
                "comments": ["c"], "ignored": [["n", "v"]],
                "discarded": { "content": "data", "lineCut": true }
            },
            "also": [ { "who": "w", "events": [], "lastEventId": "", "reconnectionTime": null } ]
        } ] } ]
    })
}

fn encode_file() -> Value {
    json!({
        "schema": "../schema/encode.schema.json",
        "version": "1.3.0",
        "suite": "encode/sample",
        "notes": {},
        "groups": [ { "spec": "9.2.5/stream", "tests": [
            { "id": "encode/sample/one", "comment": "c", "flags": [], "level": "must",
              "block": { "comment": "c", "event": "e", "retry": 18_446_744_073_709_551_615_u64,
                  "fields": [["n", "v"]], "data": "x", "id": "1" },
              "expect": { "bytes": "b", "events": [ { "type": "e", "data": "x", "lastEventId": "1" } ],
                  "lastEventId": "1", "reconnectionTime": 0 } },
            { "id": "encode/sample/two", "comment": "c", "flags": [], "level": "must",
              "block": { "id": "\n" }, "expect": { "rejected": "lineBreak", "field": "id" } }
        ] } ]
    })
}

fn connect_file() -> Value {
    json!({
        "schema": "../schema/connect.schema.json",
        "version": "1.3.0",
        "suite": "connect/sample",
        "scenarios": [
            { "id": "sample/one", "rule": "It connects.", "source": "s", "basis": "policy",
              "client": { "path": "/a?b", "method": "POST", "body": "x", "headers": { "A": "b" },
                  "mode": "once", "retryMs": 0, "lastEventId": "1", "replay": "always", "idleMs": 1,
                  "maxEvent": 0, "closeAfterMs": 1, "hook": true, "terminal": "t", "restartAfterEvents": 1 },
              "listenAfterMs": 1,
              "server": [
                  { "before": "b", "statusLine": "HTTP/1.1 200 OK", "headers": [["A", "b"]], "framing": "chunked",
                    "pieces": ["x", { "text": "x", "times": 1 }, { "hex": "ff 00" }, { "pauseMs": 1 }], "end": "cut" },
                  { "pieces": ["x"], "end": "reset", "repeat": true } ],
              "expect": { "said": ["open", { "type": "t", "data": "x", "lastEventId": "1", "times": 2 },
                      { "comment": "c" }, "error", "closed"],
                  "told": true, "more": 1, "hangsUp": true, "quietMs": 1,
                  "requests": [{ "method": "GET", "path": "/a", "headers": { "a": "b", "c": null },
                      "body": "", "afterMs": 1 }] } },
            { "id": "sample/two", "rule": "It connects.", "source": "s", "basis": "standard", "browser": true,
              "client": { "path": "/a" }, "server": [{}], "expect": { "said": [], "requests": [] } }
        ]
    })
}

/// Asserts that the schema refuses `file` with `edit` made at `pointer`. The name is its member.
fn refused(kind: &str, file: &Value, edits: &[(&str, &str, Value)]) {
    let validator = validator(kind);
    assert_eq!(errors(&validator, file), [""; 0], "the sample is right");
    for (pointer, name, value) in edits {
        let mut edited = file.clone();
        let object = edited.pointer_mut(pointer).and_then(Value::as_object_mut);
        let object = object.expect("the sample has an object there");
        match value {
            Value::String(word) if word == REMOVED => object.remove(*name),
            value => object.insert((*name).to_owned(), value.clone()),
        };
        assert!(
            !validator.is_valid(&edited),
            "{kind}{pointer}/{name} = {value} is let through"
        );
    }
}

const REMOVED: &str = "removed";

#[test]
fn the_parse_schema_refuses_what_is_wrong() {
    let (file, test, expect) = ("", "/groups/0/tests/0", "/groups/0/tests/0/expect");
    let event = "/groups/0/tests/0/expect/events/0";
    let discarded = "/groups/0/tests/0/expect/discarded";
    let other = json!([ { "who": "w", "events": [ { "type": "message", "data": "x", "lastEventId": "",
        "afterByte": 8, "afterChunk": 2, "x": 0 } ], "lastEventId": "", "reconnectionTime": null } ]);
    let note = json!({ "bug": "b", "description": "d", "links": [] });
    let no_times = json!({ "parts": [ { "text": "x", "times": 0 } ] });
    refused(
        "parse",
        &parse_file(),
        &[
            (file, "extra", json!(1)),
            (file, "schema", json!("../schema/encode.schema.json")),
            (file, "version", json!("1.0")),
            (file, "version", json!(REMOVED)),
            (file, "suite", json!("encode/sample")),
            (file, "groups", json!([])),
            (file, "notes", json!(REMOVED)),
            ("/notes", "lower", note),
            ("/notes/Flag", "extra", json!(1)),
            ("/notes/Flag", "links", json!(["http://example.com/"])),
            ("/groups/0", "spec", json!("9.1.6")),
            ("/groups/0", "spec", json!("9.2.6/Dispatch")),
            ("/groups/0", "tests", json!([])),
            ("/groups/0", "extra", json!(1)),
            (test, "extra", json!(1)),
            (test, "id", json!("one")),
            (test, "id", json!("Sample/one")),
            (test, "comment", json!("")),
            (test, "flags", json!(["Flag", "Flag"])),
            (test, "level", json!("should")),
            (test, "level", json!("must")),
            (test, "input", json!("two inputs")),
            (test, "inputHex", json!("00")),
            (test, "chunksHex", json!(REMOVED)),
            (test, "chunksHex", json!([])),
            (test, "chunksHex", json!(["0"])),
            (test, "chunksHex", json!(["0A"])),
            (test, "chunksHex", json!(["00 "])),
            (test, "initialLastEventId", json!(0)),
            (test, "also", json!([])),
            (test, "also", other),
            (expect, "extra", json!(1)),
            (expect, "reconnectionTime", json!(REMOVED)),
            (expect, "reconnectionTime", json!(-1)),
            (expect, "reconnectionTime", json!(1.5)),
            (expect, "reconnectionTime", json!("1")),
            (expect, "lastEventId", json!(null)),
            (expect, "comments", json!("c")),
            (expect, "ignored", json!(null)),
            (expect, "ignored", json!(["n"])),
            (expect, "ignored", json!([["n"]])),
            (expect, "ignored", json!([["n", "v", "w"]])),
            (expect, "ignored", json!([["n", null]])),
            (expect, "discarded", json!("data")),
            (discarded, "content", json!("events")),
            (discarded, "content", json!(REMOVED)),
            (discarded, "lineCut", json!(REMOVED)),
            (discarded, "lineCut", json!(1)),
            (discarded, "bytes", json!(1)),
            (event, "extra", json!(1)),
            (event, "type", json!("")),
            (event, "afterByte", json!(REMOVED)),
            (event, "afterByte", json!(0)),
            (event, "afterChunk", json!(-1)),
            (event, "data", json!({ "parts": [] })),
            (event, "data", json!({ "parts": [ { "text": "x" } ] })),
            (event, "data", no_times),
        ],
    );
}

/// `afterChunk` counts the chunks of `chunksHex`; another input has none.
#[test]
fn the_parse_schema_refuses_after_chunk_without_chunks() {
    let mut file = parse_file();
    let test = file["groups"][0]["tests"][0].as_object_mut();
    let test = test.expect("a test");
    test.remove("chunksHex");
    test.insert("input".to_owned(), json!("data:x\n\n"));
    assert!(!validator("parse").is_valid(&file));
    let event = file["groups"][0]["tests"][0]["expect"]["events"][0].as_object_mut();
    event.expect("an event").remove("afterChunk");
    assert_eq!(errors(&validator("parse"), &file), [""; 0]);
}

#[test]
fn the_encode_schema_refuses_what_is_wrong() {
    let (test, block) = ("/groups/0/tests/0", "/groups/0/tests/0/block");
    let (bytes, refusal) = ("/groups/0/tests/0/expect", "/groups/0/tests/1/expect");
    refused(
        "encode",
        &encode_file(),
        &[
            ("", "extra", json!(1)),
            ("", "schema", json!("../schema/parse.schema.json")),
            ("", "version", json!(1)),
            ("", "version", json!(REMOVED)),
            ("", "suite", json!("parse/sample")),
            (test, "extra", json!(1)),
            (test, "id", json!("sample/one")),
            (test, "level", json!(null)),
            (test, "block", json!(REMOVED)),
            (test, "also", json!([])),
            (block, "extra", json!(1)),
            (block, "event", json!(null)),
            (block, "retry", json!(-1)),
            (block, "retry", json!("1")),
            (block, "retry", json!(18_446_744_073_709_551_616.0)),
            (block, "fields", json!([["n"]])),
            (block, "fields", json!([["n", "v", "w"]])),
            (block, "id", json!(1)),
            (bytes, "rejected", json!("nul")),
            (bytes, "bytes", json!(REMOVED)),
            (bytes, "events", json!(null)),
            (bytes, "reconnectionTime", json!(REMOVED)),
            (refusal, "rejected", json!("newline")),
            (refusal, "field", json!("data")),
            (refusal, "field", json!(REMOVED)),
            (refusal, "rejected", json!("colon")),
            (refusal, "bytes", json!("")),
        ],
    );
}

#[test]
fn the_connect_schema_refuses_what_is_wrong() {
    let (one, two) = ("/scenarios/0", "/scenarios/1");
    let (client, for_browser) = ("/scenarios/0/client", "/scenarios/1/client");
    let (response, raw) = ("/scenarios/0/server/0", "/scenarios/0/server/1");
    let (expect, request) = ("/scenarios/0/expect", "/scenarios/0/expect/requests/0");
    refused(
        "connect",
        &connect_file(),
        &[
            ("", "extra", json!(1)),
            ("", "schema", json!("../schema/parse.schema.json")),
            ("", "version", json!(REMOVED)),
            ("", "suite", json!("parse/sample")),
            ("", "scenarios", json!([])),
            (one, "extra", json!(1)),
            (one, "id", json!("one")),
            (one, "rule", json!("No sentence")),
            (one, "rule", json!(REMOVED)),
            (one, "source", json!("")),
            (one, "basis", json!("must")),
            (one, "browser", json!(true)),
            (one, "listenAfterMs", json!(0)),
            (one, "server", json!([])),
            (one, "server", json!([{ "end": "cut" }])),
            (one, "server", json!([{ "pieces": [{ "text": "x" }] }])),
            (one, "server", json!([{ "pieces": [{ "hex": "0" }] }])),
            (
                one,
                "server",
                json!([{ "pieces": [{ "hex": "00", "pauseMs": 1 }] }]),
            ),
            (one, "expect", json!(REMOVED)),
            (two, "browser", json!(false)),
            (two, "listenAfterMs", json!(1)),
            (for_browser, "method", json!("GET")),
            (client, "extra", json!(1)),
            (client, "path", json!("events")),
            (client, "method", json!("post")),
            (client, "headers", json!({ "a b": "c" })),
            (client, "mode", json!("twice")),
            (client, "replay", json!("never")),
            (client, "retryMs", json!(-1)),
            (client, "hook", json!("yes")),
            (client, "restartAfterEvents", json!(0)),
            (response, "extra", json!(1)),
            (response, "statusLine", json!("200 OK")),
            (response, "headers", json!([["A"]])),
            (response, "framing", json!("close")),
            (response, "framing", json!(REMOVED)),
            (response, "pieces", json!([])),
            (response, "pieces", json!([""])),
            (response, "end", json!("crash")),
            (response, "repeat", json!(false)),
            (raw, "headers", json!([["A", "b"]])),
            (raw, "framing", json!("length")),
            (raw, "before", json!("b")),
            (expect, "extra", json!(1)),
            (expect, "said", json!(["told"])),
            (expect, "said", json!([{ "type": "t" }])),
            (expect, "said", json!([{ "comment": "c", "data": "x" }])),
            (expect, "told", json!("yes")),
            (expect, "requests", json!(REMOVED)),
            (expect, "more", json!(0)),
            (expect, "hangsUp", json!(false)),
            (expect, "quietMs", json!(60_000)),
            (request, "extra", json!(1)),
            (request, "method", json!("get")),
            (request, "headers", json!({ "Accept": "a" })),
            (request, "headers", json!({ "a": 1 })),
            (request, "afterMs", json!(0)),
        ],
    );
}

#[test]
fn the_schemas_of_the_browsers_refuse_what_is_wrong() {
    let vector = "/vectors/bom~1then-lf";
    let file = record("certified");
    let run = json!({ "version": "1", "date": "2026-01-31" });
    refused(
        "certified",
        &file,
        &[
            ("", "extra", json!(1)),
            ("", "engines", json!({})),
            ("/engines", "opera", run),
            ("/engines/firefox", "date", json!("January")),
            ("/engines/firefox", "version", json!(REMOVED)),
            ("/vectors", "No ID", json!({ "firefox": "agrees" })),
            ("/vectors", "bom/then-lf", json!({})),
            (vector, "opera", json!("agrees")),
            (vector, "firefox", json!("deviates")),
            (vector, "firefox", json!([])),
            (vector, "firefox", json!(["bom-per-piece", "bom-per-piece"])),
        ],
    );
    let engine = "/engines/firefox";
    refused(
        "deviations",
        &record("deviations"),
        &[
            ("", "extra", json!(1)),
            (engine, "extra", json!(1)),
            (engine, "reconnectionTime", json!("5 s")),
            (engine, "shortest", json!(-1)),
            (engine, "deviations", json!(["Not a name"])),
            (engine, "deviations", json!(REMOVED)),
        ],
    );
}
