//! Streams a file as the data of one event to standard output: `stream_file PATH`.

use std::fs::File;
use std::io::{self, stdout};

use esse_encoder::{Block, EventType};

fn main() -> io::Result<()> {
    let Some(path) = std::env::args().nth(1) else {
        return Err(io::Error::other("usage: stream_file PATH"));
    };
    let mut file = File::open(path)?;
    let block = Block::new().event_type(EventType::from_static("file"));
    let mut writer = block.data_writer(stdout());
    // Memory use is constant. If the file cannot be read to its end, the event is never finished,
    // and the receiver never dispatches it.
    writer.copy_from(&mut file)?;
    writer.finish()?;
    Ok(())
}
