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
        open(self.file.as_deref().unwrap_or(Path::new("-")))
    }
}

/// The FILE arguments of a command that reads several, one after the other.
#[derive(clap::Args)]
pub(crate) struct FileArgs {
    /// The files to read; stdin if there is none, or for `-`
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true)]
    files: Vec<PathBuf>,
}

impl FileArgs {
    /// Opens each file when it is its turn.
    pub(crate) fn open(&self) -> impl Iterator<Item = Result<Input, Stop>> {
        self.files.iter().map(|path| open(path))
    }
}

/// Opens a file, or stdin for `-`.
pub(crate) fn open(path: &Path) -> Result<Input, Stop> {
    if path == Path::new("-") {
        Ok(Input::stdin())
    } else {
        Input::file(path)
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
