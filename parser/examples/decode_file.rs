//! Prints the data of each event of a file, or of standard input.
//!
//!     cargo run -p esse-parser --example decode_file --features read -- events.txt

use std::error::Error;
use std::fs::File;
use std::io::{self, Read};

use esse_parser::EventReader;

fn main() -> Result<(), Box<dyn Error>> {
    let source: Box<dyn Read> = match std::env::args().nth(1) {
        Some(path) => Box::new(File::open(path)?),
        None => Box::new(io::stdin()),
    };
    let mut events = EventReader::new(source);
    for event in events.by_ref() {
        println!("{}", event?.data);
    }
    let (_, mut parser) = events.into_parts();
    if parser.finish().had_data() {
        return Err("the stream ends inside an event".into());
    }
    Ok(())
}
