//! What a server sends while there is no event.

use crate::serve::check::{Check, Checked, ServerOption};
use crate::serve::message::Published;
use crate::serve::server::Server;

const NEEDS: &[ServerOption] = &[ServerOption::KeepAlive];
const OFTEN: &[(&str, &str)] = &[("SSE_KEEP_ALIVE_MS", "200")];
const SOURCE: &str = "HTML 9.2.7, on proxies that drop connections";

/// How many keep-alives are awaited. The first may be what a server sends at the start of a stream.
const KEEP_ALIVES: usize = 4;

pub(super) const CHECKS: &[Check] = &[
    Check::policy(
        "keep-alive/bytes",
        SOURCE,
        "A stream without events has bytes again and again.",
        |server| {
            let mut stream = server.open()?;
            stream.await_pieces(KEEP_ALIVES)?;
            Ok(None)
        },
    )
    .needs(NEEDS)
    .with(OFTEN),
    Check::policy(
        "keep-alive/every-stream",
        SOURCE,
        "Each of ten streams has bytes again and again.",
        |server| {
            let mut streams = Vec::new();
            for _ in 0..10 {
                streams.push(server.open()?);
            }
            for stream in &mut streams {
                stream.await_pieces(KEEP_ALIVES)?;
            }
            Ok(None)
        },
    )
    .needs(NEEDS)
    .with(OFTEN),
    Check::policy(
        "keep-alive/after-an-event",
        SOURCE,
        "A stream that is silent after an event has bytes again and again.",
        |server| {
            let mut stream = server.open()?;
            let event = Published::data("x");
            server.publish(&event)?;
            stream.expect(&event)?;
            stream.await_pieces(KEEP_ALIVES)?;
            Ok(None)
        },
    )
    .needs(NEEDS)
    .with(OFTEN),
    Check::policy(
        "keep-alive/no-event",
        "HTML 9.2.7: a comment line",
        "A keep-alive dispatches no event, and the next event is as it was published.",
        no_event,
    )
    .needs(NEEDS)
    .with(OFTEN),
];

fn no_event(server: &mut Server) -> Checked {
    let mut stream = server.open()?;
    stream.await_pieces(KEEP_ALIVES)?;
    let event = Published::data("next");
    server.publish(&event)?;
    stream.expect(&event)?;
    Ok(None)
}
