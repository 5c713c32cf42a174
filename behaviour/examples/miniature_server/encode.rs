//! An event as bytes.

use crate::fault::Fault;
use crate::history::Published;

/// Why an event cannot be published.
pub(crate) fn refused(event: &Published, fault: Fault) -> Option<&'static str> {
    let has = |text: &Option<String>, breaks: &[char]| {
        text.as_ref().is_some_and(|text| text.contains(breaks))
    };
    let may_break_type = fault == Fault::TypeAsItIs;
    let may_break_id = matches!(fault, Fault::IdAsItIs | Fault::NulEndsId);
    if has(&event.event_type, &['\n', '\r']) && !may_break_type {
        Some("the type has a line end")
    } else if has(&event.id, &['\n', '\r', '\0']) && !may_break_id {
        Some("the ID has a line end or a NUL")
    } else {
        None
    }
}

/// The block, with a blank line at its end. `before` is the event before.
pub(crate) fn encode(event: &Published, before: Option<&Published>, fault: Fault) -> Vec<u8> {
    let mut block = Vec::new();
    let of_before = before.and_then(|before| before.event_type.as_deref());
    let event_type = match (fault, event.event_type.as_deref()) {
        (Fault::NoTypes, _) => None,
        (Fault::KeepsType, None) => of_before,
        (Fault::TrimsType, Some(event)) => Some(event.trim()),
        (_, event) => event,
    };
    if let Some(event_type) = event_type {
        block.push(format!("event: {event_type}"));
    }
    let id = match (fault, event.id.as_deref()) {
        (Fault::NoIds, _) => None,
        (Fault::AsciiIds, Some(id)) if !id.is_ascii() => None,
        (Fault::NulEndsId, Some(id)) => id.split('\0').next(),
        (_, id) => id,
    };
    if let Some(id) = id {
        block.push(format!("id: {id}"));
    }
    if fault == Fault::EmptyWritesNothing && event.data.is_empty() {
        block.push("\n".to_owned());
        return block.join("\n").into_bytes();
    }
    for line in lines(&event.data, fault) {
        let space = if fault == Fault::NoSpaceAfterColon {
            ""
        } else {
            " "
        };
        block.push(format!("data:{space}{line}"));
    }
    block.push("\n".to_owned());
    block.join("\n").into_bytes()
}

/// The data, a line for each line break.
fn lines(data: &str, fault: Fault) -> Vec<String> {
    let data = match fault {
        Fault::TrimsData => data.trim_end_matches(' '),
        Fault::StripsBom => data.trim_start_matches('\u{FEFF}'),
        Fault::CutsAtNul => data.split('\0').next().unwrap_or_default(),
        _ => data,
    };
    let data = match fault {
        Fault::LinesOnOne => data.replace('\n', " "),
        Fault::SplitsAtLfOnly => data.to_owned(),
        Fault::CrLfIsTwo => data.replace('\r', "\n"),
        Fault::SplitsAtLineSeparator => data.replace('\u{2028}', "\n"),
        Fault::AsciiAlone => data.replace(|char: char| !char.is_ascii(), "?"),
        Fault::ShortLines => data.chars().take(20_000).collect(),
        _ => data.replace("\r\n", "\n").replace('\r', "\n"),
    };
    let lines = data.split('\n').map(str::to_owned);
    match fault {
        Fault::DropsTrailingLf => data.lines().map(str::to_owned).collect(),
        Fault::TrimsLines => lines.map(|line| line.trim_start().to_owned()).collect(),
        Fault::DropsLikeComments => lines.filter(|line| !line.starts_with(':')).collect(),
        _ => lines.collect(),
    }
}
