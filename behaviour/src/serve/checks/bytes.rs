//! What was published is what a standard parser reads (9.2.5, 9.2.6).

use crate::serve::check::{Check, Checked, ServerOption};
use crate::serve::message::Published;
use crate::serve::server::Server;

const DATA: &str = "HTML 9.2.5; 9.2.6, process the field, data";
const LINES: &str = "HTML 9.2.5, end-of-line; 9.2.6, dispatch the event";
const TYPE: &str = "HTML 9.2.6, process the field, event";
const ID: &str = "HTML 9.2.6, process the field, id";

pub(super) const CHECKS: &[Check] = &[
    Check::standard(
        "bytes/plain",
        DATA,
        "Data arrives as it was published.",
        |server| data(server, "hello"),
    ),
    Check::standard(
        "bytes/empty",
        DATA,
        "Empty data is an event too.",
        |server| data(server, ""),
    ),
    Check::standard(
        "bytes/lf",
        LINES,
        "An LF in data is a line break.",
        |server| data(server, "a\nb"),
    ),
    Check::standard(
        "bytes/cr",
        LINES,
        "A CR in data is a line break: the rest is data and not a field.",
        |server| data(server, "a\rb"),
    ),
    Check::standard(
        "bytes/crlf",
        LINES,
        "A CRLF in data is one line break.",
        |server| data(server, "a\r\nb"),
    ),
    Check::standard(
        "bytes/line-breaks",
        LINES,
        "Line breaks of all kinds in one event stay apart.",
        |server| data(server, "a\n\rb\r\rc\r\n\r\nd\n\ne"),
    ),
    Check::standard(
        "bytes/leading-lf",
        LINES,
        "Data may begin with an empty line.",
        |server| data(server, "\na"),
    ),
    Check::standard(
        "bytes/trailing-lf",
        LINES,
        "Data may end with an empty line.",
        |server| data(server, "a\n"),
    ),
    Check::standard(
        "bytes/only-lf",
        LINES,
        "Data may be a line break alone.",
        |server| data(server, "\n"),
    ),
    Check::standard(
        "bytes/leading-space",
        "HTML 9.2.6, interpret the stream: one space after the colon is removed",
        "Data keeps its leading spaces, on every line.",
        |server| data(server, " a\n  b\n "),
    ),
    Check::standard(
        "bytes/trailing-space",
        DATA,
        "Data keeps its trailing spaces.",
        |server| data(server, "a  "),
    ),
    Check::standard(
        "bytes/tab",
        DATA,
        "A tab at the start of data stays.",
        |server| data(server, "\ta"),
    ),
    Check::standard(
        "bytes/colon",
        DATA,
        "Data may begin with a colon.",
        |server| data(server, ":a: b:\n:c"),
    ),
    Check::standard(
        "bytes/like-fields",
        DATA,
        "Data that looks like fields is data.",
        |server| data(server, "event: x\nid: 9\n\ndata: y\nretry: 1\n"),
    ),
    Check::standard("bytes/nul", DATA, "Data may have a NUL.", |server| {
        data(server, "a\0b")
    }),
    Check::standard(
        "bytes/non-bmp",
        "HTML 9.2.5: a stream is UTF-8",
        "Characters of every plane arrive.",
        |server| data(server, "é \u{FFFD} \u{1F600} \u{10FFFD}"),
    ),
    Check::standard(
        "bytes/bom",
        "HTML 9.2.5, bom",
        "A U+FEFF in data is a character, also in the first event.",
        |server| data(server, "\u{FEFF}a\u{FEFF}"),
    ),
    Check::standard(
        "bytes/not-line-ends",
        LINES,
        "NEL, LS, PS, VT and FF are not line ends.",
        |server| data(server, "a\u{85}b\u{2028}c\u{2029}d\u{B}e\u{C}f"),
    ),
    Check::standard(
        "bytes/long-line",
        DATA,
        "A line may have 100,000 bytes.",
        |server| data(server, &"é".repeat(50_000)),
    ),
    Check::standard(
        "bytes/many-lines",
        LINES,
        "An event may have 10,000 lines.",
        |server| data(server, &"a\n".repeat(10_000)),
    ),
    Check::standard("bytes/type", TYPE, "The type arrives.", |server| {
        reads(server, &Published::data("x").event_type("a type"))
    })
    .needs(&[ServerOption::Types]),
    Check::standard(
        "bytes/type-each",
        "HTML 9.2.6, dispatch the event, which empties the event type buffer",
        "A type is that of one event: the next has its own or none.",
        |server| {
            let mut stream = server.open()?;
            for event in [
                Published::data("1").event_type("a"),
                Published::data("2"),
                Published::data("3").event_type("message"),
            ] {
                server.publish(&event)?;
                stream.expect(&event)?;
            }
            Ok(None)
        },
    )
    .needs(&[ServerOption::Types]),
    Check::standard(
        "bytes/type-unusual",
        TYPE,
        "A type may have any character but line ends.",
        |server| reads(server, &Published::data("x").event_type(" é: \u{1F600} ")),
    )
    .needs(&[ServerOption::Types]),
    Check::standard("bytes/id", ID, "The ID arrives.", |server| {
        reads(server, &Published::data("x").id("7f"))
    })
    .needs(&[ServerOption::Ids]),
    Check::standard(
        "bytes/id-unusual",
        ID,
        "An ID may have inner spaces, colons and characters of every plane.",
        |server| reads(server, &Published::data("x").id("a b: é \u{1F600}")),
    )
    .needs(&[ServerOption::Ids]),
    Check::standard(
        "bytes/all-fields",
        DATA,
        "Type, ID and data of several lines arrive together.",
        |server| reads(server, &Published::data("a\n\nb").id("8").event_type("e")),
    )
    .needs(&[ServerOption::Ids, ServerOption::Types]),
];

fn data(server: &mut Server, data: &str) -> Checked {
    reads(server, &Published::data(data))
}

/// The event is what a client reads, and nothing follows it but the next event.
fn reads(server: &mut Server, event: &Published) -> Checked {
    let mut stream = server.open()?;
    let next = Published::data("next");
    server.publish(event)?;
    server.publish(&next)?;
    stream.expect(event)?;
    stream.expect(&next)?;
    Ok(None)
}
