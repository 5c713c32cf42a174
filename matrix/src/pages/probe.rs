//! Measures the timing and limits of a parser. Wall-clock time is shown, never judged.

use std::time::{Duration, Instant};

use esse_conformance::subject::{Capability, NoAnswer, Parsed, Process, Role, Subject};

use super::read::{Probed, When};

const MIB: usize = 1 << 20;
/// The lines whose time is taken, and the chunks they come in (bytes).
const LINES: [usize; 3] = [MIB, 2 * MIB, 4 * MIB];
const CHUNK: usize = 1024;
/// The line that tries the limits, and the chunks it comes in (bytes).
const LONG_LINE: usize = 100 * MIB;
const LONG_CHUNK: usize = 64 * 1024;
/// The shortest time of `RUNS` runs counts. A run of at least `LONG` is not repeated.
const RUNS: usize = 3;
const LONG: Duration = Duration::from_secs(1);

/// Probes each parser and prints one JSON object. Encoders and subjects that do not start are left out.
pub(super) fn run(commands: &[String], timeout: Duration) {
    let mut probes = Vec::new();
    for command in commands {
        // On a busy machine a large library may not be loaded in time; the second time it is cached.
        let started =
            Process::start(command, timeout).or_else(|_| Process::start(command, timeout));
        match started {
            Ok(mut subject) if subject.info().is(&Role::Parser) => {
                probes.push(probe(&mut subject));
            }
            Ok(_) => {}
            Err(error) => eprintln!("cannot start `{command}`: {error}"),
        }
    }
    let json = serde_json::json!({ "probes": probes });
    println!("{json}");
}

/// Probes one parser.
pub(super) fn probe(subject: &mut dyn Subject) -> Probed {
    Probed {
        name: subject.info().name.clone(),
        language: subject.info().language.clone(),
        after_lf: when(subject, b"data: x\n\n"),
        after_cr: when(subject, b"data: x\r\r"),
        after_crlf: when(subject, b"data: x\r\n\r\n"),
        growth: LINES.map(|length| least_time(subject, length)).to_vec(),
        long_line: long_line(subject),
    }
}

/// When the event of this block comes. It is due with the last byte, or if the block ends with CRLF
/// with the CR.
fn when(subject: &mut dyn Subject, block: &[u8]) -> Option<When> {
    let complete = block.len() - usize::from(block.ends_with(b"\r\n"));
    let (now, then) = block.split_at(complete);
    let chunks = [now, then, b":", b"more\n"];
    let parsed = subject.parse(&chunks, None).ok()?;
    let event = parsed.events.first().filter(|event| event.data == "x")?;
    if !subject.info().can(&Capability::AfterChunk) {
        return Some(When::Whole);
    }
    Some(match event.after_chunk? {
        0 => When::AtOnce,
        after if after < chunks.len() => When::Later,
        _ => When::AtEnd,
    })
}

/// Milliseconds, including the protocol.
fn least_time(subject: &mut dyn Subject, length: usize) -> Option<f64> {
    let stream = one_line(length);
    let chunks = cut(&stream, CHUNK, subject);
    let mut least: Option<Duration> = None;
    for _ in 0..RUNS {
        let start = Instant::now();
        let parsed = subject.parse(&chunks, None).ok()?;
        let time = start.elapsed();
        if !is_whole(&parsed, length) {
            return None;
        }
        least = Some(least.map_or(time, |least| least.min(time)));
        if time > LONG {
            break;
        }
    }
    least.map(|time| time.as_secs_f64() * 1000.0)
}

fn long_line(subject: &mut dyn Subject) -> String {
    let stream = one_line(LONG_LINE);
    match subject.parse(&cut(&stream, LONG_CHUNK, subject), None) {
        Ok(parsed) if is_whole(&parsed, LONG_LINE) => "handed out".to_owned(),
        Ok(parsed) if parsed.events.is_empty() => "no event".to_owned(),
        Ok(_) => "changed".to_owned(),
        Err(NoAnswer::Errored(_)) => "refused with an error".to_owned(),
        Err(NoAnswer::TimedOut { how, .. }) => how,
        Err(_) => "crashed".to_owned(),
    }
}

fn one_line(length: usize) -> Vec<u8> {
    let mut stream = b"data: ".to_vec();
    stream.resize(stream.len() + length, b'x');
    stream.extend(b"\n\n");
    stream
}

fn cut<'s>(stream: &'s [u8], size: usize, subject: &dyn Subject) -> Vec<&'s [u8]> {
    if subject.info().can(&Capability::Chunks) {
        stream.chunks(size).collect()
    } else {
        vec![stream]
    }
}

fn is_whole(parsed: &Parsed, length: usize) -> bool {
    matches!(parsed.events.as_slice(), [event] if event.data.len() == length)
}

#[cfg(test)]
mod tests {
    use esse_conformance::subject::Builtin;

    use super::*;

    #[test]
    fn the_built_in_parser_hands_out_at_once() {
        let mut esse = Builtin::new();
        for block in ["data: x\n\n", "data: x\r\r", "data: x\r\n\r\n"] {
            assert_eq!(when(&mut esse, block.as_bytes()), Some(When::AtOnce));
        }
        assert_eq!(when(&mut esse, b"data: y\n\n"), None);
    }

    #[test]
    fn a_line_is_timed_only_if_it_came_whole() {
        assert!(least_time(&mut Builtin::new(), 10_000).is_some());
        assert!(!is_whole(&Parsed::default(), 0));
    }

    #[test]
    fn the_built_in_pair_has_no_limits() {
        assert_eq!(long_line(&mut Builtin::new()), "handed out");
    }
}
