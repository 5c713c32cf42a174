//! A client that comes back too late: the history has dropped events that it wants.

use super::resumed::{Resumed, publish_all, runs};
use crate::serve::check::{Check, Checked, ServerOption};
use crate::serve::message::id_of;
use crate::serve::server::Server;

const NEEDS: &[ServerOption] = &[
    ServerOption::Ids,
    ServerOption::Resume,
    ServerOption::History,
];
/// A history of eight events.
const SMALL: &[(&str, &str)] = &[("SSE_HISTORY", "8")];
const SOURCE: &str = "HTML 9.2.4; whatwg/html issue 8297, which asks for a sign";

pub(super) const CHECKS: &[Check] = &[
    Check::policy(
        "gap/within",
        SOURCE,
        "A client whose events are all still there gets them, and nothing says that one is missing.",
        |server| {
            publish_all(server, 1..=30)?;
            let new_client = Resumed::new_client(server)?;
            // One more than the live event of the client before has driven out.
            let resumed = Resumed::after(server, &id_of(25))?;
            resumed.is_exactly(26..=30)?;
            match resumed.announcement(&new_client) {
                None => Ok(None),
                Some(what) => Err(format!("nothing is missing, but there is {what}")),
            }
        },
    )
    .needs(NEEDS)
    .with(SMALL),
    Check::policy(
        "gap/announced",
        SOURCE,
        "A client that has missed events for good learns it: by an event, a comment, or a status.",
        announced,
    )
    .needs(NEEDS)
    .with(SMALL),
    Check::policy(
        "gap/no-hole",
        SOURCE,
        "What such a client gets of the history is its newest part, in order and without a hole, or nothing.",
        no_hole,
    )
    .needs(NEEDS)
    .with(SMALL),
];

/// After event 5 of 30, of which 8 are there.
fn too_late(server: &mut Server) -> Result<(Resumed, Option<String>), String> {
    publish_all(server, 1..=30)?;
    let new_client = Resumed::new_client(server)?;
    let resumed = Resumed::after(server, &id_of(5))?;
    let announcement = resumed.announcement(&new_client);
    Ok((resumed, announcement))
}

fn announced(server: &mut Server) -> Checked {
    let (resumed, announcement) = too_late(server)?;
    match announcement {
        Some(what) => Ok(Some(what)),
        None if resumed.status != 200 => Ok(Some(format!("the status is {}", resumed.status))),
        None => {
            let seen = runs(&resumed.numbers());
            Err(format!("after event 5 comes {seen}, and nothing else"))
        }
    }
}

fn no_hole(server: &mut Server) -> Checked {
    let (resumed, _) = too_late(server)?;
    let seen = resumed.numbers();
    let first = seen.first().copied().unwrap_or(31);
    if seen != (first..=30).collect::<Vec<_>>() {
        return Err(format!("of 30 events, {} came", runs(&seen)));
    }
    match resumed.broken {
        None => Ok(Some(format!("{} of 30 came", runs(&seen)))),
        Some(why) => Err(why),
    }
}
