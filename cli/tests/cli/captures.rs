//! Streams recorded from real servers, if `ESSE_CAPTURES` names their folder.

use std::ffi::OsStr;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use esse_parser::reference;

use crate::program::{esse, quietly};
use crate::round_trip::assert_round_trip;

#[test]
fn captured_streams_are_decoded_as_the_reference_does_and_make_the_round_trip() {
    let Some(folder) = env::var_os("ESSE_CAPTURES") else {
        eprintln!("SKIPPED: no captured streams; set ESSE_CAPTURES to their folder");
        return;
    };
    let files = captures(&folder);
    assert!(
        !files.is_empty(),
        "ESSE_CAPTURES has no .sse files: {}",
        Path::new(&folder).display()
    );
    for path in files {
        let stream = fs::read(&path).unwrap();
        let what = path.display().to_string();
        assert!(
            esse(&["decode"], &stream) == quietly(&by_reference(&stream)),
            "{what}"
        );
        assert_round_trip(&stream, &["decode"], &what);
        assert_round_trip(&stream, &["decode", "--all"], &what);
    }
}

fn captures(folder: &OsStr) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.extension() == Some(OsStr::new("sse")))
        .collect()
}

fn by_reference(stream: &[u8]) -> String {
    reference::interpret(stream)
        .events
        .iter()
        .fold(String::new(), |mut lines, event| {
            let text = |text: &str| serde_json::to_string(text).unwrap();
            let (event_type, data) = (text(&event.event_type), text(&event.data));
            let id = text(&event.last_event_id);
            writeln!(
                lines,
                r#"{{"type":{event_type},"data":{data},"lastEventId":{id}}}"#
            )
            .unwrap();
            lines
        })
}
