//! `esse vectors export`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::program::{Ran, esse, quietly};

/// A folder for one test, removed at its end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("export-{test}"));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn export(&self) -> Ran {
        self.export_with(&["--format", "files"])
    }

    pub(crate) fn export_with(&self, args: &[&str]) -> Ran {
        let dir = self.0.to_str().unwrap();
        esse(&[&["vectors", "export"], args, &[dir]].concat(), "")
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.join(path)).unwrap()
    }

    /// All files by their paths.
    pub(crate) fn files(&self) -> Files {
        let mut all = Files::new();
        files(&self.0, &self.0, &mut all);
        all
    }

    fn has(&self, path: &str) -> bool {
        self.0.join(path).exists()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

fn files(root: &Path, folder: &Path, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            self::files(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            files.insert(name.to_owned(), fs::read(&path).unwrap());
        }
    }
}

/// The files that the JSON asks for, read here without the crate that embeds it.
mod from_json {
    use super::{Files, Path, Value, fs, json};

    pub(super) fn all() -> Files {
        let mut files = Files::new();
        for (kind, add) in [
            ("parse", parse as fn(&Value, &mut Files)),
            ("encode", encode),
        ] {
            for test in tests(kind) {
                add(&test, &mut files);
            }
        }
        files
    }

    pub(super) fn tests(kind: &str) -> Vec<Value> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../spec-vectors")
            .join(kind);
        let mut tests = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            let file: Value = serde_json::from_str(&text).unwrap();
            for group in file["groups"].as_array().unwrap() {
                tests.extend(group["tests"].as_array().unwrap().iter().cloned());
            }
        }
        tests
    }

    fn text(value: &Value) -> String {
        let part = |part: &Value| {
            let times = usize::try_from(part["times"].as_u64().unwrap()).unwrap();
            part["text"].as_str().unwrap().repeat(times)
        };
        match value {
            Value::String(text) => text.clone(),
            parts => parts["parts"]
                .as_array()
                .unwrap()
                .iter()
                .map(part)
                .collect(),
        }
    }

    fn hex(digits: &Value) -> Vec<u8> {
        let digits: Vec<char> = digits
            .as_str()
            .unwrap()
            .chars()
            .filter(|c| *c != ' ')
            .collect();
        let pairs = digits.chunks(2).map(|pair| pair.iter().collect::<String>());
        pairs
            .map(|pair| u8::from_str_radix(&pair, 16).unwrap())
            .collect()
    }

    fn stream(test: &Value) -> Vec<u8> {
        match (test.get("input"), test.get("inputHex")) {
            (Some(input), _) => text(input).into_bytes(),
            (_, Some(digits)) => hex(digits),
            _ => test["chunksHex"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(hex)
                .collect(),
        }
    }

    /// In the order of the members that `esse decode` has, without spaces.
    fn events(expected: &Value) -> String {
        let events = expected["events"].as_array().unwrap().iter();
        let line = |event: &Value| {
            let member = |value: &str| serde_json::to_string(value).unwrap();
            let [kind, id] =
                ["type", "lastEventId"].map(|name| member(event[name].as_str().unwrap()));
            let data = member(&text(&event["data"]));
            format!("{{\"type\":{kind},\"data\":{data},\"lastEventId\":{id}}}\n")
        };
        events.map(line).collect()
    }

    fn end(expected: &Value) -> String {
        let id = &expected["lastEventId"];
        let time = &expected["reconnectionTime"];
        let comments = expected.get("comments").map(|comments| {
            let texts: Vec<String> = comments.as_array().unwrap().iter().map(text).collect();
            format!(",\"comments\":{}", json!(texts))
        });
        let comments = comments.unwrap_or_default();
        let member = |name: &str| expected.get(name).map(|it| format!(",\"{name}\":{it}"));
        let reports: String = ["ignored", "discarded"]
            .into_iter()
            .filter_map(member)
            .collect();
        format!("{{\"lastEventId\":{id},\"reconnectionTime\":{time}{comments}{reports}}}\n")
    }

    fn lines(numbers: impl Iterator<Item = u64>) -> String {
        let lines: Vec<String> = numbers.map(|number| format!("{number}\n")).collect();
        lines.concat()
    }

    fn parse(test: &Value, files: &mut Files) {
        let id = test["id"].as_str().unwrap();
        let mut add = |ending: &str, bytes: Vec<u8>| {
            files.insert(format!("parse/{id}.{ending}"), bytes);
        };
        add("stream", stream(test));
        if let Some(id) = test.get("initialLastEventId") {
            add("initial-id", text(id).into_bytes());
        }
        if let Some(chunks) = test.get("chunksHex") {
            let chunks = chunks.as_array().unwrap().iter();
            add(
                "chunks",
                lines(chunks.map(|chunk| hex(chunk).len() as u64)).into_bytes(),
            );
        }
        let others = test
            .get("also")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        for (index, expected) in std::iter::once(&test["expect"]).chain(others).enumerate() {
            let prefix = if index == 0 {
                String::new()
            } else {
                format!("also{index}.")
            };
            let after = expected["events"].as_array().unwrap().iter();
            let after = lines(after.map(|event| event["afterByte"].as_u64().unwrap()));
            add(&format!("{prefix}jsonl"), events(expected).into_bytes());
            add(&format!("{prefix}after"), after.into_bytes());
            add(&format!("{prefix}end.json"), end(expected).into_bytes());
        }
    }

    fn encode(test: &Value, files: &mut Files) {
        let id = test["id"].as_str().unwrap();
        let mut add = |ending: &str, text: String| {
            files.insert(format!("{id}.{ending}"), text.into_bytes());
        };
        let block = test["block"].as_object().unwrap();
        let mut members = Vec::new();
        for name in ["comment", "event", "retry", "fields", "data", "id"] {
            // An empty list is as good as none.
            let given = block.get(name).filter(|value| **value != json!([]));
            let Some(value) = given else { continue };
            let value = match name {
                "retry" | "fields" => value.clone(),
                _ => Value::String(text(value)),
            };
            members.push(format!("\"{name}\":{value}"));
            for (index, field) in (1..).zip(value.as_array().into_iter().flatten()) {
                add(&format!("block.field{index}.name"), text(&field[0]));
                add(&format!("block.field{index}.value"), text(&field[1]));
            }
            match &value {
                Value::Array(_) => {}
                Value::String(value) => add(&format!("block.{name}"), value.clone()),
                number => add(&format!("block.{name}"), number.to_string()),
            }
        }
        add("block.json", format!("{{{}}}\n", members.join(",")));
        let expected = &test["expect"];
        if let Some(reason) = expected.get("rejected") {
            let [reason, field] = [reason, &expected["field"]].map(|word| word.as_str().unwrap());
            add("rejected", format!("{reason} {field}\n"));
        } else {
            add("bytes", text(&expected["bytes"]));
            add("jsonl", events(expected));
            add("end.json", end(expected));
        }
    }
}

