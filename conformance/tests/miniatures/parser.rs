//! A parser that goes byte by byte, with a switch for each way to be wrong.

use std::mem::take;

use esse_conformance::subject::{Content, Discarded, Event, Parsed};

/// One way to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// The control: right in everything.
    Nothing,

    // The stream and its line ends (9.2.5).
    WaitsForTheByteAfterCr,
    EndsLinesAtLfOnly,
    ForgetsCrAtAnEmptyChunk,
    ForgetsCrAtAChunkBorder,
    SeesBomOnlyWhole,
    StripsTwoBoms,
    StripsBomOfEachLine,
    KeepsBom,
    OverlooksLineEndAfterBom,
    SplitsAtLineSeparator,
    SplitsAtVerticalTab,
    DecodesEachChunkAlone,
    OneReplacementPerByte,
    DropsInvalidBytes,

    // Lines and fields (9.2.6).
    StripsAllLeadingSpaces,
    StripsNoSpace,
    StripsTab,
    TrimsValues,
    TrimsNames,
    IgnoresCaseOfNames,
    IgnoresBareNames,
    CommentEndsBlock,
    UnknownFieldEndsBlock,
    KeepsNulIds,
    CutsNulIdsShort,
    DropsNulFromData,
    IgnoresEmptyId,
    AcceptsSignedRetry,
    AcceptsRetryPrefix,
    EmptyRetryIsZero,
    AppliesRetryAtDispatch,

    // Dispatch (9.2.6).
    JoinsLinesWithCrLf,
    LosesTrailingLineFeeds,
    KeepsTypeAcrossBlocks,
    KeepsDataAcrossBlocks,
    NeverDispatchesEmptyData,
    DispatchesWithoutData,
    EmptyTypeStaysEmpty,
    IgnoresEmptyType,
    ResetsIdPerEvent,
    LosesIdWithoutData,
    CommitsIdAtOnce,
    ForgetsEarlierId,
    DispatchesAtEndOfStream,
    ProcessesUnterminatedLine,
    CommitsIdAtEndOfStream,

    // Ignored lines.
    LosesIgnoredAfterData,
    TrimsNamesOfIgnored,
    KeepsSpaceOfIgnored,
    ReportsIdsWithNul,
    ReportsUnterminatedLine,

    // What the end of the stream discards.
    OverlooksCutLine,
    TakesCrForCutLine,
    TakesBareNameForData,
    TakesCommentsForFields,
    KeepsContentWithoutData,
}

use Wrong::*;

const BOM: &[u8] = "\u{FEFF}".as_bytes();

pub(crate) fn parse(wrong: Wrong, chunks: &[&[u8]], last_event_id: &str) -> Parsed {
    let mut run = Run::new(wrong, last_event_id);
    run.starts_with_bom = chunks.first().is_some_and(|first| first.starts_with(BOM));
    for (index, chunk) in chunks.iter().enumerate() {
        run.chunk = index;
        run.chunk(chunk);
    }
    run.chunk = chunks.len();
    run.end_of_stream()
}

struct Run {
    wrong: Wrong,
    chunk: usize,
    starts_with_bom: bool,
    lines: usize,
    line: Vec<u8>,
    after_cr: bool,
    data: String,
    event_type: String,
    id: String,
    retry: Option<u64>,
    last_event_id: String,
    comments: Vec<String>,
    ignored: Vec<(String, String)>,
    content: Content,
    parsed: Parsed,
}

impl Run {
    fn new(wrong: Wrong, last_event_id: &str) -> Self {
        let last_event_id = match wrong {
            ForgetsEarlierId => String::new(),
            _ => last_event_id.to_owned(),
        };
        Self {
            wrong,
            chunk: 0,
            starts_with_bom: false,
            lines: 0,
            line: Vec::new(),
            after_cr: false,
            data: String::new(),
            event_type: String::new(),
            id: last_event_id.clone(),
            retry: None,
            last_event_id,
            comments: Vec::new(),
            ignored: Vec::new(),
            content: Content::Nothing,
            parsed: Parsed::default(),
        }
    }

    fn is(&self, wrong: Wrong) -> bool {
        self.wrong == wrong
    }

    fn chunk(&mut self, chunk: &[u8]) {
        for byte in chunk {
            self.byte(*byte);
        }
        if self.is(ForgetsCrAtAChunkBorder) || self.is(ForgetsCrAtAnEmptyChunk) && chunk.is_empty()
        {
            self.after_cr = false;
        }
        if self.is(DecodesEachChunkAlone) {
            self.line = String::from_utf8_lossy(&self.line)
                .into_owned()
                .into_bytes();
        }
    }

