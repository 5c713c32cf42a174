//! What the program says of a block, or of a line, that is over a limit.

use esse_parser::{LimitExceeded, LimitKind};

/// The parser's own words, with the option that raises this limit, if there is one.
pub(crate) fn over_limit(exceeded: &LimitExceeded, for_data: &str, for_others: &str) -> String {
    let text = exceeded.to_string();
    let what = text.split("; raise").next().unwrap_or(&text);
    let option = match exceeded.kind {
        LimitKind::Data => for_data,
        _ => for_others,
    };
    if option.is_empty() {
        what.to_owned()
    } else {
        format!("{what}; {option} raises the limit")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_option_that_helps_is_named() {
        let said = |kind, for_others| {
            let exceeded = esse_parser::Parser::builder()
                .limits(esse_parser::Limits::DEFAULT.with_data(1).with_event_type(1))
                .build()
                .next_event(&mut esse_parser::Chunk::new(kind))
                .unwrap_err();
            over_limit(&exceeded, "--limit-data", for_others)
        };
        let data = said(b"data: ab\n\n", "");
        assert!(
            data.ends_with("its block is discarded; --limit-data raises the limit"),
            "{data}"
        );
        let event_type = said(b"event: ab\n\n", "");
        assert!(
            event_type.ends_with("its block is discarded"),
            "{event_type}"
        );
        let event_type = said(b"event: ab\n\n", "--no-limits");
        assert!(
            event_type.ends_with("; --no-limits raises the limit"),
            "{event_type}"
        );
    }
}