/// One export for three tests: it has two hundred megabytes.
#[test]
fn what_is_exported() {
    let folder = Folder::new("whole");
    let ran = folder.export();
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    it_says_how_much_it_wrote(&ran.stdout, &folder);
    the_export_and_the_json_agree(&folder);
    blocks_are_as_the_program_reads_and_writes_them(&folder);
    #[cfg(unix)]
    the_suite_of_its_readme_runs(&folder);
}

fn it_says_how_much_it_wrote(said: &str, folder: &Folder) {
    let mut exported = folder.files();
    exported.remove("files.txt");
    let bytes: usize = exported.values().map(Vec::len).sum();
    let number = exported.len();
    let expected = format!("wrote {number} files of {bytes} bytes in all; left out 0 vectors\n");
    assert_eq!(said, expected);
}

#[test]
fn large_vectors_can_be_left_out() {
    let folder = Folder::new("small");
    let ran = folder.export_with(&["--max-bytes", "10000"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let index = folder.read("index.tsv");
    let paths: Vec<&str> = index
        .lines()
        .map(|line| line.split('\t').next().unwrap())
        .collect();
    let vectors = esse_vectors::parse_vectors().unwrap().len();
    let vectors = vectors + esse_vectors::encode_vectors().unwrap().len();
    let left_out = vectors - paths.len();
    assert!(0 < left_out && left_out < vectors / 10, "{left_out}");
    let said = format!("left out {left_out} vectors\n");
    assert!(ran.stdout.ends_with(&said), "{}", ran.stdout);
    for path in paths {
        let stream = format!("{path}.stream");
        let length = |file: &str| fs::metadata(folder.0.join(file)).map_or(0, |it| it.len());
        assert!(length(&stream) <= 10_000, "{path}");
    }
    assert!(!folder.has("parse/large/line-1-mib.stream"));
}

/// By name first: printing a difference of large contents would not help.
fn the_export_and_the_json_agree(folder: &Folder) {
    let mut exported = folder.files();
    let listed = String::from_utf8(exported.remove("files.txt").unwrap()).unwrap();
    let mut listed: Vec<&str> = listed.lines().skip(1).collect();
    listed.sort_unstable();
    assert_eq!(listed, exported.keys().collect::<Vec<_>>());

    let version = format!("esse-vectors {}\n", esse_vectors::VERSION);
    assert_eq!(exported.remove("VERSION").unwrap(), version.as_bytes());
    assert!(
        exported
            .remove("README.txt")
            .unwrap()
            .starts_with(b"The golden vectors")
    );
    assert_eq!(exported.remove("index.tsv").unwrap(), index().as_bytes());

    let expected = from_json::all();
    assert!(expected.len() > 5000, "{}", expected.len());
    let names = |files: &Files| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&exported), names(&expected));
    let differing: Vec<_> = exported
        .iter()
        .filter(|(name, bytes)| expected[*name] != **bytes)
        .collect();
    let differing: Vec<_> = differing.into_iter().map(|(name, _)| name).collect();
    assert_eq!(differing, [""; 0]);
}

