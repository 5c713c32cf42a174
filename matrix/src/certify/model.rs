//! A model of an engine: the steps of 9.2.6, each with the deviations that are known of it. Without any
//! it is the standard, which a test holds it to; with those of an engine it must predict what the
//! engine gives, for every stream.

use esse_conformance::subject::Parsed;

use super::decode::{Text, decode};
use super::probe::SeenEvent;
use super::quirk::{Quirk, Quirks};

/// What a stream means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) events: Vec<SeenEvent>,
    pub(super) last_event_id: String,
    /// In milliseconds; none if no stream has set it.
    pub(super) reconnection_time: Option<u64>,
}

impl Reading {
    /// What a parser made of a stream, after an earlier connection has left this.
    pub(super) fn of(parsed: Parsed, known: &Self) -> Self {
        let events = parsed.events.into_iter().map(|event| SeenEvent {
            event_type: event.event_type,
            data: event.data,
            last_event_id: event.last_event_id.unwrap_or_default(),
        });
        let time = parsed.reconnection_time.and_then(|time| time.as_u64());
        Self {
            events: events.collect(),
            last_event_id: parsed.last_event_id.unwrap_or_default(),
            reconnection_time: time.or(known.reconnection_time),
        }
    }
}

/// Reads a stream that comes in these pieces. `known` is what an earlier connection has left: its last
/// event ID and reconnection time.
pub(super) fn read(chunks: &[Vec<u8>], known: &Reading, quirks: &Quirks) -> Reading {
    let text = decode(chunks, quirks);
    let mut model = Model {
        quirks,
        reading: Reading {
            events: Vec::new(),
            ..known.clone()
        },
        id: None,
        event_type: String::new(),
        data: String::new(),
        hiding: String::new(),
    };
    for line in lines(&text, quirks.contains(&Quirk::BomHidesLineEnd)) {
        model.process_the_line(&line);
    }
    model.reading
}

struct Line<'t> {
    text: &'t str,
    follows_lf: bool,
}

/// The lines that end.
fn lines(text: &Text, bom_hides_line_end: bool) -> Vec<Line<'_>> {
    let Text { text, had_bom } = text;
    let bytes = text.as_bytes();
    let mut lines = Vec::new();
    let (mut start, mut at) = (0, usize::from(*had_bom && bom_hides_line_end));
    let mut follows_lf = false;
    while at < bytes.len() {
        let end = match (bytes[at], bytes.get(at + 1)) {
            (b'\r', Some(b'\n')) => at + 2,
            (b'\r' | b'\n', _) => at + 1,
            _ => {
                at += 1;
                continue;
            }
        };
        let text = &text[start..at];
        lines.push(Line { text, follows_lf });
        follows_lf = bytes[end - 1] == b'\n';
        (start, at) = (end, end);
    }
    lines
}

struct Model<'q> {
    quirks: &'q Quirks,
    reading: Reading,
    /// The ID of the block, if it has one. It may outlive the block.
    id: Option<String>,
    event_type: String,
    data: String,
    /// What the name of the next field begins with, by mistake.
    hiding: String,
}

