//! The built-in pair, esse-parser and esse-encoder, as a subject in this process.

use esse_parser::{Chunk, Item, Limits, Parser};
use esse_vectors::{Content, Discarded};

use super::answer::{Encoded, Event, NoAnswer, Parsed};
use super::block::Block;
use super::contract::Subject;
use super::info::{Capability, Info, Role};

/// The built-in pair.
#[derive(Clone, Debug)]
pub struct Builtin {
    info: Info,
}

impl Builtin {
    /// The pair. The parser has no limits, as the standard has none.
    pub fn new() -> Self {
        let info = Info {
            name: "esse".to_owned(),
            language: "Rust".to_owned(),
            implementation_version: env!("CARGO_PKG_VERSION").to_owned(),
            homepage: "https://docs.rs/esse-parser".to_owned(),
            roles: vec![Role::Parser, Role::Encoder],
            capabilities: Capability::ALL.to_vec(),
        };
        Self { info }
    }
}

impl Default for Builtin {
    fn default() -> Self {
        Self::new()
    }
}

impl Subject for Builtin {
    fn info(&self) -> &Info {
        &self.info
    }

    fn parse(&mut self, chunks: &[&[u8]], last_event_id: Option<&str>) -> Result<Parsed, NoAnswer> {
        let mut parser = Parser::builder()
            .limits(Limits::NONE)
            .last_event_id(last_event_id.unwrap_or_default())
            .ignored_lines(true)
            .build();
        let mut parsed = Parsed::default();
        let (mut comments, mut ignored) = (Vec::new(), Vec::new());
        for (index, bytes) in chunks.iter().enumerate() {
            let mut chunk = Chunk::new(bytes);
            loop {
                match parser.next_item(&mut chunk) {
                    Ok(Some(Item::Event(event))) => parsed.events.push(reported(event, index)),
                    Ok(Some(Item::Comment(comment))) => comments.push(comment.to_owned()),
                    Ok(Some(Item::Ignored { name, value })) => {
                        ignored.push((name.to_owned(), value.to_owned()));
                    }
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(error) => return Err(NoAnswer::Errored(error.to_string())),
                }
            }
        }
        parsed.discarded = Some(discarded(parser.finish()));
        parsed.last_event_id = Some(parser.last_event_id().to_owned());
        parsed.reconnection_time = parser.reconnection_time().map(milliseconds);
        parsed.comments = Some(comments);
        parsed.ignored = Some(ignored);
        Ok(parsed)
    }

    fn encode(&mut self, block: &Block) -> Result<Encoded, NoAnswer> {
        Ok(match block.to_block() {
            Ok(block) => {
                let mut bytes = Vec::new();
                block.encode(&mut bytes);
                Encoded::Bytes(bytes)
            }
            Err(refusal) => Encoded::Rejected(refusal.to_string()),
        })
    }

    fn is_exact(&self) -> bool {
        true
    }
}

fn reported(event: esse_parser::Event<'_>, chunk: usize) -> Event {
    Event {
        event_type: event.event_type.to_owned(),
        data: event.data.to_owned(),
        last_event_id: Some(event.last_event_id.to_owned()),
        after_chunk: Some(chunk),
    }
}

fn discarded(discarded: esse_parser::Discarded) -> Discarded {
    Discarded {
        content: match discarded.content {
            esse_parser::Content::Nothing => Content::Nothing,
            esse_parser::Content::Comments => Content::Comments,
            esse_parser::Content::Fields => Content::Fields,
            // Nothing says more than data, also in a later version of the parser.
            _ => Content::Data,
        },
        line_cut: discarded.is_line_cut,
    }
}

/// A reconnection time was a u64 of milliseconds before it was a `Duration`.
fn milliseconds(time: std::time::Duration) -> serde_json::Number {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).into()
}
