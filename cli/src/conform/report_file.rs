//! The reports that `esse conform` writes into files.

use std::fs;
use std::path::PathBuf;

use esse_conformance::report::Format;

use crate::stop::Stop;

/// A file and the form of the report in it.
#[derive(Clone, Debug)]
pub(crate) struct ReportFile {
    path: PathBuf,
    format: Format,
}

impl ReportFile {
    /// Writes the whole report, over an earlier one if there is one.
    pub(crate) fn write(&self, report: impl FnOnce(Format) -> String) -> Result<(), Stop> {
        fs::write(&self.path, report(self.format))
            .map_err(|error| Stop::file(self.path.display(), &error))
    }
}

/// The ending of the name decides the form.
pub(crate) fn parse(text: &str) -> Result<ReportFile, String> {
    let path = PathBuf::from(text);
    let ending = path.extension().and_then(|ending| ending.to_str());
    let mut formats = Format::ALL.into_iter();
    match formats.find(|format| Some(format.extension()) == ending) {
        Some(format) => Ok(ReportFile { path, format }),
        None => Err("the name must end in .txt, .json, .xml (JUnit) or .md".to_owned()),
    }
}
