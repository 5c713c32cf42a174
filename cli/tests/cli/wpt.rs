//! `esse vectors export --format wpt`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use esse_vectors::connect::{Basis, Said, Scenario, scenarios};
use esse_vectors::{Expectation, ParseVector, parse_vectors};
use serde_json::{Value, json};

use crate::export::Folder;
use crate::program::Ran;

const TESTS: &str = "eventsource/esse";

fn export(folder: &Folder, args: &[&str]) -> Ran {
    folder.export_with(&[&["--format", "wpt"], args].concat())
}

/// The export of everything, made once for the tests that only read it. It takes seconds, and stays
/// in the folder of the build until the next run.
fn whole() -> &'static Folder {
    static WHOLE: OnceLock<Folder> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let folder = Folder::new("wpt");
        let ran = export(&folder, &[]);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
        folder
    })
}

/// The exported tests by their IDs, those of all files whose name begins with this.
fn tests(folder: &Folder, start: &str, kind: &str) -> BTreeMap<String, Value> {
    let mut tests = BTreeMap::new();
    for (path, bytes) in folder.files() {
        let name = path.strip_prefix("eventsource/esse/resources/");
        if !name.is_some_and(|name| name.starts_with(start) && is_a(name, "json")) {
            continue;
        }
        let data: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(data["version"], esse_vectors::VERSION);
        for test in data[kind].as_array().unwrap() {
            let id = test["id"].as_str().unwrap().to_owned();
            assert!(tests.insert(id, test.clone()).is_none(), "{path}: {test}");
        }
    }
    tests
}

fn is_a(path: &str, extension: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|it| it == extension)
}

/// The IDs that README.md lists as left out.
fn left_out(folder: &Folder) -> BTreeSet<String> {
    let readme = folder.read(&format!("{TESTS}/README.md"));
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned())
        .collect()
}

#[test]
fn each_vector_is_a_test_with_its_stream_and_its_outcomes_or_is_listed_as_left_out() {
    let mut tests = tests(whole(), "parse-", "vectors");
    let left_out = left_out(whole());
    assert!(tests.len() > 1000, "{}", tests.len());
    for vector in parse_vectors().unwrap() {
        let test = tests.remove(&vector.id);
        assert!(
            test.is_some() != left_out.contains(&vector.id),
            "{}",
            vector.id
        );
        if let Some(test) = test {
            is_the_vector(&test, &vector);
        }
    }
    assert_eq!(tests.into_keys().collect::<Vec<_>>(), [""; 0]);
}

