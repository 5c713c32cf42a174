//! The end of a server with open streams.

use crate::serve::check::{Check, Checked, ServerOption};
use crate::serve::message::Published;
use crate::serve::response::End;
use crate::serve::server::Server;

const NEEDS: &[ServerOption] = &[ServerOption::Shutdown];
const SOURCE: &str = "HTML 9.2.2: a client reconnects when its stream ends";

pub(super) const CHECKS: &[Check] = &[
    Check::policy(
        "shutdown/ends",
        SOURCE,
        "Each of ten streams ends when the server closes.",
        |server| {
            let mut streams = Vec::new();
            for _ in 0..10 {
                streams.push(server.open()?);
            }
            server.close()?;
            for stream in &mut streams {
                stream.rest()?;
            }
            Ok(None)
        },
    )
    .needs(NEEDS),
    Check::http(
        "shutdown/whole",
        "RFC 9112 8",
        "A stream that the server closes ends as HTTP says: with the last chunk, if it is chunked.",
        |server| {
            let mut stream = server.open()?;
            let event = Published::data("x");
            server.publish(&event)?;
            stream.expect(&event)?;
            server.close()?;
            match stream.rest()?.1 {
                End::Whole => Ok(None),
                End::Cut(why) => Err(why),
            }
        },
    )
    .needs(NEEDS),
    Check::policy(
        "shutdown/last-event",
        SOURCE,
        "An event that is published before the server closes arrives before the end.",
        |server| last(server, &Published::data("last")),
    )
    .needs(NEEDS),
    Check::policy(
        "shutdown/large-last-event",
        SOURCE,
        "An event of 1 MiB that is published before the server closes arrives before the end.",
        |server| last(server, &Published::data("x".repeat(1 << 20))),
    )
    .needs(NEEDS),
    Check::policy(
        "shutdown/process",
        SOURCE,
        "The process ends by itself when its standard input ends, though a stream was open.",
        |server| {
            let _open = server.open()?;
            server.close()?;
            if server.hang_up() {
                return Ok(None);
            }
            Err(format!("it did not end within {:?}", server.patience()))
        },
    )
    .needs(NEEDS),
];

/// The event is the last of its stream.
fn last(server: &mut Server, event: &Published) -> Checked {
    let mut stream = server.open()?;
    server.publish(event)?;
    server.close()?;
    stream.expect(event)?;
    let (events, _, left) = stream.rest()?;
    if !events.is_empty() || left.had_data() {
        let (more, bytes) = (events.len(), left.bytes);
        return Err(format!(
            "after the last event come {more} events, and {bytes} bytes of another"
        ));
    }
    Ok(None)
}
