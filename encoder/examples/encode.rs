//! Writes a few blocks to standard output, as a server would write them to a connection.

use std::error::Error;
use std::io::{Write, stdout};
use std::time::Duration;

use esse_encoder::{Block, EventId, EventType};

const PRICE: EventType = EventType::from_static("price");

fn main() -> Result<(), Box<dyn Error>> {
    let mut stream = Vec::new();
    Block::new()
        .retry(Duration::from_secs(3))
        .encode(&mut stream);
    for (id, price) in [(1, "29.70"), (2, "29.68")] {
        let block = Block::event(price).event_type(PRICE).id(EventId::from(id));
        block.encode(&mut stream);
    }
    // Text from outside is checked when it becomes a type or an ID.
    let event_type = EventType::new(std::env::args().nth(1).unwrap_or_default())?;
    Block::event("two\nlines")
        .event_type(event_type)
        .encode(&mut stream);
    stdout().write_all(&stream)?;
    Ok(())
}