fn is_the_vector(test: &Value, vector: &ParseVector) {
    let id = &vector.id;
    let stream = BASE64_STANDARD.decode(test["stream"].as_str().unwrap());
    assert_eq!(stream.unwrap(), vector.input, "{id}");
    let lengths: Option<Vec<usize>> = vector
        .chunks
        .as_ref()
        .map(|chunks| chunks.iter().map(Vec::len).collect());
    assert_eq!(
        test.get("chunks"),
        lengths.map(|it| json!(it)).as_ref(),
        "{id}"
    );
    let initial = vector.initial_last_event_id.as_ref();
    assert_eq!(
        test.get("initialLastEventId"),
        initial.map(|it| json!(it)).as_ref(),
        "{id}"
    );
    let also = vector.also.iter().map(|other| &other.expectation);
    let outcomes: Vec<Value> = std::iter::once(&vector.expect)
        .chain(also)
        .map(outcome)
        .collect();
    assert_eq!(test["expect"], json!(outcomes), "{id}");
    let types: Vec<&str> = test["types"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for event in &vector.expect.events {
        assert!(types.contains(&event.event_type.as_str()), "{id}");
    }
    let cuts = test["cuts"].as_array().unwrap();
    assert!(cuts.contains(&json!("whole")), "{id}");
    assert_eq!(
        cuts.contains(&json!("own")),
        vector.chunks.is_some(),
        "{id}"
    );
    let is_short = (2..=256).contains(&vector.input.len());
    assert_eq!(cuts.contains(&json!("bytes")), is_short, "{id}");
}

fn outcome(expected: &Expectation) -> Value {
    let events = expected.events.iter().map(|event| {
        json!({"type": event.event_type, "data": event.data, "lastEventId": event.last_event_id})
    });
    json!({
        "events": events.collect::<Vec<_>>(),
        "lastEventId": expected.last_event_id,
        "reconnectionTime": expected.reconnection_time,
    })
}

#[test]
fn each_scenario_for_browsers_is_a_test_or_is_listed_as_left_out() {
    let mut tests = tests(whole(), "connect-", "scenarios");
    let left_out = left_out(whole());
    assert!(tests.len() > 70, "{}", tests.len());
    for scenario in scenarios().unwrap() {
        let is_due = scenario.browser && scenario.basis == Basis::Standard;
        let test = tests.remove(&scenario.id);
        let has_place = test.is_some() != left_out.contains(&scenario.id);
        assert!(has_place == is_due, "{}", scenario.id);
        if let Some(test) = test {
            is_the_scenario(&test, &scenario);
        }
    }
    assert_eq!(tests.into_keys().collect::<Vec<_>>(), [""; 0]);
}

fn is_the_scenario(test: &Value, scenario: &Scenario) {
    let id = &scenario.id;
    let fired = scenario.expect.said.iter().map(|said| match said {
        Said::Open => json!("open"),
        Said::Error => json!("error"),
        Said::Closed => json!("closed"),
        Said::Comment(comment) => panic!("{id}: a page does not see {comment:?}"),
        Said::Event {
            event_type,
            data,
            last_event_id,
        } => json!({"type": event_type, "data": data, "lastEventId": last_event_id}),
    });
    let requests = scenario.expect.requests.iter().map(|request| {
        json!({
            "path": request.path.clone().unwrap_or_default(),
            "headers": request.headers,
            "afterMs": request.after.map(|time| time.as_millis()),
        })
    });
    let expect = &test["expect"];
    assert_eq!(expect["fired"], json!(fired.collect::<Vec<_>>()), "{id}");
    assert_eq!(
        expect["requests"],
        json!(requests.collect::<Vec<_>>()),
        "{id}"
    );
    assert_eq!(expect["more"], json!(scenario.expect.more), "{id}");
    let answers = test["server"].as_array().unwrap();
    assert_eq!(answers.len(), scenario.server.len(), "{id}");
    for (answer, response) in answers.iter().zip(&scenario.server) {
        let sent = sent(answer);
        let status_line = response.status_line.as_deref().unwrap_or_default();
        assert!(sent.contains(status_line), "{id}: {sent}");
        assert_eq!(answer["repeat"], json!(response.repeat), "{id}");
    }
}

fn sent(answer: &Value) -> String {
    let steps = answer["steps"].as_array().unwrap().iter();
    let sent = steps.filter_map(|step| BASE64_STANDARD.decode(step["send"].as_str()?).ok());
    String::from_utf8_lossy(&sent.collect::<Vec<_>>().concat()).into_owned()
}

/// All paths are queries of the handler.
#[test]
fn a_redirect_leads_to_the_handler() {
    let tests = tests(whole(), "connect-redirects", "scenarios");
    let location = |id: &str, at: usize| {
        let sent = sent(&tests[id]["server"][at]);
        let (_, rest) = sent.split_once("Location: ").unwrap();
        rest.split('\r').next().unwrap().to_owned()
    };
    assert_eq!(
        location("redirects/301", 0),
        "{{handler}}?{{query}}&path=/there"
    );
    assert_eq!(
        location("redirects/absolute", 0),
        "{{origin}}{{handler}}?{{query}}&path=/there%3Fa%3Db"
    );
    // The scenario has `three`, which is relative to `/two`.
    assert_eq!(
        location("redirects/chain", 2),
        "scenario.py?{{query}}&path=/three"
    );
}

#[test]
fn an_export_is_the_same_each_time_and_replaces_the_one_before() {
    let folder = Folder::new("wpt-again");
    assert_eq!(export(&folder, &[]).status, 0);
    let first = whole().files();
    folder.write("eventsource/esse/README.md", "changed");
    // Other tests of the project, beside it.
    folder.write("eventsource/eventsource-close.window.js", "theirs");
    assert_eq!(export(&folder, &[]).status, 0);
    let mut second = folder.files();
    let theirs = second.remove("eventsource/eventsource-close.window.js");
    assert_eq!(theirs.as_deref(), Some(&b"theirs"[..]));
    let differing: Vec<&String> = first
        .keys()
        .filter(|name| first[*name] != second[*name])
        .collect();
    assert_eq!((differing, first.len()), (vec![], second.len()));
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let folder = Folder::new("wpt-foreign");
    folder.write("eventsource/esse/mine.txt", "mine");
    let ran = export(&folder, &[]);
    assert_eq!((ran.stdout.as_str(), ran.status), ("", 2));
    ran.has_stderr("was not made by an earlier export");
    assert_eq!(folder.files().len(), 1);
}

#[test]
fn the_largest_test_can_be_chosen() {
    let folder = Folder::new("wpt-small");
    let ran = export(&folder, &["--max-bytes", "600"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let tests = [
        tests(&folder, "parse-", "vectors"),
        tests(&folder, "connect-", "scenarios"),
    ];
    for (path, bytes) in folder.files() {
        if is_a(&path, "json") {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.lines().all(|line| line.len() <= 601), "{path}");
        }
    }
    let all = parse_vectors().unwrap().len();
    assert!(
        500 < tests[0].len() && tests[0].len() < all,
        "{}",
        tests[0].len()
    );
    assert!(!tests[1].is_empty());
    let said = format!(
        "left out {} vectors and scenarios\n",
        left_out(&folder).len()
    );
    assert!(ran.stdout.ends_with(&said), "{}", ran.stdout);
}

/// A group of tests without its page would never run.
#[test]
fn each_group_has_a_page_that_runs_it_in_each_of_its_cuts() {
    let files = whole().files();
    let mut pages = 0;
    for (path, bytes) in &files {
        let Some(name) = path
            .strip_prefix("eventsource/esse/resources/")
            .and_then(|name| name.strip_suffix(".json"))
        else {
            continue;
        };
        let page = whole().read(&format!("{TESTS}/{name}.window.js"));
        assert!(page.ends_with(&format!("(\"{name}\");\n")), "{page}");
        let data: Value = serde_json::from_slice(bytes).unwrap();
        let vectors = data["vectors"].as_array().into_iter().flatten();
        let cuts = vectors.flat_map(|vector| vector["cuts"].as_array().unwrap());
        let cuts: BTreeSet<&str> = cuts.filter_map(Value::as_str).collect();
        let variants = page
            .lines()
            .filter_map(|line| line.strip_prefix("// META: variant=?cut="));
        assert_eq!(variants.collect::<BTreeSet<_>>(), cuts, "{name}");
        pages += 1;
    }
    let is_page = |path: &&String| path.ends_with(".window.js");
    assert_eq!(pages, files.keys().filter(is_page).count());
}

#[test]
fn the_handlers_and_scripts_can_be_parsed() {
    for path in whole().files().into_keys() {
        let file = whole().0.join(&path);
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("py") => parse("python3", &["-m", "py_compile"], &file),
            Some("js") => parse("node", &["--check"], &file),
            _ => {}
        }
    }
}

fn parse(program: &str, args: &[&str], file: &Path) {
    let Ok(output) = Command::new(program).args(args).arg(file).output() else {
        // Past the capture of the tests.
        let file = file.display();
        let note = format!("\nSKIPPED: {file}: there is no {program} on this machine\n");
        let _ = writeln!(std::io::stderr(), "{note}");
        return;
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stderr}", file.display());
}