/// What `esse vectors list` shows, which has the levels, places and IDs.
fn index() -> String {
    let tests: BTreeMap<String, Value> = ["parse", "encode"]
        .into_iter()
        .flat_map(from_json::tests)
        .map(|test| (test["id"].as_str().unwrap().to_owned(), test))
        .collect();
    let list = esse(&["vectors", "list"], "").stdout;
    let line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().take(3).collect();
        let [id, level, spec] = words[..] else {
            panic!("{line}")
        };
        let test = &tests[id];
        if id.starts_with("encode/") {
            let is_refused = test["expect"].get("rejected").is_some();
            let outcome = if is_refused { "rejected" } else { "bytes" };
            return format!("{id}\tencode\t{level}\t{outcome}\t{spec}\t{id}\n");
        }
        let outcomes = 1 + test
            .get("also")
            .map_or(0, |also| also.as_array().unwrap().len());
        format!("parse/{id}\tparse\t{level}\t{outcomes}\t{spec}\t{id}\n")
    };
    list.lines().map(line).collect()
}

/// The suite of README.txt, with the right program and with a wrong one.
#[cfg(unix)]
fn the_suite_of_its_readme_runs(folder: &Folder) {
    let readme = folder.read("README.txt");
    let (_, suite) = readme.split_once("as JSON lines:\n\n").unwrap();
    let decode = format!("'{}' decode", env!("CARGO_BIN_EXE_esse"));
    let run = |decode: &str| {
        let output = std::process::Command::new("sh")
            .args(["-c", &suite.replace("./decode", decode)])
            .current_dir(&folder.0)
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(run(&format!("{decode} 2>/dev/null")), "");
    let wrong = run("cat");
    assert!(wrong.lines().count() > 900, "{wrong}");
    assert!(wrong.contains("FAILED bom/then-lf\n"), "{wrong}");
}

/// A sample, as each is a run of the program.
fn blocks_are_as_the_program_reads_and_writes_them(folder: &Folder) {
    for name in [
        "data/cr-at-end",
        "fields/two-in-order",
        "retry/u64-max",
        "comment/with-data",
    ] {
        let stem = format!("encode/{name}");
        let block = folder.read(&format!("{stem}.block.json"));
        let bytes = folder.read(&format!("{stem}.bytes"));
        assert_eq!(esse(&["encode"], &block), quietly(&bytes), "{stem}");
        let events = folder.read(&format!("{stem}.jsonl"));
        assert_eq!(esse(&["decode"], &bytes), quietly(&events), "{stem}");
    }
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    for (test, name, text) in [
        ("foreign", "notes.txt", "mine"),
        ("foreign-list", "files.txt", "notes.txt\n"),
        ("foreign-folder", "parse/mine.txt", "mine"),
    ] {
        let folder = Folder::new(test);
        folder.write(name, text);
        let ran = folder.export();
        assert_eq!((ran.stdout.as_str(), ran.status), ("", 2));
        ran.has_stderr("was not made by an earlier export");
        assert_eq!(
            folder.files(),
            Files::from([(name.to_owned(), text.into())])
        );
    }
}

#[test]
fn an_empty_folder_is_taken_and_a_file_is_not() {
    let folder = Folder::new("empty");
    fs::create_dir_all(&folder.0).unwrap();
    assert_eq!(folder.export().status, 0);
    let file = folder.0.join("VERSION");
    let ran = esse(&["vectors", "export", file.to_str().unwrap()], "");
    assert_eq!((ran.stdout.as_str(), ran.status), ("", 2));
    ran.has_stderr("VERSION: ");
}

#[test]
fn an_earlier_export_is_replaced_and_what_lies_beside_it_stays() {
    let folder = Folder::new("again");
    let beside = Folder::new("again-beside");
    beside.write("mine.txt", "mine");
    folder.export();
    // As an earlier export may have left it: a vector with one outcome more, in a folder of its own.
    folder.write("parse/bom/then-lf.also9.jsonl", "old");
    folder.write("parse/old/one.stream", "old");
    folder.write("parse/bom/mine.txt", "mine");
    folder.write("parse/bom/then-lf.stream", "changed");
    let list = folder.read("files.txt");
    let more = "parse/bom/then-lf.also9.jsonl\nparse/old/one.stream\nparse/gone.stream\n";
    // A list that somebody has changed leads nowhere else.
    let absolute = beside.0.join("mine.txt");
    let out = format!("../export-again-beside/mine.txt\n{}\n", absolute.display());
    folder.write("files.txt", &(list.clone() + more + &out));
    assert_eq!(folder.export().status, 0);
    assert!(!folder.has("parse/bom/then-lf.also9.jsonl") && !folder.has("parse/old"));
    assert_eq!(folder.read("parse/bom/mine.txt"), "mine");
    assert!(
        folder
            .read("parse/bom/then-lf.stream")
            .starts_with('\u{feff}')
    );
    assert_eq!(folder.read("files.txt"), list);
    assert_eq!(beside.read("mine.txt"), "mine");
}
