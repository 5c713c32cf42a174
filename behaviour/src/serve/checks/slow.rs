//! A client that does not read.

use esse_parser::OwnedItem;

use super::resumed::runs;
use crate::serve::check::{Check, Checked};
use crate::serve::message::Published;
use crate::serve::response::{End, Request};
use crate::serve::server::Server;
use crate::serve::stream::{Next, Stream, item_shown};

/// How many events are published, and how many bytes each has: 16 MiB, more than the buffers of the
/// system hold.
const EVENTS: usize = 256;
const SIZE: usize = 64 * 1024;
const SOURCE: &str = "no standard says what a server owes to a client that does not read";

pub(super) const CHECKS: &[Check] = &[
    Check::policy(
        "slow/others",
        SOURCE,
        "While one client does not read, 16 MiB are published, and another gets each event before the next.",
        |server| {
            stall(server)?;
            Ok(None)
        },
    ),
    Check::policy(
        "slow/no-silent-loss",
        SOURCE,
        "If the client reads again, it gets all events in order, or the stream ends early, or what is missing is announced.",
        |server| {
            let mut stalled = stall(server)?;
            read_again(&mut stalled)
        },
    ),
];

/// Publishes while one client does not read and another does. Returns the stream of the first.
fn stall(server: &mut Server) -> Result<Stream, String> {
    let stalled = server.open_with(&Request::slow())?.accepted()?;
    let mut reading = server.open()?;
    for number in 1..=EVENTS {
        let event = large(number);
        server.publish(&event)?;
        reading.expect(&event)?;
    }
    Ok(stalled)
}

fn large(number: usize) -> Published {
    Published::data(format!("{number} {}", "x".repeat(SIZE)))
}

fn read_again(stalled: &mut Stream) -> Checked {
    let (mut seen, mut announcement) = (Vec::new(), None);
    let mut until = stalled.deadline();
    let end = loop {
        match stalled.next(until)? {
            Next::Item(OwnedItem::Event(event)) => match number(&event.data) {
                Some(number) => {
                    seen.push(number);
                    until = stalled.deadline();
                    if number == EVENTS {
                        break None;
                    }
                }
                None => announcement = Some(item_shown(&OwnedItem::Event(event))),
            },
            Next::Item(item @ OwnedItem::Comment(_)) => announcement = Some(item_shown(&item)),
            Next::Item(_) => {}
            Next::Nothing => {
                let seen = runs(&seen);
                return Err(format!(
                    "{seen} came, and then nothing: neither more nor the end"
                ));
            }
            Next::End(end) => break Some(end),
        }
    };
    let is_without_hole = seen.iter().copied().eq(1..=seen.len());
    let shown = runs(&seen);
    match (is_without_hole, end, announcement) {
        (true, None, _) => Ok(Some("all events came".to_owned())),
        (true, Some(End::Whole | End::Cut(_)), _) => Ok(Some(format!("{shown} came, and the end"))),
        (false, _, Some(what)) => Ok(Some(format!("{shown} came, and {what}"))),
        (false, _, None) => Err(format!(
            "{shown} came, and nothing says that others are missing"
        )),
    }
}

fn number(data: &str) -> Option<usize> {
    let (number, rest) = data.split_once(' ')?;
    let number = number.parse().ok()?;
    (rest.len() == SIZE).then_some(number)
}
