//! A client that comes back gets exactly what it missed (9.2.4).

use std::time::Duration;

use super::resumed::{Resumed, publish_all};
use crate::serve::check::{Check, Checked, ServerOption};
use crate::serve::message::{Published, id_of};
use crate::serve::response::Request;
use crate::serve::server::Server;

const SOURCE: &str = "HTML 9.2.4";
const NEEDS: &[ServerOption] = &[ServerOption::Ids, ServerOption::Resume];

pub(super) const CHECKS: &[Check] = &[
    Check::policy(
        "resume/middle",
        SOURCE,
        "After an ID come exactly the events that followed it, in order, and then live events.",
        |server| after(server, 20, 10),
    )
    .needs(NEEDS),
    Check::policy(
        "resume/first",
        SOURCE,
        "After the first ID come all events but the first.",
        |server| after(server, 20, 1),
    )
    .needs(NEEDS),
    Check::policy(
        "resume/newest",
        SOURCE,
        "After the newest ID come live events alone.",
        |server| after(server, 20, 20),
    )
    .needs(NEEDS),
    Check::policy(
        "resume/new-client",
        SOURCE,
        "A client without an ID gets only what is published from then on.",
        |server| {
            publish_all(server, 1..=20)?;
            Resumed::new_client(server)?.is_exactly(1..1)?;
            Ok(None)
        },
    )
    .needs(NEEDS),
    Check::policy(
        "resume/many",
        SOURCE,
        "A client that missed 900 events gets all of them.",
        |server| after(server, 950, 50),
    )
    .needs(NEEDS),
    Check::policy(
        "resume/while-publishing",
        SOURCE,
        "Events that are published while the client connects are neither lost nor doubled.",
        while_publishing,
    )
    .needs(NEEDS),
    Check::policy(
        "resume/each-client",
        SOURCE,
        "Clients that come back at the same time each get what they missed.",
        |server| {
            publish_all(server, 1..=20)?;
            let mut streams = Vec::new();
            for seen in [3, 17, 10, 3] {
                streams.push((seen, server.open_after(id_of(seen))?));
            }
            for (seen, stream) in &mut streams {
                for number in *seen + 1..=20 {
                    stream.expect(&Published::numbered(number))?;
                }
            }
            Ok(None)
        },
    )
    .needs(NEEDS),
    Check::policy(
        "resume/whole-events",
        SOURCE,
        "An event that is sent again has its type, its ID and all lines of its data.",
        |server| {
            publish_all(server, 1..=2)?;
            let event = Published::data("a\n\n b").id("3").event_type("e");
            server.publish(&event)?;
            let mut stream = server.open_after(id_of(1))?;
            stream.expect(&Published::numbered(2))?;
            stream.expect(&event)?;
            Ok(None)
        },
    )
    .needs(&[ServerOption::Ids, ServerOption::Resume, ServerOption::Types]),
    Check::standard(
        "resume/utf-8",
        "HTML 9.2.4; 9.2.2: Last-Event-ID is encoded as UTF-8",
        "An ID outside ASCII comes back as UTF-8, and is known.",
        |server| id_is_known(server, "é-\u{1F600}"),
    )
    .needs(NEEDS),
    Check::standard(
        "resume/any-text",
        "HTML 9.2.6, process the field, id",
        "An ID is any text: inner spaces, commas, quotes and percent signs come back as they are.",
        |server| id_is_known(server, "a b,\"c\";%20/=é"),
    )
    .needs(NEEDS),
    Check::policy(
        "resume/query",
        "a custom of polyfills, for the first connection of an EventSource",
        "The last event ID may be in the query, as `lastEventId`.",
        |server| {
            publish_all(server, 1..=20)?;
            let request = Request::query(format!("lastEventId={}", id_of(10)));
            Resumed::with(server, &request)?.is_exactly(11..=20)?;
            Ok(None)
        },
    )
    .needs(&[ServerOption::Ids, ServerOption::Resume, ServerOption::Query]),
];

fn after(server: &mut Server, published: usize, seen: usize) -> Checked {
    publish_all(server, 1..=published)?;
    Resumed::after(server, &id_of(seen))?.is_exactly(seen + 1..=published)?;
    Ok(None)
}

/// Events are published from before the request until after the head of its response, for several
/// clients in turn.
fn while_publishing(server: &mut Server) -> Checked {
    publish_all(server, 1..=100)?;
    let mut newest = 100;
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut stream = server.ask(&Request::after(id_of(50)))?;
        for _ in 0..100 {
            newest += 1;
            server.publish(&Published::numbered(newest))?;
            if stream.await_head(Duration::from_millis(1))?.is_some() {
                break;
            }
        }
        streams.push(stream);
        publish_all(server, newest + 1..=newest + 20)?;
        newest += 20;
    }
    for stream in &mut streams {
        for number in 51..=newest {
            stream.expect(&Published::numbered(number))?;
        }
    }
    // What is sent twice may come last.
    let live = Published::data("live").id("live");
    server.publish(&live)?;
    for stream in &mut streams {
        stream.expect(&live)?;
    }
    Ok(None)
}

fn id_is_known(server: &mut Server, id: &str) -> Checked {
    publish_all(server, 1..=2)?;
    server.publish(&Published::data("unusual").id(id))?;
    publish_all(server, 3..=4)?;
    Resumed::after(server, id)?.is_exactly(3..=4)?;
    Ok(None)
}
