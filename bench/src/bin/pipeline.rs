//! Standard input, an event stream, to JSON lines on standard output: what `esse decode` does, built
//! from the fastest peer that does no I/O and `serde_json`. `scripts/decode` times both.

use std::error::Error;
use std::io::{self, BufWriter, Read, Write};
use std::num::NonZeroUsize;

use serde::Serialize;
use sse_core::{SseDecoder, SseEvent};

/// What `esse decode` reads at once, too.
const CHUNK: usize = 64 * 1024;

const LIMIT: NonZeroUsize = NonZeroUsize::new(64 << 20).unwrap();

fn main() -> Result<(), Box<dyn Error>> {
    let (mut input, output) = (io::stdin().lock(), io::stdout().lock());
    let mut output = BufWriter::with_capacity(CHUNK, output);
    let mut decoder = SseDecoder::with_limit(LIMIT);
    let mut buffer = vec![0; CHUNK];
    loop {
        let mut bytes = match input.read(&mut buffer)? {
            0 => return Ok(output.flush()?),
            read => &buffer[..read],
        };
        while let Some(event) = decoder.next(&mut bytes).transpose()? {
            if let SseEvent::Message(event) = event {
                write_event(
                    &mut output,
                    &event.event,
                    &event.data,
                    event.last_event_id.as_deref(),
                )?;
            }
        }
    }
}

fn write_event(
    output: &mut impl Write,
    event_type: &str,
    data: &str,
    last_event_id: Option<&str>,
) -> io::Result<()> {
    serde_json::to_writer(
        &mut *output,
        &Line {
            event_type,
            data,
            last_event_id: last_event_id.unwrap_or_default(),
        },
    )?;
    output.write_all(b"\n")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    #[serde(rename = "type")]
    event_type: &'a str,
    data: &'a str,
    last_event_id: &'a str,
}