impl Model<'_> {
    fn is(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    fn process_the_line(&mut self, line: &Line<'_>) {
        let drop_nul = line.follows_lf && self.is(Quirk::NulDroppedAtLineStart);
        let line = if drop_nul {
            line.text.trim_start_matches('\0')
        } else {
            line.text
        };
        match line.split_once(':') {
            None if line.is_empty() => self.dispatch(),
            None => self.name(line, ""),
            Some(("", _)) => {}
            Some((name, value)) => self.name(name, value),
        }
    }

    fn name(&mut self, name: &str, value: &str) {
        let name = std::mem::take(&mut self.hiding) + name;
        // A NUL right after the colon is not like the others.
        let (first, rest) = match value.strip_prefix(' ') {
            Some(rest) => ("", rest),
            None => value.split_at(value.chars().next().map_or(0, char::len_utf8)),
        };
        if name == "id" {
            self.id(first, rest);
        } else if self.is(Quirk::NulDroppedFromValue) {
            self.field(&name, &(first.to_owned() + &rest.replace('\0', "")));
        } else {
            self.field(&name, &(first.to_owned() + rest));
        }
    }

    fn id(&mut self, first: &str, rest: &str) {
        let first_is_nul = first == "\0" && !self.is(Quirk::NulFirstInId);
        if rest.contains('\0') && self.is(Quirk::NulIdHidesNextField) {
            "id".clone_into(&mut self.hiding);
        } else if !first_is_nul && !rest.contains('\0') {
            self.id = Some(first.to_owned() + rest);
        }
    }

    fn field(&mut self, name: &str, value: &str) {
        match name {
            "event" => value.clone_into(&mut self.event_type),
            "data" => self.data.extend([value, "\n"]),
            "retry" => self.retry(value),
            _ => {}
        }
    }

    fn retry(&mut self, value: &str) {
        let before = self.reading.reconnection_time;
        self.reading.reconnection_time = if value.is_empty() {
            self.empty_retry(before)
        } else if value.bytes().all(|byte| byte.is_ascii_digit()) {
            self.number(value).or(before)
        } else {
            before
        };
    }

    fn empty_retry(&self, before: Option<u64>) -> Option<u64> {
        if self.is(Quirk::RetryEmptyIsDefault) {
            None
        } else if self.is(Quirk::RetryEmptyIsZero) {
            Some(0)
        } else {
            before
        }
    }

    fn number(&self, digits: &str) -> Option<u64> {
        if self.is(Quirk::RetryWraps) {
            let wrapped = digits.bytes().fold(0_u32, |number, digit| {
                number
                    .wrapping_mul(10)
                    .wrapping_add(u32::from(digit - b'0'))
            });
            return Some(wrapped.into());
        }
        match digits.parse() {
            Ok(number) => Some(number),
            Err(_) if self.is(Quirk::RetryTooLargeIgnored) => None,
            Err(_) => Some(u64::MAX),
        }
    }

    fn dispatch(&mut self) {
        self.hiding.clear();
        let event_type = std::mem::take(&mut self.event_type);
        let mut data = std::mem::take(&mut self.data);
        let has_data = data.pop().is_some();
        if has_data || !self.is(Quirk::IdWithoutDataWaits) {
            let id = self.id.take();
            let lost = !has_data && self.is(Quirk::IdWithoutDataLost);
            if let Some(id) = id.filter(|_| !lost) {
                self.reading.last_event_id = id;
            }
        }
        if has_data {
            self.reading.events.push(SeenEvent {
                event_type: if event_type.is_empty() {
                    "message".to_owned()
                } else {
                    event_type
                },
                data,
                last_event_id: self.reading.last_event_id.clone(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use esse_conformance::runner::Cut;
    use esse_conformance::suite::Suite;
    use esse_parser::reference::interpret_from;

    use super::*;

    fn known(id: &str) -> Reading {
        Reading {
            last_event_id: id.to_owned(),
            ..Reading::default()
        }
    }

    fn of_reference(stream: &[u8], id: &str) -> Reading {
        let meaning = interpret_from(stream, id);
        let events = meaning.events.into_iter().map(|event| SeenEvent {
            event_type: event.event_type,
            data: event.data,
            last_event_id: event.last_event_id,
        });
        Reading {
            events: events.collect(),
            last_event_id: meaning.last_event_id,
            reconnection_time: meaning.reconnection_time,
        }
    }

    #[test]
    fn without_deviations_it_is_the_standard() {
        for case in Suite::load().unwrap().parse {
            let id = case.last_event_id.as_deref().unwrap_or_default();
            for cut in [Cut::Whole, Cut::Bytes] {
                let chunks = cut.chunks(&case.stream);
                let chunks: Vec<Vec<u8>> = chunks.into_iter().map(<[u8]>::to_vec).collect();
                let read = read(&chunks, &known(id), &Quirks::new());
                assert!(read == of_reference(&case.stream, id), "{}", case.vector.id);
            }
        }
    }
}
