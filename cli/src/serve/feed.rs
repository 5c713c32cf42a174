//! Stdin, event by event.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};

use esse_encoder::{Block, EventId, EventType, FieldName, InvalidField};
use esse_parser::{Chunk, Event, Item, Limits, Parser};
use esse_server::{Hub, IdCounter, PublishError, UnusableId};

use crate::counted::counted;
use crate::json_lines::JsonLines;
use crate::over_limit::over_limit;
use crate::stop;

const CHUNK: usize = 64 * 1024;

/// What the input is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// Each line is the data of an event.
    Lines,
    JsonLines,
    EventStream,
}

/// Publishes what comes on stdin.
pub(super) struct Feed {
    hub: Hub,
    form: Form,
    ids: IdCounter,
    is_valid: bool,
    /// An ID was replaced.
    has_replaced: bool,
}

impl Feed {
    pub(super) fn new(hub: Hub, form: Form, ids: IdCounter) -> Self {
        Self {
            hub,
            form,
            ids,
            is_valid: true,
            has_replaced: false,
        }
    }

    /// Reads to the end. Returns the exit status that it deserves.
    pub(super) fn run(mut self) -> u8 {
        let stdin = io::stdin().lock();
        let read = match self.form {
            Form::Lines => self.lines(stdin),
            Form::JsonLines => self.json_lines(stdin),
            Form::EventStream => self.event_stream(stdin),
        };
        if let Err(error) = read {
            stop::say(format_args!("<stdin>: {}", stop::reason(error)));
            return stop::TROUBLE;
        }
        if self.is_valid { 0 } else { stop::BAD_INPUT }
    }

    fn lines(&mut self, stdin: impl Read) -> io::Result<()> {
        let mut reader = BufReader::new(stdin);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\r', '\n']);
            self.publish(Block::event(text));
            line.clear();
        }
        Ok(())
    }

    fn json_lines(&mut self, stdin: impl Read) -> io::Result<()> {
        let mut reader = BufReader::new(stdin);
        let (mut line, mut lines) = (Vec::new(), JsonLines::default());
        let mut number = 0_u64;
        while reader.read_until(b'\n', &mut line)? > 0 {
            number += 1;
            let block = lines.block(&line);
            let published = block.and_then(|block| {
                let Some(block) = block else { return Ok(()) };
                let block = block.to_block().map_err(|invalid| invalid.to_string())?;
                self.publish(block);
                Ok(())
            });
            if let Err(why) = published {
                self.left_out(format_args!("line {number} is left out: {why}"));
            }
            line.clear();
        }
        Ok(())
    }

    /// Nothing is left out that the parser hands out, as with the JSON lines of `esse decode --all`.
    fn event_stream(&mut self, mut stdin: impl Read) -> io::Result<()> {
        // An event is served whatever its ID.
        let limits = Limits::DEFAULT.with_last_event_id(Limits::DEFAULT.data);
        let parser = Parser::builder().ignored_lines(true).limits(limits);
        let mut parser = parser.build();
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = match stdin.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let mut chunk = Chunk::new(&buffer[..read]);
            loop {
                match parser.next_item(&mut chunk) {
                    Ok(Some(item)) => match block_of(item) {
                        Ok(block) => self.publish(block),
                        Err(invalid) => {
                            self.left_out(format_args!("a line is left out: {invalid}"));
                        }
                    },
                    Ok(None) => break,
                    Err(exceeded) => self.left_out(over_limit(&exceeded, "", "")),
                }
            }
        }
        let discarded = parser.finish();
        if discarded.had_data() {
            let bytes = counted(discarded.bytes, "byte");
            self.left_out(format_args!(
                "the end is left out, {bytes}: no blank line follows the event"
            ));
        }
        Ok(())
    }

    /// Gives it an ID, if it has none, or one that no client can send back.
    fn publish(&mut self, block: Block<'_>) {
        let block = match block.parts().id.map(|_| self.hub.publish(&block)) {
            Some(Err(PublishError::Id(_))) if is_only_an_id(&block) => return,
            Some(Err(PublishError::Id(why))) => {
                self.say_replaced(why);
                block
            }
            None => block,
            // If it is closed, the server is being stopped.
            Some(Ok(()) | Err(PublishError::Closed)) => return,
            Some(Err(error)) => {
                return self.left_out(format_args!("an event is left out: {error}"));
            }
        };
        let _ = self.hub.publish(block.id(self.ids.next_id()));
    }

    fn say_replaced(&mut self, why: UnusableId) {
        // To a client, an event with an empty ID is one without an ID.
        if why != UnusableId::Empty && !self.has_replaced {
            self.has_replaced = true;
            stop::say(format_args!(
                "an ID is replaced, as is each further one that no client can send back: {why}"
            ));
        }
    }

    fn left_out(&mut self, why: impl std::fmt::Display) {
        self.is_valid = false;
        stop::say(why);
    }
}

/// Each event has an ID, so a block that only sets another one says nothing.
fn is_only_an_id(block: &Block<'_>) -> bool {
    let parts = block.parts();
    let fields = parts.other_fields.len() + parts.comments.len();
    parts.data.is_none() && parts.retry.is_none() && fields == 0
}

/// # Errors
/// The name of an ignored line begins with U+FEFF: to a client that begins here, it is another name.
fn block_of(item: Item<'_>) -> Result<Block<'_>, InvalidField> {
    Ok(match item {
        Item::Event(event) => event_block(event),
        Item::Comment(comment) => Block::new().comment(comment),
        Item::ReconnectionTime(time) => Block::new().retry(time),
        Item::LastEventId(id) => Block::new().id(EventId::new(id.to_owned())?),
        Item::Ignored { name, value } => {
            Block::new().field(FieldName::new(name.to_owned())?, value)?
        }
        _ => Block::new(),
    })
}

/// A type or an ID that was parsed has no line break. An ID with NUL is none.
fn event_block(event: Event<'_>) -> Block<'_> {
    let mut block = Block::event(event.data);
    if let Ok(event_type) = EventType::new(event.event_type.to_owned()) {
        block = block.event_type(event_type);
    }
    match event.id().map(|id| EventId::new(id.to_owned())) {
        Some(Ok(id)) if !id.as_str().is_empty() => block.id(id),
        _ => block,
    }
}
