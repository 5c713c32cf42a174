//! An adapter for `esse conform`. `Toy` stands for the parser under test: put yours in its place.
use base64::{engine::general_purpose::STANDARD, Engine};
use serde_json::{json, Value};

#[derive(Default)]
struct Toy {
    pending: Vec<u8>,
    kind: Option<String>,
    data: Vec<String>,
    last_id: String,
}

impl Toy {
    fn feed(&mut self, chunk: &[u8], mut emit: impl FnMut(&str, &str, &str)) {
        self.pending.extend_from_slice(chunk);
        while let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.pending.drain(..=end).take(end).collect();
            let line = String::from_utf8_lossy(&line);
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
            match name {
                "data" => self.data.push(value),
                "event" => self.kind = Some(value),
                "id" => self.last_id = value,
                "" if line.is_empty() && !self.data.is_empty() => {
                    let kind = self.kind.take().unwrap_or_else(|| "message".to_owned());
                    emit(&kind, &self.data.join("\n"), &self.last_id);
                    self.data.clear();
                }
                _ => {}
            }
        }
    }
}

fn parse(command: &Value) -> Result<Value, base64::DecodeError> {
    let (mut toy, mut events) = (Toy::default(), Vec::new()); // each `parse` is a new stream
    for (index, chunk) in command["chunks"].as_array().into_iter().flatten().enumerate() {
        toy.feed(&STANDARD.decode(chunk.as_str().unwrap_or_default())?, |kind, data, id| {
            events.push(json!({"type": kind, "data": data, "lastEventId": id, "afterChunk": index}));
        });
    }
    Ok(json!({"seq": command["seq"], "events": events, "lastEventId": toy.last_id}))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = json!({"version": 1, "name": "toy", "language": "Rust", "roles": ["parser"],
        "capabilities": ["chunks", "afterChunk", "lastEventId"]});
    for line in std::io::stdin().lines() {
        let command: Value = serde_json::from_str(&line?)?;
        match command["cmd"].as_str() { // println! flushes at the line end; logs: eprintln!
            Some("stop") => break,
            Some("start") => println!("{start}"),
            _ => println!("{}", parse(&command)?),
        }
    }
    Ok(())
}
