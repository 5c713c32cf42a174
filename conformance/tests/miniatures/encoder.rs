//! An encoder with a switch for each way to be wrong.

use esse_conformance::subject::{Block, Encoded};

/// One way to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// The control: right in everything.
    Nothing,
    WritesTypeAsItIs,
    WritesIdAsItIs,
    WritesCommentAsItIs,
    WritesFieldsAsTheyAre,
    SplitsDataAtLfOnly,
    CountsCrLfTwice,
    SplitsDataAtLineSeparator,
    DropsTrailingNewline,
    EmptyDataWritesNothing,
    EmptyIdWritesNothing,
    RetryZeroWritesNothing,
    NoSpaceAfterColon,
    NoBlankLine,
    DataInControlBlocks,
    RefusesCrInData,
}

use Wrong::*;

pub(crate) fn encode(wrong: Wrong, block: &Block) -> Encoded {
    match try_encode(wrong, block) {
        Ok(text) => Encoded::Bytes(text.into_bytes()),
        Err(why) => Encoded::Rejected(why.to_owned()),
    }
}

fn try_encode(wrong: Wrong, block: &Block) -> Result<String, &'static str> {
    let mut text = String::new();
    if let Some(comment) = &block.comment {
        let lines = comment_lines(wrong, comment);
        text.extend(lines.iter().map(|line| field(wrong, "", line)));
    }
    if let Some(event) = &block.event {
        refuse(wrong != WritesTypeAsItIs && has_line_break(event))?;
        text += &field(wrong, "event", event);
    }
    let is_lost = |retry: u64| wrong == RetryZeroWritesNothing && retry == 0;
    if let Some(retry) = block.retry.filter(|retry| !is_lost(*retry)) {
        text += &field(wrong, "retry", &retry.to_string());
    }
    for (name, value) in &block.fields {
        refuse(wrong != WritesFieldsAsTheyAre && !is_good_field(name, value))?;
        text += &field(wrong, name, value);
    }
    text += &data(wrong, block.data.as_deref())?;
    let is_lost = |id: &str| wrong == EmptyIdWritesNothing && id.is_empty();
    if let Some(id) = block.id.as_ref().filter(|id| !is_lost(id)) {
        refuse(wrong != WritesIdAsItIs && (has_line_break(id) || id.contains('\0')))?;
        text += &field(wrong, "id", id);
    }
    text += if wrong == NoBlankLine { "" } else { "\n" };
    Ok(text)
}

fn refuse(is_bad: bool) -> Result<(), &'static str> {
    if is_bad {
        Err("cannot be written")
    } else {
        Ok(())
    }
}

fn has_line_break(text: &str) -> bool {
    text.contains(['\r', '\n'])
}

fn is_good_field(name: &str, value: &str) -> bool {
    let reserved = ["", "data", "event", "id", "retry"].contains(&name);
    let breaks = has_line_break(name) || has_line_break(value) || name.contains(':');
    !reserved && !breaks && !name.starts_with('\u{FEFF}')
}

fn field(wrong: Wrong, name: &str, value: &str) -> String {
    let space = if wrong == NoSpaceAfterColon { "" } else { " " };
    format!("{name}:{space}{value}\n")
}

fn comment_lines(wrong: Wrong, comment: &str) -> Vec<String> {
    match wrong {
        WritesCommentAsItIs => vec![comment.to_owned()],
        _ => lines(Nothing, comment),
    }
}

fn data(wrong: Wrong, data: Option<&str>) -> Result<String, &'static str> {
    let Some(data) = data else {
        let is_added = wrong == DataInControlBlocks;
        return Ok(if is_added { "data: \n" } else { "" }.to_owned());
    };
    refuse(wrong == RefusesCrInData && data.contains('\r'))?;
    if wrong == EmptyDataWritesNothing && data.is_empty() {
        return Ok(String::new());
    }
    Ok(lines(wrong, data)
        .iter()
        .map(|line| field(wrong, "data", line))
        .collect())
}

fn lines(wrong: Wrong, text: &str) -> Vec<String> {
    let text = match wrong {
        SplitsDataAtLfOnly => text.to_owned(),
        CountsCrLfTwice => text.replace('\r', "\n"),
        SplitsDataAtLineSeparator => lf(text).replace('\u{2028}', "\n"),
        DropsTrailingNewline => {
            let text = lf(text);
            text.strip_suffix('\n').unwrap_or(&text).to_owned()
        }
        _ => lf(text),
    };
    text.split('\n').map(str::to_owned).collect()
}

fn lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}
