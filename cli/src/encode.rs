//! `esse encode`: JSON lines of blocks to event stream.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::process::ExitCode;

use crate::json_lines::JsonLines;

use super::input::FileArg;
use super::stop::{self, Stop};

const AFTER_HELP: &str = r#"Input, one block a line; every member may be absent, none else may be there:
  {"data":"two\nlines"}                            an event of type `message`
  {"event":"add","data":"73857293","id":"7"}       with a type and a last event ID
  {"data":"","id":""}                              an empty event; the last event ID is reset
  {"comment":"keep-alive"}                         no data: no event, but a comment
  {"retry":3000}                                   or a reconnection time in milliseconds
  {"fields":[["trace","4bf9"]],"data":"x"}         fields that receivers ignore
or what `esse decode` writes:
  {"type":"add","data":"73857293","lastEventId":"7"}
There `id` is written where the last event ID is another than before, also back to "", so that
decoding the result gives the same lines again, those of `--all` too.

Examples:
  echo '{"event":"ping","data":"x"}' | esse encode
  esse decode recorded.sse | jq -c 'select(.type == "add")' | esse encode

A line that is no block ends the command with status 1; what came before it has been written."#;

/// JSON lines of blocks to event stream: one block a line
///
/// Writes each block in its canonical form as soon as its line has come. A type, ID or field that
/// would be read as something else (one with a line break, say) is refused.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    file: FileArg,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> ExitCode {
    stop::exit(encode(args))
}

fn encode(args: &Args) -> Result<ExitCode, Stop> {
    let input = args.file.open()?;
    let mut reader = BufReader::new(input.reader);
    let mut output = BufWriter::new(io::stdout().lock());
    let mut lines = JsonLines::default();
    let mut line = Vec::new();
    let mut number = 0_u64;
    while read_line(&mut reader, &mut line).map_err(|error| Stop::reading(&input.name, &error))? {
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

/// Whether the next line is not here yet.
fn is_waiting(reader: &BufReader<impl Read>) -> bool {
    !reader.buffer().contains(&b'\n')
}

/// A block goes out at once, unless the next one is here already.
fn write(block: &[u8], flush: bool, output: &mut impl Write) -> io::Result<()> {
    output.write_all(block)?;
    if flush { output.flush() } else { Ok(()) }
}
