//! Part 2, from HTML 9.2.5: the [grammar](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream)
//! of an event stream, over decoded text. One function per production, under its name.

use alloc::vec::Vec;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::{all_consuming, opt, recognize};
use nom::multi::{fold_many0, many0};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

/// What a production returns: the text after it, and what it derives.
type Parsed<'t, T> = IResult<&'t str, T>;

/// A line, by the production that derives it.
pub(super) enum Line<'t> {
    /// `comment`: what follows the colon.
    Comment(&'t str),
    /// `field`: a line without a colon has the empty value.
    Field { name: &'t str, value: &'t str },
    /// The end-of-line that ends an `event`.
    Blank { end_of_line: &'t str },
}

/// The lines of a decoded event stream. The end of the file ends no line, so an unterminated tail
/// is none of them.
pub(super) fn parse(text: &str) -> Vec<Line<'_>> {
    let Ok((_, lines)) = all_consuming(stream).parse(text) else {
        unreachable!("`*event incomplete-event` derives every text");
    };
    lines
}

/// `stream = [ bom ] *event`, and the tail that 9.2.6 tells to read though the ABNF does not
/// derive it.
///
/// `[ bom ]` is not here: UTF-8 decode has taken it, and a second U+FEFF is a `name-char`.
///
/// Every text is derived by `*event incomplete-event`, in one way only: what follows the last
/// event has no blank line, so it is whole lines and then a piece of one.
fn stream(input: &str) -> Parsed<'_, Vec<Line<'_>>> {
    let extended = |mut lines: Vec<_>, event| {
        lines.extend(event);
        lines
    };
    let (input, lines) = fold_many0(event, Vec::new, extended).parse(input)?;
    let (input, tail) = incomplete_event(input)?;
    Ok((input, extended(lines, tail)))
}

/// `event = *( comment / field ) end-of-line`
fn event(input: &str) -> Parsed<'_, Vec<Line<'_>>> {
    let (input, mut lines) = many0(alt((comment, field))).parse(input)?;
    let (input, end_of_line) = end_of_line(input)?;
    lines.push(Line::Blank { end_of_line });
    Ok((input, lines))
}

/// `incomplete-event = *( comment / field ) *any-char`, ours: the lines count (a `retry` takes
/// effect), the unterminated piece of a line does not.
fn incomplete_event(input: &str) -> Parsed<'_, Vec<Line<'_>>> {
    terminated(many0(alt((comment, field))), take_while(any_char)).parse(input)
}

/// `comment = colon *any-char end-of-line`
fn comment(input: &str) -> Parsed<'_, Line<'_>> {
    delimited(colon, take_while(any_char), end_of_line)
        .map(Line::Comment)
        .parse(input)
}

/// `field = 1*name-char [ colon [ space ] *any-char ] end-of-line`
fn field(input: &str) -> Parsed<'_, Line<'_>> {
    let value = preceded((colon, opt(space)), take_while(any_char));
    let (input, name) = take_while1(name_char)(input)?;
    let (input, value) = terminated(opt(value), end_of_line).parse(input)?;
    let value = value.unwrap_or("");
    Ok((input, Line::Field { name, value }))
}

/// `end-of-line = ( cr lf / cr / lf )`
fn end_of_line(input: &str) -> Parsed<'_, &str> {
    alt((recognize((cr, lf)), cr, lf)).parse(input)
}

/// `lf = %x000A`
fn lf(input: &str) -> Parsed<'_, &str> {
    tag("\u{A}")(input)
}

/// `cr = %x000D`
fn cr(input: &str) -> Parsed<'_, &str> {
    tag("\u{D}")(input)
}

/// `space = %x0020`
fn space(input: &str) -> Parsed<'_, &str> {
    tag("\u{20}")(input)
}

/// `colon = %x003A`
fn colon(input: &str) -> Parsed<'_, &str> {
    tag("\u{3A}")(input)
}

/// `name-char = %x0000-0009 / %x000B-000C / %x000E-0039 / %x003B-10FFFF`
fn name_char(c: char) -> bool {
    matches!(c, '\0'..='\u{9}' | '\u{B}'..='\u{C}' | '\u{E}'..='\u{39}' | '\u{3B}'..='\u{10FFFF}')
}

/// `any-char = %x0000-0009 / %x000B-000C / %x000E-10FFFF`
fn any_char(c: char) -> bool {
    matches!(c, '\0'..='\u{9}' | '\u{B}'..='\u{C}' | '\u{E}'..='\u{10FFFF}')
}
