//! The FILE argument of the commands that read one.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::stop::Stop;

/// The FILE argument.
#[derive(clap::Args)]
pub(crate) struct FileArg {
    /// The file to read; stdin if it is absent or `-`
    file: Option<PathBuf>,
}

impl FileArg {
    /// Opens the file.
    pub(crate) fn open(&self) -> Result<Input, Stop> {
        match self.file.as_deref() {
            None => Ok(Input::stdin()),
            Some(path) if path == Path::new("-") => Ok(Input::stdin()),
            Some(path) => Input::file(path),
        }
    }
}

/// A file or stdin.
pub(crate) struct Input {
    /// Its name in messages.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) reader: Box<dyn Read>,
}

impl Input {
    fn stdin() -> Self {
        Self {
            name: "<stdin>".to_owned(),
            reader: Box::new(io::stdin().lock()),
        }
    }

    fn file(path: &Path) -> Result<Self, Stop> {
        let name = path.display().to_string();
        match File::open(path) {
            Ok(file) => Ok(Self {
                name,
                reader: Box::new(file),
            }),
            Err(_) if name.contains("://") => Err(Stop::Trouble(format!(
                "{name} is a URL, not a file; try: curl -fsN {name} | esse decode"
            ))),
            Err(error) => Err(Stop::file(&name, &error)),
        }
    }
}
