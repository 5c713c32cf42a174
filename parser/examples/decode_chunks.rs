//! Decodes chunks by hand: events, comments and reconnection times, and what the end discards.
//!
//!     cargo run -p esse-parser --example decode_chunks

use esse_parser::{Chunk, Item, LimitExceeded, Parser};

fn main() -> Result<(), LimitExceeded> {
    let chunks = [
        "retry: 500\n: hello\nid: 1\nda",
        "ta: one\r\n\r",
        "\nid: 2\ndata: tw",
    ];
    let mut parser = Parser::new();
    for bytes in chunks {
        let mut chunk = Chunk::new(bytes.as_bytes());
        while let Some(item) = parser.next_item(&mut chunk)? {
            match item {
                Item::Event(event) => println!("{}: {}", event.event_type, event.data),
                Item::Comment(text) => println!("comment: {text}"),
                Item::ReconnectionTime(time) => println!("reconnect after {time:?}"),
                _ => {}
            }
        }
    }
    if parser.finish().had_data() {
        println!(
            "cut off; resume with Last-Event-ID: {}",
            parser.last_event_id()
        );
    }
    Ok(())
}