    fn byte(&mut self, byte: u8) {
        let was_cr = take(&mut self.after_cr);
        if was_cr && self.is(WaitsForTheByteAfterCr) {
            self.end_of_line();
        }
        match byte {
            b'\n' if was_cr => {}
            _ if self.is(OverlooksLineEndAfterBom) && self.lines == 0 && self.line == BOM => {
                self.line.push(byte);
            }
            b'\r' if self.is(EndsLinesAtLfOnly) => self.line.push(byte),
            b'\r' => {
                self.after_cr = true;
                if !self.is(WaitsForTheByteAfterCr) {
                    self.end_of_line();
                }
            }
            b'\n' => self.end_of_line(),
            0x0B if self.is(SplitsAtVerticalTab) => self.end_of_line(),
            _ => self.line.push(byte),
        }
    }

    fn end_of_line(&mut self) {
        let mut line = take(&mut self.line);
        if self.is(EndsLinesAtLfOnly) && line.ends_with(b"\r") {
            line.pop();
        }
        self.strip_bom(&mut line);
        let text = self.decode(&line);
        self.lines += 1;
        if self.is(SplitsAtLineSeparator) {
            text.split('\u{2028}').for_each(|line| self.line(line));
        } else {
            self.line(&text);
        }
    }

    fn strip_bom(&mut self, line: &mut Vec<u8>) {
        let mut most = usize::from(self.lines == 0);
        match self.wrong {
            SeesBomOnlyWhole if !self.starts_with_bom => most = 0,
            StripsTwoBoms => most *= 2,
            StripsBomOfEachLine => most = 1,
            KeepsBom => most = 0,
            _ => {}
        }
        for _ in 0..most {
            if line.starts_with(BOM) {
                line.drain(..BOM.len());
            }
        }
    }

    fn decode(&self, line: &[u8]) -> String {
        let mut text = String::new();
        for piece in line.utf8_chunks() {
            text.push_str(piece.valid());
            let replacements = match self.wrong {
                OneReplacementPerByte => piece.invalid().len(),
                DropsInvalidBytes => 0,
                _ => usize::from(!piece.invalid().is_empty()),
            };
            text.extend(std::iter::repeat_n('\u{FFFD}', replacements));
        }
        text
    }

    fn line(&mut self, line: &str) {
        match line.split_once(':') {
            None if line.is_empty() => {
                self.dispatch();
                if !(self.is(KeepsContentWithoutData) && self.content == Content::Fields) {
                    self.content = Content::Nothing;
                }
            }
            None if self.is(IgnoresBareNames) => {}
            None => self.field(line, ""),
            Some(("", comment)) => self.comment(comment),
            Some((name, value)) => {
                let value = self.strip_space(value).to_owned();
                self.field(name, &value);
            }
        }
    }

