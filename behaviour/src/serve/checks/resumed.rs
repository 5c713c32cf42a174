//! What a client gets that comes back with a last event ID, up to an event that is published then.

use esse_parser::OwnedItem;

use crate::serve::message::Published;
use crate::serve::response::Request;
use crate::serve::server::Server;
use crate::serve::stream::{Next, Stream, is_as_published, item_shown};

/// What came before the event that was published last.
#[derive(Debug)]
pub(super) struct Resumed {
    pub(super) status: u16,
    items: Vec<OwnedItem>,
    /// Why the event that was published last did not come.
    pub(super) broken: Option<String>,
}

/// The data of the event that is published last.
const LIVE: &str = "live";

impl Resumed {
    /// Comes back after this ID, and publishes an event.
    pub(super) fn after(server: &mut Server, id: &str) -> Result<Self, String> {
        Self::with(server, &Request::after(id))
    }

    /// Comes as a new client, and publishes an event.
    pub(super) fn new_client(server: &mut Server) -> Result<Self, String> {
        Self::with_live(server, &Request::default(), "live-before")
    }

    /// Sends this request, and publishes an event.
    pub(super) fn with(server: &mut Server, request: &Request) -> Result<Self, String> {
        Self::with_live(server, request, "live")
    }

    fn with_live(server: &mut Server, request: &Request, id: &str) -> Result<Self, String> {
        let mut stream = server.open_with(request)?;
        // Not all answers are streams, and not all servers send a head before an event.
        let status = stream.head().map_or(200, |head| head.status);
        let mut resumed = Self {
            status,
            items: Vec::new(),
            broken: None,
        };
        if status == 200 {
            server.publish(&Published::data(LIVE).id(id))?;
            resumed.broken = resumed.read(&mut stream)?;
        }
        Ok(resumed)
    }

    /// Reads up to the last event. Returns why it did not come.
    fn read(&mut self, stream: &mut Stream) -> Result<Option<String>, String> {
        let until = stream.deadline();
        loop {
            match stream.next(until)? {
                Next::Item(OwnedItem::Event(event)) if event.data == LIVE => return Ok(None),
                Next::Item(item) => self.items.push(item),
                Next::Nothing => return Ok(Some("the live event did not come".to_owned())),
                Next::End(_) => return Ok(Some("the stream ended".to_owned())),
            }
        }
    }

    /// The numbers of the events that were published before.
    pub(super) fn numbers(&self) -> Vec<usize> {
        let events = self.items.iter().filter_map(number);
        events.collect()
    }

    /// What is not an event that was published before, and not what a new client gets too: what says
    /// that something is missing.
    pub(super) fn announcement(&self, new_client: &Self) -> Option<String> {
        let says = |item: &&OwnedItem| {
            let is_text = matches!(
                item,
                OwnedItem::Event(_) | OwnedItem::Comment(_) | OwnedItem::Ignored { .. }
            );
            is_text && number(item).is_none() && !new_client.items.contains(item)
        };
        self.items.iter().find(says).map(item_shown)
    }

    /// Exactly these came, and then the live event.
    pub(super) fn is_exactly(&self, numbers: impl Iterator<Item = usize>) -> Result<(), String> {
        if self.status != 200 {
            return Err(format!("the status is {}", self.status));
        }
        let (seen, wanted) = (self.numbers(), numbers.collect::<Vec<_>>());
        if seen != wanted {
            let (seen, wanted) = (runs(&seen), runs(&wanted));
            return Err(format!("{seen} came, and should have been {wanted}"));
        }
        match &self.broken {
            None => Ok(()),
            Some(why) => Err(why.clone()),
        }
    }
}

/// Publishes events whose IDs and data are numbers.
pub(super) fn publish_all(
    server: &mut Server,
    numbers: impl Iterator<Item = usize>,
) -> Result<(), String> {
    for number in numbers {
        server.publish(&Published::numbered(number))?;
    }
    Ok(())
}

fn number(item: &OwnedItem) -> Option<usize> {
    let OwnedItem::Event(event) = item else {
        return None;
    };
    let number = event.data.parse().ok()?;
    is_as_published(event, &Published::numbered(number)).then_some(number)
}

/// Numbers as runs, such as `events 1 to 3, 7`.
pub(super) fn runs(numbers: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for number in numbers.iter().copied() {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let shown: Vec<String> = runs
        .iter()
        .map(|(first, last)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first} to {last}")
            }
        })
        .collect();
    if shown.is_empty() {
        return "nothing".to_owned();
    }
    format!("events {}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_runs() {
        assert_eq!(runs(&[]), "nothing");
        assert_eq!(
            runs(&[1, 2, 3, 7, 7, 9, 10]),
            "events 1 to 3, 7, 7, 9 to 10"
        );
    }
}
