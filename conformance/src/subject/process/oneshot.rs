//! A subject that does not speak the protocol: it reads a stream on stdin and writes events as
//! JSON lines, as `esse decode` does.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin};
use std::sync::mpsc;
use std::time::Duration;

use super::losses::{Losses, no_answer};
use crate::escape;
use crate::process::{
    Broken, LONGEST_LINE, PATIENCE, Tail, exit_status, is_no_command, kill, spawn,
};
use crate::subject::answer::{Encoded, Event, NoAnswer, Parsed};
use crate::subject::block::Block;
use crate::subject::contract::{Origin, Subject};
use crate::subject::info::{Info, Role};

/// A program that is run once per stream.
///
/// A pipe does not preserve chunk boundaries, so there are no cuts. Nor can the program receive a
/// block or an earlier last event ID, or report what is known at the end of the stream.
///
/// ```
/// use std::time::Duration;
/// use esse_conformance::subject::{Oneshot, Subject};
///
/// let program = r#"cat >/dev/null; echo '{"type":"message","data":"x"}'"#;
/// let mut subject = Oneshot::start(program, Duration::from_secs(10))?;
/// assert_eq!(subject.parse(&[b"data: x\n\n"], None)?.events[0].data, "x");
/// # Ok::<(), esse_conformance::subject::NoAnswer>(())
/// ```
#[derive(Clone, Debug)]
pub struct Oneshot {
    command: String,
    timeout: Duration,
    info: Info,
    losses: Losses,
}

impl Oneshot {
    /// Runs the program once, with an empty stream. Its name is the command itself. `timeout` is
    /// for one run, from start to end.
    ///
    /// # Errors
    /// If there is no such program. A program that fails in another way is a subject that fails.
    pub fn start(command: &str, timeout: Duration) -> Result<Self, NoAnswer> {
        let info = Info {
            name: command.to_owned(),
            roles: vec![Role::Parser],
            ..Info::default()
        };
        match run(command, Vec::new(), timeout) {
            Err((Broken::Exited(Some(status)), stderr)) if is_no_command(status) => {
                let how = format!("the shell cannot run it: {status}");
                Err(NoAnswer::Lost { how, stderr })
            }
            _ => Ok(Self {
                command: command.to_owned(),
                timeout,
                info,
                losses: Losses::default(),
            }),
        }
    }

    fn lost(&self, broken: &Broken, stderr: String) -> NoAnswer {
        self.losses.count(broken);
        let how = match broken {
            Broken::TimedOut(limit) => format!("timed out: did not end in {limit:?}"),
            other => other.to_string(),
        };
        no_answer(broken, how, stderr)
    }
}

impl Subject for Oneshot {
    fn info(&self) -> &Info {
        &self.info
    }

    fn parse(&mut self, chunks: &[&[u8]], last_event_id: Option<&str>) -> Result<Parsed, NoAnswer> {
        if last_event_id.is_some() {
            return Err(NoAnswer::Skipped(
                "a program run with --oneshot cannot receive an earlier ID".to_owned(),
            ));
        }
        self.losses.given_up()?;
        match run(&self.command, chunks.concat(), self.timeout) {
            Ok(output) => {
                self.losses.answered();
                events(&output).map_err(NoAnswer::Malformed)
            }
            Err((broken, stderr)) => Err(self.lost(&broken, stderr)),
        }
    }

    fn encode(&mut self, _: &Block) -> Result<Encoded, NoAnswer> {
        Err(NoAnswer::Skipped("only parses".to_owned()))
    }

    fn origin(&self) -> Origin {
        Origin::Oneshot(self.command.clone())
    }

    fn fork(&self) -> Option<Box<dyn Subject + Send>> {
        Some(Box::new(self.clone()))
    }
}

fn events(output: &[u8]) -> Result<Parsed, String> {
    let lines = output.split(|byte| *byte == b'\n').enumerate();
    let events = lines
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(index, line)| event(index + 1, line))
        .collect::<Result<_, _>>()?;
    Ok(Parsed {
        events,
        ..Parsed::default()
    })
}

fn event(number: usize, line: &[u8]) -> Result<Event, String> {
    // serde would accept an array of the members in order.
    let read = if line.trim_ascii_start().starts_with(b"{") {
        serde_json::from_slice(line).map_err(|error| error.to_string())
    } else {
        Err("not a JSON object".to_owned())
    };
    read.map_err(|why| {
        format!(
            "line {number} of the output is not an event: {} ({why}); write events as \
             {{\"type\":\"message\",\"data\":\"x\",\"lastEventId\":\"\"}}",
            escape::quote(line)
        )
    })
}

/// Everything that the program writes for this stream; or what went wrong, with the end of stderr.
fn run(command: &str, stream: Vec<u8>, timeout: Duration) -> Result<Vec<u8>, (Broken, String)> {
    let cannot = |error: std::io::Error| {
        let how = format!("cannot be started: {error}");
        (Broken::Garbage(how), String::new())
    };
    let mut child = spawn(command, |_| {}).map_err(cannot)?;
    let stderr = child.stderr.take().map(Tail::of).unwrap_or_default();
    let output = talk(&mut child, stream, timeout);
    kill(&mut child);
    let _ = child.wait();
    output.map_err(|broken| (broken, stderr.text()))
}

fn talk(child: &mut Child, stream: Vec<u8>, timeout: Duration) -> Result<Vec<u8>, Broken> {
    if let Some(stdin) = child.stdin.take() {
        std::thread::spawn(move || write(stdin, &stream));
    }
    let (to_read, output) = mpsc::channel();
    let stdout = child.stdout.take();
    std::thread::spawn(move || to_read.send(stdout.map_or_else(Vec::new, read)));
    let output = output
        .recv_timeout(timeout)
        .map_err(|_| Broken::TimedOut(timeout))?;
    match exit_status(child, PATIENCE) {
        Some(status) if status.success() => within_limit(output),
        other => Err(Broken::Exited(other)),
    }
}

/// A program need not read to the end: the pipe may be closed.
fn write(mut stdin: ChildStdin, stream: &[u8]) {
    let _ = stdin.write_all(stream).and_then(|()| stdin.flush());
}

fn read(stdout: impl Read) -> Vec<u8> {
    let mut output = Vec::new();
    let _ = stdout.take(LONGEST_LINE).read_to_end(&mut output);
    output
}

fn within_limit(output: Vec<u8>) -> Result<Vec<u8>, Broken> {
    if output.len() as u64 == LONGEST_LINE {
        return Err(Broken::Garbage(format!(
            "wrote {LONGEST_LINE} bytes or more"
        )));
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_lines_and_blank_lines_are_nothing() {
        let output = b"{\"type\":\"a\",\"data\":\"b\"}\r\n\n{\"type\":\"c\",\"data\":\"d\",\"lastEventId\":\"1\"}";
        let parsed = events(output).unwrap();
        assert_eq!(parsed.events.len(), 2);
        assert_eq!(parsed.events[0].last_event_id, None);
        assert_eq!(parsed.events[1].last_event_id.as_deref(), Some("1"));
    }

    #[test]
    fn a_line_that_is_no_event_is_named_and_shown() {
        for (output, expected) in [
            ("\n{\"type\":\"a\"}", "line 2 of the output is not an event"),
            ("{\"type\":\"a\"}", "missing field `data`"),
            ("[\"a\",\"b\"]", "not a JSON object"),
            ("data: x", "\"data: x\" (not a JSON object)"),
        ] {
            let error = events(output.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
