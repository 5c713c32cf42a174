//! Clients that go away.

use std::thread;
use std::time::Duration;

use crate::serve::check::{Check, Checked};
use crate::serve::message::Published;
use crate::serve::response::Request;
use crate::serve::server::Server;

const SOURCE: &str = "HTML 9.2.2: a client may close its connection at any time";

pub(super) const CHECKS: &[Check] = &[
    Check::policy(
        "departure/others",
        SOURCE,
        "When one client goes, another still gets each event.",
        |server| {
            let going = server.open()?;
            let mut staying = server.open()?;
            let first = Published::data("first");
            server.publish(&first)?;
            staying.expect(&first)?;
            drop(going);
            // Long enough for the server to notice.
            for number in 0..20 {
                thread::sleep(Duration::from_millis(10));
                let event = Published::data(format!("after {number}"));
                server.publish(&event)?;
                staying.expect(&event)?;
            }
            Ok(None)
        },
    ),
    Check::policy(
        "departure/many",
        SOURCE,
        "After a hundred clients that came and went, a new one gets each event.",
        |server| {
            for number in 0..100 {
                let going = server.ask(&Request::default())?;
                if number % 10 == 0 {
                    server.publish(&Published::data(number.to_string()))?;
                }
                drop(going);
            }
            events(server, 20)
        },
    ),
    Check::policy(
        "departure/inside-an-event",
        SOURCE,
        "When a client goes that has not read all of a large event, another still gets each event.",
        |server| {
            let going = server.open_with(&Request::slow())?;
            let mut staying = server.open()?;
            let large = Published::data("x".repeat(8 << 20));
            server.publish(&large)?;
            drop(going);
            staying.expect(&large)?;
            events(server, 20)
        },
    ),
];

/// A new client gets each event.
fn events(server: &mut Server, events: usize) -> Checked {
    let mut stream = server.open()?;
    for number in 0..events {
        let event = Published::data(format!("after {number}"));
        server.publish(&event)?;
        stream.expect(&event)?;
    }
    Ok(None)
}
