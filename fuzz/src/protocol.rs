//! No answer of a subject can break the suite.

use std::collections::VecDeque;
use std::sync::LazyLock;

use esse_cli::json_lines::JsonLines;
use esse_conformance::protocol::{Started, read_encoded, read_parsed, serve};
use esse_conformance::report::Format;
use esse_conformance::runner::{Options, run};
use esse_conformance::subject::{Block, Builtin, Encoded, Info, NoAnswer, Parsed, Subject};
use esse_conformance::suite::Suite;
use esse_parser::reference::interpret;
use serde_json::Value;

use crate::input::split;

/// Two vectors of each kind, which a subject that answers anything is asked.
static SUITE: LazyLock<Suite> = LazyLock::new(|| {
    let mut suite = Suite::load().unwrap_or_else(|error| panic!("broken vectors: {error}"));
    suite.parse.truncate(2);
    suite.encode.truncate(2);
    suite
});

/// Whatever a subject writes to its stdout, and whatever lines `esse subject` and `esse encode`
/// read: no panic, no endless loop, an answer for each line, a report that can be read.
///
/// ```
/// esse_fuzz::protocol(b"{\"version\":1,\"name\":\"x\",\"roles\":[\"parser\"]}\n{\"seq\":1}");
/// ```
///
/// # Panics
/// If that does not hold.
pub fn protocol(input: &[u8]) {
    let (content, _) = split(input);
    let lines: Vec<&[u8]> = content.split(|byte| *byte == b'\n').collect();
    serve_answers_each_line(content, lines.len());
    encode_writes_at_most_one_event(&lines);
    a_report_of_any_subject_can_be_read(&lines);
}

fn serve_answers_each_line(content: &[u8], lines: usize) {
    let mut output = Vec::new();
    let served = serve(&mut Builtin::new(), content, &mut output);
    assert!(served.is_ok(), "{served:?}");
    let answers: Vec<&[u8]> = output.split_inclusive(|byte| *byte == b'\n').collect();
    assert!(answers.len() <= lines);
    for answer in answers {
        let answer: Result<Value, _> = serde_json::from_slice(answer);
        assert!(answer.is_ok_and(|answer| answer.is_object()));
    }
}

fn encode_writes_at_most_one_event(lines: &[&[u8]]) {
    let mut state = JsonLines::default();
    let mut start = "";
    for line in lines {
        let Ok(block) = state.encode(line) else {
            continue;
        };
        // A blank line in place of the blocks before: the start of a stream is special.
        let stream = [start.as_bytes(), &block].concat();
        if !block.is_empty() {
            start = "\n";
        }
        let events = interpret(&stream).events;
        assert!(events.len() <= 1, "{line:?}: {events:?}");
        assert!(events.iter().all(|event| event.after_byte == stream.len()));
    }
}

fn a_report_of_any_subject_can_be_read(lines: &[&[u8]]) {
    let result = run(
        &mut Scripted::new(lines),
        &SUITE,
        None,
        &Options::default(),
        &mut |_| {},
    );
    let results = [result];
    for format in Format::ALL {
        assert!(!format.report(&results).is_empty());
    }
    let json: Result<Value, _> = serde_json::from_str(&Format::Json.report(&results));
    assert!(json.is_ok(), "{json:?}");
}

/// A subject whose answers are the lines, again and again.
struct Scripted<'l> {
    info: Info,
    lines: VecDeque<&'l [u8]>,
}

impl<'l> Scripted<'l> {
    fn new(lines: &[&'l [u8]]) -> Self {
        let started = lines
            .iter()
            .find_map(|line| serde_json::from_slice::<Started>(line).ok());
        Self {
            info: started.map_or_else(|| Builtin::new().info().clone(), |started| started.info),
            lines: lines.iter().copied().collect(),
        }
    }

    /// The next line, and the number that it answers if it answers one.
    fn next(&mut self) -> (&'l [u8], u64) {
        self.lines.rotate_left(1);
        let line = self.lines.back().copied().unwrap_or_default();
        let answer = serde_json::from_slice::<Value>(line).ok();
        let seq = answer.and_then(|answer| answer.get("seq")?.as_u64());
        (line, seq.unwrap_or(0))
    }
}

impl Subject for Scripted<'_> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn parse(&mut self, _: &[&[u8]], _: Option<&str>) -> Result<Parsed, NoAnswer> {
        let (line, seq) = self.next();
        read_parsed(line, seq).unwrap_or_else(|how| Err(NoAnswer::Malformed(how.0)))
    }

    fn encode(&mut self, _: &Block) -> Result<Encoded, NoAnswer> {
        let (line, seq) = self.next();
        read_encoded(line, seq).unwrap_or_else(|how| Err(NoAnswer::Malformed(how.0)))
    }
}
