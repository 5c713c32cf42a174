//! Events are on the wire when they are published, and not when there are more.

use crate::serve::check::{Check, Checked};
use crate::serve::message::Published;
use crate::serve::server::Server;

/// Of these, several at once.
const STREAMS: usize = 20;
const SOURCE: &str = "HTML 9.2.7, on layers that are unaware of the timing requirements";

pub(super) const CHECKS: &[Check] = &[
    Check::policy(
        "flush/one",
        SOURCE,
        "An event is on the wire before the next is published.",
        |server| one_at_a_time(server, 1),
    ),
    Check::policy(
        "flush/hundred",
        SOURCE,
        "Each of a hundred events is on the wire before the next is published.",
        |server| one_at_a_time(server, 100),
    ),
    Check::policy(
        "flush/large",
        SOURCE,
        "An event of 1 MiB is on the wire before the next is published, and so is a small one after it.",
        |server| {
            let mut stream = server.open()?;
            for data in ["x".repeat(1 << 20), "small".to_owned()] {
                let event = Published::data(data);
                server.publish(&event)?;
                stream.expect(&event)?;
            }
            Ok(None)
        },
    ),
    Check::policy(
        "flush/burst",
        SOURCE,
        "A thousand events that are published without a pause arrive in order.",
        |server| {
            let mut stream = server.open()?;
            for number in 0..1000 {
                server.publish(&Published::data(number.to_string()))?;
            }
            for number in 0..1000 {
                stream.expect(&Published::data(number.to_string()))?;
            }
            Ok(None)
        },
    ),
    Check::policy(
        "flush/every-stream",
        SOURCE,
        "An event is on the wire of each of twenty streams before the next is published.",
        |server| {
            let mut streams = Vec::new();
            for _ in 0..STREAMS {
                streams.push(server.open()?);
            }
            for number in 0..10 {
                let event = Published::data(number.to_string());
                server.publish(&event)?;
                for stream in &mut streams {
                    stream.expect(&event)?;
                }
            }
            Ok(None)
        },
    ),
];

fn one_at_a_time(server: &mut Server, events: usize) -> Checked {
    let mut stream = server.open()?;
    for number in 0..events {
        let event = Published::data(number.to_string());
        server.publish(&event)?;
        stream.expect(&event)?;
    }
    Ok(None)
}
