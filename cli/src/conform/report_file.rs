//! The reports that `esse conform` writes into files.

use std::collections::HashSet;
use std::fs;
use std::path::{self, Path, PathBuf};

use esse_conformance::report::Format;

use crate::stop::Stop;

/// A file and the form of the report in it.
#[derive(Clone, Debug)]
pub(crate) struct ReportFile {
    path: PathBuf,
    format: Format,
}

impl ReportFile {
    /// Learns now, and not at the end of a long run, that the file cannot be written.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        check(&self.path)
    }

    /// Writes the whole report, over an earlier one if there is one.
    pub(crate) fn write(&self, report: impl FnOnce(Format) -> String) -> Result<(), Stop> {
        fs::write(&self.path, report(self.format))
            .map_err(|error| Stop::file(self.path.display(), &error))
    }
}

/// Whether a file can be written. It is not changed, nor left behind if it was not there.
pub(crate) fn check(path: &Path) -> Result<(), Stop> {
    let cannot = |error| Stop::file(path.display(), &error);
    match fs::metadata(path) {
        // To open a pipe would wait for its reader.
        Ok(there) if !there.is_file() && !there.is_dir() => Ok(()),
        Ok(_) => fs::OpenOptions::new()
            .append(true)
            .open(path)
            .map(drop)
            .map_err(cannot),
        Err(_) => {
            fs::File::create_new(path).map_err(cannot)?;
            fs::remove_file(path).map_err(cannot)
        }
    }
}

/// A file that is written twice would hold the second text alone.
pub(crate) fn check_different(
    reports: &[ReportFile],
    write_known: Option<&Path>,
) -> Result<(), Stop> {
    let reports = reports.iter().map(|report| &*report.path);
    let mut seen = HashSet::new();
    for path in reports.chain(write_known) {
        let absolute = path::absolute(path).map_err(|error| Stop::file(path.display(), &error))?;
        if !seen.insert(absolute) {
            let name = path.display();
            return Err(Stop::Trouble(format!("{name} would be written twice")));
        }
    }
    Ok(())
}

/// The ending of the name decides the form.
pub(crate) fn parse(path: PathBuf) -> Result<ReportFile, String> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let mut formats = Format::ALL.into_iter();
    match formats.find(|format| Some(format.extension()) == ending) {
        Some(format) => Ok(ReportFile { path, format }),
        None => Err("the name must end in .txt, .json, .xml (JUnit) or .md".to_owned()),
    }
}
