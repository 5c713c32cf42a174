//! What vectors say about ignored lines and about the end of their stream, derived from the stream
//! by the prose of 9.2.6.

use esse_vectors::{Content, Discarded, ParseVector, parse_vectors};

/// What a stream has beside its events.
#[derive(Debug, PartialEq)]
struct Reports {
    ignored: Vec<(String, String)>,
    discarded: Discarded,
}

/// Reads the whole stream at once, line by line.
fn reports(stream: &[u8]) -> Reports {
    // "Streams must be decoded using the UTF-8 decode algorithm", which strips one BOM.
    let text = String::from_utf8_lossy(stream);
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    // CRLF, CR and LF end a line.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // The end of the file does not.
    let (whole, cut) = text.rsplit_once('\n').unwrap_or(("", &text));
    let whole = whole.split('\n').take(text.matches('\n').count());
    let (mut ignored, mut content) = (Vec::new(), Content::Nothing);
    for line in whole {
        // "If the line contains a U+003A COLON character", or "otherwise": the whole line is the
        // name, and the value is empty.
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        content = match name {
            _ if line.is_empty() => Content::Nothing,
            "" => content.max(Content::Comments),
            "data" => Content::Data,
            "event" | "id" | "retry" => content.max(Content::Fields),
            _ => {
                ignored.push((name.to_owned(), value.to_owned()));
                content.max(Content::Fields)
            }
        };
    }
    let of_cut = match cut.split_once(':') {
        Some(("data", _)) => Content::Data,
        Some(("", _)) => Content::Comments,
        None if cut.is_empty() => Content::Nothing,
        _ => Content::Fields,
    };
    Reports {
        ignored,
        discarded: Discarded {
            content: content.max(of_cut),
            line_cut: !cut.is_empty(),
        },
    }
}

#[test]
fn every_vector_reports_what_its_stream_has() {
    let mut checked = 0;
    for vector in parse_vectors().expect("the files are right") {
        assert_eq!(problems(&vector), [""; 0], "{}", vector.id);
        let expect = &vector.expect;
        checked += usize::from(expect.ignored.is_some() || expect.discarded.is_some());
    }
    assert!(checked >= 25, "{checked} vectors");
}

fn problems(vector: &ParseVector) -> Vec<String> {
    let right = reports(&vector.input);
    let ignored = vector.expect.ignored.as_ref();
    let ignored = ignored.filter(|ignored| **ignored != right.ignored);
    let discarded = vector.expect.discarded;
    let discarded = discarded.filter(|discarded| *discarded != right.discarded);
    let ignored = ignored.map(|wrong| format!("{wrong:?} is not {:?}", right.ignored));
    let discarded = discarded.map(|wrong| format!("{wrong} is not {}", right.discarded));
    ignored.into_iter().chain(discarded).collect()
}

/// Each defect is found, and it alone.
#[test]
fn a_wrong_report_is_found() {
    let mut vectors = parse_vectors().expect("the files are right").into_iter();
    let right = vectors.find(|vector| vector.id == "ignored/unterminated");
    let right = right.expect("it is there");

    let mut vector = right.clone();
    let named = ("foo".to_owned(), "bar".to_owned());
    vector.expect.ignored = Some(vec![named]);
    assert_eq!(problems(&vector), [r#"[("foo", "bar")] is not []"#]);

    for (content, line_cut, problem) in [
        (
            Content::Data,
            true,
            "data with a cut line is not fields with a cut line",
        ),
        (
            Content::Fields,
            false,
            "fields is not fields with a cut line",
        ),
    ] {
        let mut vector = right.clone();
        vector.expect.discarded = Some(Discarded { content, line_cut });
        assert_eq!(problems(&vector), [problem]);
    }
}
