//! `esse vectors export`: writes the vectors as files for suites without a JSON parser.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use super::files::{ExportFile, README, encode_files, index, parse_files};

use crate::stop::Stop;

/// Lists what an export has written, and by its first line tells a folder that one has made.
const LIST: &str = "files.txt";
const MADE_HERE: &str = "# made by esse vectors export; the next export removes these files:";

/// Write each vector as files: the raw stream and the expected events as JSON lines
///
/// For suites that have no JSON parser, or none for files of megabytes. DIR/README.txt says what is
/// what, DIR/index.tsv lists the vectors. DIR must be new, empty, or made by an earlier export, whose
/// files are replaced; what else is in there stays.
#[derive(clap::Parser)]
pub(crate) struct Args {
    /// The form of the export
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The folder
    dir: PathBuf,
}

#[derive(Clone, Copy, Default, clap::ValueEnum)]
enum Format {
    /// Raw streams and bytes, and JSON lines
    #[default]
    Files,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    let Format::Files = args.format;
    let dir = &args.dir;
    let trouble = |error: io::Error| Stop::reading(&dir.display().to_string(), &error);
    match state(dir).map_err(trouble)? {
        State::Empty => {}
        State::MadeHere(list) => remove(dir, &list).map_err(trouble)?,
        State::SomebodyElses => return Err(not_ours(dir)),
    }
    write_all(dir)
}

fn not_ours(dir: &Path) -> Stop {
    Stop::Trouble(format!(
        "{}: it is not empty, and no earlier export has made it; name a new or an empty folder",
        dir.display()
    ))
}

enum State {
    Empty,
    /// With its list of files.
    MadeHere(String),
    SomebodyElses,
}

fn state(dir: &Path) -> io::Result<State> {
    fs::create_dir_all(dir)?;
    if fs::read_dir(dir)?.next().is_none() {
        return Ok(State::Empty);
    }
    match fs::read_to_string(dir.join(LIST)) {
        Ok(list) if list.lines().next() == Some(MADE_HERE) => Ok(State::MadeHere(list)),
        Ok(_) => Ok(State::SomebodyElses),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::SomebodyElses),
        Err(error) => Err(error),
    }
}

/// Removes what the list names, and the folders that are empty then. The list stays until it is
/// written anew, so that this can be done again.
fn remove(dir: &Path, list: &str) -> io::Result<()> {
    let inside = list
        .lines()
        .skip(1)
        .map(Path::new)
        .filter(|path| is_inside(path));
    for path in inside {
        match fs::remove_file(dir.join(path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => remove_empty(dir, path),
        }
    }
    Ok(())
}

/// A list that somebody has changed must not lead anywhere else.
fn is_inside(path: &Path) -> bool {
    path != Path::new(LIST)
        && path
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
}

fn remove_empty(dir: &Path, path: &Path) {
    let folders = path
        .ancestors()
        .skip(1)
        .filter(|folder| !folder.as_os_str().is_empty());
    for folder in folders {
        // A folder that is not empty is not removed.
        if fs::remove_dir(dir.join(folder)).is_err() {
            return;
        }
    }
}

fn write_all(dir: &Path) -> Result<ExitCode, Stop> {
    let broken = |error: esse_vectors::VectorError| Stop::BadInput(error.to_string());
    let parse = esse_vectors::parse_vectors().map_err(broken)?;
    let encode = esse_vectors::encode_vectors().map_err(broken)?;
    let version = format!("esse-vectors {}\n", esse_vectors::VERSION);
    let whole = [
        ("README.txt", README.to_owned()),
        ("VERSION", version),
        ("index.tsv", index(&parse, &encode)),
    ];
    let whole = whole.map(|(path, text)| ExportFile {
        path: path.to_owned(),
        bytes: text.into_bytes(),
    });
    let mut writer = Writer::new(dir)?;
    writer.write(&whole)?;
    parse
        .iter()
        .try_for_each(|vector| writer.write(&parse_files(vector)))?;
    encode
        .iter()
        .try_for_each(|vector| writer.write(&encode_files(vector)))?;
    Ok(ExitCode::SUCCESS)
}

struct Writer<'d> {
    dir: &'d Path,
    list: File,
}

impl<'d> Writer<'d> {
    fn new(dir: &'d Path) -> Result<Self, Stop> {
        let open = || {
            let mut list = File::create(dir.join(LIST))?;
            writeln!(list, "{MADE_HERE}")?;
            Ok(list)
        };
        let list = open().map_err(|error| Stop::writing(&error))?;
        Ok(Self { dir, list })
    }

    /// They are listed first: an export that is broken off is one that can be replaced.
    fn write(&mut self, files: &[ExportFile]) -> Result<(), Stop> {
        let lines: String = files.iter().map(|file| file.path.clone() + "\n").collect();
        let listed = self.list.write_all(lines.as_bytes());
        listed.map_err(|error| Stop::writing(&error))?;
        let mut written = files.iter().map(|file| write(self.dir, file));
        written
            .try_for_each(|written| written)
            .map_err(|error| Stop::writing(&error))
    }
}

fn write(dir: &Path, file: &ExportFile) -> io::Result<()> {
    let path = dir.join(&file.path);
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, &file.bytes)
}
