//! The subject's side of the protocol, for a subject in this process.

use std::io::{self, BufRead, Write};

use serde::Serialize;
use serde_json::Value;

use super::message::{Answer, Command, EncodeMembers, Outcome, Started, VERSION, from_base64};
use crate::subject::answer::NoAnswer;
use crate::subject::contract::Subject;

/// Answers commands until `stop` or the end of the input. A line that is not a command gets an
/// answer that says so; it does not end the conversation.
///
/// # Errors
/// If reading or writing fails.
///
/// ```
/// let mut subject = esse_conformance::subject::Builtin::new();
/// let mut output = Vec::new();
/// esse_conformance::protocol::serve(&mut subject, &b"nonsense\n{\"cmd\":\"stop\"}\n"[..], &mut output)?;
/// assert!(output.starts_with(br#"{"seq":null,"errored":"#));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn serve(
    subject: &mut dyn Subject,
    mut input: impl BufRead,
    mut output: impl Write,
) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        match serde_json::from_slice(&line) {
            Ok(Command::Stop) => return Ok(()),
            Ok(command) => answer(subject, command, &mut output)?,
            Err(error) => send(&not_understood(&line, &error), &mut output)?,
        }
    }
}

fn answer(subject: &mut dyn Subject, command: Command, output: &mut impl Write) -> io::Result<()> {
    match command {
        Command::Start { .. } => send(
            &Started {
                version: VERSION,
                info: subject.info().clone(),
            },
            output,
        ),
        Command::Parse {
            seq,
            chunks,
            last_event_id,
        } => {
            let outcome = decode_all(&chunks).map(|chunks| {
                let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
                subject.parse(&chunks, last_event_id.as_deref())
            });
            send(&answer_of(seq, outcome), output)
        }
        Command::Encode { seq, block } => {
            let outcome = subject.encode(&block).map(EncodeMembers::from);
            send(&answer_of(seq, Ok(outcome)), output)
        }
        Command::Stop => Ok(()),
    }
}

fn decode_all(chunks: &[String]) -> Result<Vec<Vec<u8>>, String> {
    chunks.iter().map(|chunk| from_base64(chunk)).collect()
}

fn answer_of<T>(seq: u64, outcome: Result<Result<T, NoAnswer>, String>) -> Answer<T> {
    let outcome = match outcome {
        Ok(Ok(done)) => Outcome::Done(done),
        Ok(Err(NoAnswer::Skipped(skipped))) => Outcome::Skipped { skipped },
        Ok(Err(NoAnswer::Errored(errored))) | Err(errored) => Outcome::Errored { errored },
        Ok(Err(other)) => Outcome::Errored {
            errored: other.to_string(),
        },
    };
    Answer {
        seq: Some(seq),
        outcome,
    }
}

fn not_understood(line: &[u8], error: &serde_json::Error) -> Answer<()> {
    let seq = serde_json::from_slice::<Value>(line)
        .ok()
        .and_then(|value| value.get("seq").and_then(Value::as_u64));
    Answer {
        seq,
        outcome: Outcome::Errored {
            errored: format!("not a command: {error}"),
        },
    }
}

fn send(answer: &impl Serialize, output: &mut impl Write) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::Builtin;

    fn converse(input: &[u8]) -> String {
        let mut output = Vec::new();
        serve(&mut Builtin::new(), input, &mut output).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn parses_what_it_is_sent() {
        let answer = converse(br#"{"cmd":"parse","seq":7,"chunks":["ZGF0YTogeA0=","DQ=="]}"#);
        assert_eq!(
            answer,
            concat!(
                r#"{"seq":7,"events":[{"type":"message","data":"x","lastEventId":"","#,
                r#""afterChunk":1}],"lastEventId":"","reconnectionTime":null,"comments":[],"#,
                r#""ignored":[],"discarded":{"content":"nothing","lineCut":false}}"#,
                "\n"
            )
        );
    }

    #[test]
    fn starts_a_stream_with_an_earlier_last_event_id() {
        let answer = converse(br#"{"cmd":"parse","seq":7,"chunks":[],"lastEventId":"9"}"#);
        assert!(answer.contains(r#""lastEventId":"9""#), "{answer}");
    }

    #[test]
    fn encodes_and_refuses() {
        let answer = converse(br#"{"cmd":"encode","seq":8,"block":{"data":"x"}}"#);
        assert_eq!(answer, "{\"seq\":8,\"bytes\":\"ZGF0YTogeAoK\"}\n");
        let answer = converse(br#"{"cmd":"encode","seq":8,"block":{"id":"a\nb","data":"x"}}"#);
        assert!(answer.starts_with(r#"{"seq":8,"rejected":""#), "{answer}");
    }

    #[test]
    fn every_malformed_line_is_answered_and_the_next_one_is_read() {
        let lines: [&[u8]; 9] = [
            b"",
            b"{",
            b"[]",
            b"\xff\xfe",
            br#"{"cmd":"dance","seq":3}"#,
            br#"{"cmd":"parse","seq":3}"#,
            br#"{"cmd":"parse","seq":-3,"chunks":[]}"#,
            br#"{"cmd":"parse","seq":3,"chunks":["DQ"]}"#,
            br#"{"cmd":"encode","seq":3,"block":{"retry":-1}}"#,
        ];
        for line in lines {
            let input = [line, b"\n{\"cmd\":\"start\",\"version\":1}\n"].concat();
            let output = converse(&input);
            let answers: Vec<Value> = output
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            assert_eq!(answers.len(), 2, "{output}");
            assert!(
                answers[0]["errored"].is_string() && answers[1]["version"] == 1,
                "{output}"
            );
        }
    }

    #[test]
    fn what_follows_stop_is_not_read() {
        assert_eq!(converse(b"{\"cmd\":\"stop\"}\nnonsense\n"), "");
    }
}
