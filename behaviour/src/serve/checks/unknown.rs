//! A last event ID that the server does not know: of another server, of an earlier run, or of an event
//! that was forgotten.

use super::resumed::{Resumed, publish_all};
use crate::serve::check::{Check, Checked, ServerOption};
use crate::serve::message::Published;
use crate::serve::response::Request;
use crate::serve::server::Server;

const NEEDS: &[ServerOption] = &[ServerOption::Ids, ServerOption::Resume];
const ID: &str = "never-published";

pub(super) const CHECKS: &[Check] = &[
    Check::policy(
        "unknown/status",
        "HTML 9.2.2: any other status ends a client for good",
        "The answer to an unknown ID is 200.",
        |server| {
            server.open_after(ID)?;
            Ok(None)
        },
    ),
    Check::policy(
        "unknown/live",
        "HTML 9.2.4",
        "A client with an unknown ID gets live events.",
        |server| {
            let mut stream = server.open_after(ID)?;
            server.publish(&Published::data("live"))?;
            // Others may say that something is missing.
            while stream.event()?.data != "live" {}
            Ok(None)
        },
    ),
    Check::policy(
        "unknown/no-silent-replay",
        "HTML 9.2.4",
        "A client with an unknown ID does not get old events again as if they were new, unless it learns of it.",
        no_silent_replay,
    )
    .needs(NEEDS),
    Check::policy(
        "unknown/announced",
        "whatwg/html issue 8297, which asks for a sign",
        "A client with an unknown ID learns that it may have missed events.",
        announced,
    )
    .needs(NEEDS),
    Check::policy(
        "unknown/long",
        "RFC 9110 5.4: a server may refuse a header that is too large",
        "An ID of 6,000 bytes gets an answer, and others still get events.",
        |server| survives(server, &[b'x'; 6000]),
    ),
    Check::policy(
        "unknown/not-utf-8",
        "HTML 9.2.4, which a client can break",
        "An ID that is not UTF-8 gets an answer, and others still get events.",
        |server| survives(server, b"a\xFF\xC3b"),
    ),
];

fn no_silent_replay(server: &mut Server) -> Checked {
    publish_all(server, 1..=20)?;
    let new_client = Resumed::new_client(server)?;
    let resumed = Resumed::after(server, ID)?;
    let replayed = resumed.numbers().len();
    match resumed.announcement(&new_client) {
        None if replayed > 0 => Err(format!(
            "{replayed} old events came, and nothing before them"
        )),
        None if resumed.status != 200 => Ok(Some(format!("the status is {}", resumed.status))),
        None => Ok(Some("begins with live events, silently".to_owned())),
        Some(what) if replayed > 0 => Ok(Some(format!("{replayed} old events and {what}"))),
        Some(what) => Ok(Some(format!("begins with live events and {what}"))),
    }
}

fn announced(server: &mut Server) -> Checked {
    publish_all(server, 1..=20)?;
    let new_client = Resumed::new_client(server)?;
    let resumed = Resumed::after(server, ID)?;
    match resumed.announcement(&new_client) {
        Some(what) => Ok(Some(what)),
        None if resumed.status != 200 => Ok(Some(format!("the status is {}", resumed.status))),
        None => Err("nothing differs from what a new client gets but replayed events".to_owned()),
    }
}

/// The request gets an answer of any status, and does not hurt other streams.
fn survives(server: &mut Server, id: &[u8]) -> Checked {
    let mut other = server.open()?;
    let asked = server.open_with(&Request::after(id))?;
    let status = asked.head().map(|head| head.status);
    let event = Published::data("live");
    server.publish(&event)?;
    other.expect(&event)?;
    Ok(status.map(|status| format!("the status is {status}")))
}
