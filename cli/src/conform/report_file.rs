//! The reports that `esse conform` writes into files.

use std::fs;
use std::path::PathBuf;

use esse_conformance::report::Format;
use esse_conformance::runner::SubjectResult;

/// A file and the form of the report in it.
#[derive(Clone, Debug)]
pub(crate) struct ReportFile {
    path: PathBuf,
    format: Format,
}

impl ReportFile {
    /// Writes the report, also over an earlier one.
    pub(crate) fn write(&self, results: &[SubjectResult]) -> Result<(), String> {
        fs::write(&self.path, self.format.report(results))
            .map_err(|error| format!("{}: {error}", self.path.display()))
    }
}

/// The form is that which the ending names.
pub(crate) fn parse(text: &str) -> Result<ReportFile, String> {
    let path = PathBuf::from(text);
    let format = match path.extension().and_then(|ending| ending.to_str()) {
        Some("txt") => Format::Text,
        Some("json") => Format::Json,
        Some("xml") => Format::Junit,
        Some("md") => Format::Markdown,
        _ => return Err("the name must end in .txt, .json, .xml (JUnit) or .md".to_owned()),
    };
    Ok(ReportFile { path, format })
}