    fn strip_space<'v>(&self, value: &'v str) -> &'v str {
        match self.wrong {
            StripsAllLeadingSpaces => value.trim_start_matches(' '),
            StripsNoSpace => value,
            StripsTab => value.strip_prefix([' ', '\t']).unwrap_or(value),
            TrimsValues => value.trim_matches(' '),
            _ => value.strip_prefix(' ').unwrap_or(value),
        }
    }

    fn comment(&mut self, comment: &str) {
        self.comments
            .push(comment.strip_prefix(' ').unwrap_or(comment).to_owned());
        self.has(match self.wrong {
            TakesCommentsForFields => Content::Fields,
            _ => Content::Comments,
        });
        if self.is(CommentEndsBlock) {
            self.dispatch();
        }
    }

    fn field(&mut self, name: &str, value: &str) {
        let name = match self.wrong {
            TrimsNames => name.trim().to_owned(),
            IgnoresCaseOfNames => name.to_ascii_lowercase(),
            _ => name.to_owned(),
        };
        self.has(match name.as_str() {
            "data" => Content::Data,
            _ => Content::Fields,
        });
        match name.as_str() {
            "event" if value.is_empty() && self.is(IgnoresEmptyType) => {}
            "event" => self.event_type = value.to_owned(),
            "data" => self.add_data(value),
            "id" => self.set_id(value),
            "retry" => self.set_retry(value),
            _ => {
                self.ignore(&name, value);
                if self.is(UnknownFieldEndsBlock) {
                    self.dispatch();
                }
            }
        }
    }

    /// The block has this content, or more.
    fn has(&mut self, content: Content) {
        self.content = self.content.max(content);
    }

    fn ignore(&mut self, name: &str, value: &str) {
        let line = match self.wrong {
            LosesIgnoredAfterData if !self.data.is_empty() => return,
            TrimsNamesOfIgnored => (name.trim().to_owned(), value.to_owned()),
            KeepsSpaceOfIgnored if !value.is_empty() => (name.to_owned(), format!(" {value}")),
            _ => (name.to_owned(), value.to_owned()),
        };
        self.ignored.push(line);
    }

    fn add_data(&mut self, value: &str) {
        match self.wrong {
            DropsNulFromData => self.data += &value.replace('\0', ""),
            _ => self.data += value,
        }
        self.data += if self.is(JoinsLinesWithCrLf) {
            "\r\n"
        } else {
            "\n"
        };
    }

    fn set_id(&mut self, value: &str) {
        match self.wrong {
            CutsNulIdsShort => self.id = value.split('\0').next().unwrap_or_default().to_owned(),
            IgnoresEmptyId if value.is_empty() => {}
            _ if !value.contains('\0') || self.is(KeepsNulIds) => self.id = value.to_owned(),
            ReportsIdsWithNul => self.ignore("id", value),
            _ => {}
        }
        if self.is(CommitsIdAtOnce) {
            self.last_event_id = self.id.clone();
        }
    }

    fn set_retry(&mut self, value: &str) {
        let digits = match self.wrong {
            AcceptsSignedRetry => value.strip_prefix('+').unwrap_or(value),
            AcceptsRetryPrefix => &value[..value.bytes().take_while(u8::is_ascii_digit).count()],
            EmptyRetryIsZero if value.is_empty() => "0",
            _ => value,
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return;
        }
        self.retry = Some(digits.parse().unwrap_or(u64::MAX));
        if !self.is(AppliesRetryAtDispatch) {
            self.apply_retry();
        }
    }

    fn apply_retry(&mut self) {
        if let Some(retry) = self.retry {
            self.parsed.reconnection_time = Some(retry.into());
        }
    }

    fn dispatch(&mut self) {
        if self.is(AppliesRetryAtDispatch) {
            self.apply_retry();
        }
        if !(self.is(LosesIdWithoutData) && self.data.is_empty()) {
            self.last_event_id = self.id.clone();
        }
        if self.has_event() {
            self.push_event();
        }
        if self.is(ResetsIdPerEvent) {
            self.id.clear();
        }
        if !self.is(KeepsDataAcrossBlocks) {
            self.data.clear();
        }
        if !self.is(KeepsTypeAcrossBlocks) {
            self.event_type.clear();
        }
    }

    fn has_event(&self) -> bool {
        match self.wrong {
            NeverDispatchesEmptyData => self.data.len() > 1,
            DispatchesWithoutData => !self.data.is_empty() || !self.event_type.is_empty(),
            _ => !self.data.is_empty(),
        }
    }

    fn push_event(&mut self) {
        let event_type = match self.event_type.as_str() {
            "" if !self.is(EmptyTypeStaysEmpty) => "message",
            event_type => event_type,
        };
        let data = match self.wrong {
            LosesTrailingLineFeeds => self.data.trim_end_matches('\n'),
            JoinsLinesWithCrLf => self.data.trim_end_matches("\r\n"),
            _ => self.data.strip_suffix('\n').unwrap_or(&self.data),
        };
        self.parsed.events.push(Event {
            event_type: event_type.to_owned(),
            data: data.to_owned(),
            last_event_id: Some(self.last_event_id.clone()),
            after_chunk: Some(self.chunk),
        });
    }

    fn end_of_stream(mut self) -> Parsed {
        if self.is(WaitsForTheByteAfterCr) && self.after_cr {
            self.end_of_line();
        }
        let discarded = self.discarded();
        match self.wrong {
            ProcessesUnterminatedLine => self.end_of_line(),
            DispatchesAtEndOfStream => self.dispatch(),
            CommitsIdAtEndOfStream => self.last_event_id = self.id.clone(),
            _ => {}
        }
        Parsed {
            last_event_id: Some(self.last_event_id),
            comments: Some(self.comments),
            ignored: Some(self.ignored),
            discarded: Some(discarded),
            ..self.parsed
        }
    }

    fn discarded(&mut self) -> Discarded {
        let mut line = self.line.clone();
        self.strip_bom(&mut line);
        let line = self.decode(&line);
        let cut = match line.split_once(':') {
            _ if self.is(OverlooksCutLine) => Content::Nothing,
            Some(("", _)) if self.is(TakesCommentsForFields) => Content::Fields,
            Some(("", _)) => Content::Comments,
            Some(("data", _)) => Content::Data,
            Some((name, value)) => {
                if self.is(ReportsUnterminatedLine) {
                    self.ignore(name, value.strip_prefix(' ').unwrap_or(value));
                }
                Content::Fields
            }
            None if line.is_empty() => Content::Nothing,
            None if line == "data" && self.is(TakesBareNameForData) => Content::Data,
            None => Content::Fields,
        };
        let is_cut = !line.is_empty() || self.is(TakesCrForCutLine) && self.after_cr;
        Discarded {
            content: self.content.max(cut),
            line_cut: is_cut && !self.is(OverlooksCutLine),
        }
    }
}
