//! `esse vectors export --format wpt`: the vectors and scenarios as web-platform-tests.

mod connect;
mod parse;

use std::collections::BTreeSet;

use serde::Serialize;

use super::files::ExportFile;
use crate::stop::Stop;

/// The folder of the tests in a checkout of web-platform-tests.
pub(crate) const FOLDER: &str = "eventsource/esse";
/// The largest test (bytes of its JSON), if nobody says otherwise.
const MAX_BYTES: usize = 1 << 16;

const README: &str = include_str!("wpt/README.md");
/// The files that are the same for all vectors.
const RESOURCES: [(&str, &str); 4] = [
    ("vector.py", include_str!("wpt/resources/vector.py")),
    ("vectors.js", include_str!("wpt/resources/vectors.js")),
    ("scenario.py", include_str!("wpt/resources/scenario.py")),
    ("scenarios.js", include_str!("wpt/resources/scenarios.js")),
];

/// A vector or scenario that is not exported.
struct LeftOut {
    id: String,
    why: &'static str,
}

/// Tests that share a page, one line of JSON each.
struct Group {
    /// The start of the names of its files, such as `parse-bom`.
    name: String,
    /// The member of the JSON that has them.
    kind: &'static str,
    /// The script of the page.
    page: String,
    tests: Vec<String>,
}

/// All files of the export, and how many vectors and scenarios it leaves out.
pub(crate) fn files(max_bytes: Option<usize>) -> Result<(Vec<ExportFile>, usize), Stop> {
    let max_bytes = max_bytes.unwrap_or(MAX_BYTES);
    let mut left_out = Vec::new();
    let mut groups = parse::groups(max_bytes, &mut left_out)?;
    groups.extend(connect::groups(max_bytes, &mut left_out)?);
    let mut files = vec![file("README.md".to_owned(), readme(&left_out))];
    for group in groups {
        let name = &group.name;
        files.push(file(format!("resources/{name}.json"), data(&group)));
        files.push(file(format!("{name}.window.js"), group.page));
    }
    let resources = RESOURCES.iter();
    files.extend(resources.map(|(name, text)| file(format!("resources/{name}"), *text)));
    Ok((files, left_out.len()))
}

fn file(path: String, text: impl Into<Vec<u8>>) -> ExportFile {
    let bytes = text.into();
    ExportFile { path, bytes }
}

fn readme(left_out: &[LeftOut]) -> String {
    let rows = left_out
        .iter()
        .map(|LeftOut { id, why }| format!("| `{id}` | {why} |\n"));
    README
        .replace("{version}", esse_vectors::VERSION)
        .replace("{bytes}", &parse::BYTES_UP_TO.to_string())
        .replace("{left_out}\n", &rows.collect::<String>())
}

/// A line for each test, so that a change is easily seen.
fn data(group: &Group) -> String {
    let (version, kind) = (esse_vectors::VERSION, group.kind);
    let tests = group.tests.join(",\n");
    format!("{{\"version\": \"{version}\", \"{kind}\": [\n{tests}\n]}}\n")
}

/// The script of a page. `variants` are queries.
fn page(title: &str, variants: &BTreeSet<String>, script: &str, call: &str) -> String {
    let variants = variants
        .iter()
        .map(|variant| format!("// META: variant={variant}\n"));
    let variants: String = variants.collect();
    format!(
        "// META: title=EventSource: {title}\n// META: timeout=long\n{variants}\
         // META: script=/common/utils.js\n// META: script=resources/{script}\n\n{call};\n"
    )
}

fn json(value: &impl Serialize) -> String {
    // Only maps whose keys are not strings cannot be written, and there are none.
    serde_json::to_string(value).unwrap_or_default()
}
