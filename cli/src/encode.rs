//! `esse encode`: JSON lines of blocks to event stream.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::process::ExitCode;

use crate::input::FileArg;
use crate::json_lines::JsonLines;
use crate::stop::Stop;

const EXAMPLES: &str = r#"Examples:
  printf '%s\n' '{"event":"ping","data":"x"}' | esse encode
  jq -c '{data: .}' records.jsonl | esse encode
  esse decode recorded.sse | jq -c 'select(.type == "add")' | esse encode"#;

const AFTER_HELP: &str = r#"Each line is a block; every member may be left out, and no others are allowed:
  {"data":"two\nlines"}                            an event of type `message`
  {"event":"add","data":"73857293","id":"7"}       with a type and a last event ID
  {"data":"","id":""}                              an empty event; the last event ID is reset
  {"comment":"keep-alive"}                         without data it is not an event
  {"retry":3000}                                   a reconnection time in milliseconds
  {"fields":[["trace","4bf9"]],"data":"x"}         fields that receivers ignore
  {"data":{"token":"x"},"id":7}                    any JSON as data, also null; a number as ID
or an event as `esse decode` writes it:
  {"type":"add","data":"73857293","lastEventId":"7"}
Then `id` is written if the last event ID changes, so that decoding the result gives the same
lines again, including those of `--all`.

Each block is written as soon as its line is complete. A line that is not a block, or whose type,
ID or field would be read as something else, ends the command with status 1."#;

/// JSON lines to event stream, one block per line
#[derive(clap::Args)]
#[command(before_help = EXAMPLES, after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    file: FileArg,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    let input = args.file.open()?;
    let mut reader = BufReader::new(input.reader);
    let mut output = BufWriter::new(io::stdout().lock());
    let mut lines = JsonLines::default();
    let mut line = Vec::new();
    let mut number = 0_u64;
    while read_line(&mut reader, &mut line).map_err(|error| Stop::file(&input.name, &error))? {
        number += 1;
        let block = lines
            .encode(&line)
            .map_err(|reason| Stop::BadInput(format!("{}:{number}: {reason}", input.name)))?;
        write(&block, is_waiting(&reader), &mut output).map_err(|error| Stop::writing(&error))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    Ok(reader.read_until(b'\n', line)? > 0)
}

/// Whether the next line has not been read yet.
fn is_waiting(reader: &BufReader<impl Read>) -> bool {
    !reader.buffer().contains(&b'\n')
}

/// A block is written at once, unless the next one can go with it.
fn write(block: &[u8], flush: bool, output: &mut impl Write) -> io::Result<()> {
    output.write_all(block)?;
    if flush { output.flush() } else { Ok(()) }
}
