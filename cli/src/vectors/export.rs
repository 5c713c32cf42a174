//! `esse vectors export`: writes the vectors as files, for suites without a JSON parser, or as
//! web-platform-tests.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use super::files::{ExportFile, README, encode_files, index_line, parse_files};
use super::{broken, wpt};
use crate::counted::counted;
use crate::stop::{Stop, print};

/// Lists what an export has written. Its first line marks a folder that an export has made.
const LIST: &str = "files.txt";
const MADE_HERE: &str = "# made by esse vectors export; the next export removes these files:";

const EXAMPLES: &str = "\
Examples:
  esse vectors export DIR
  esse vectors export --max-bytes 100000 DIR
  esse vectors export --format wpt DIR  as web-platform-tests";

/// Write each vector as files: the raw stream, and the expected events as JSON lines
///
/// For suites that have no JSON parser, or none for files of megabytes. DIR/README.txt describes
/// the files, DIR/index.tsv lists the vectors. DIR must be new, empty, or made by an earlier
/// export, whose files are replaced; other files in it stay. All vectors together take about 200 MB,
/// most of it in a few dozen large ones.
///
/// With `--format wpt`: the parse vectors, and the scenarios that apply to an EventSource, as
/// web-platform-tests in DIR/eventsource/esse. DIR may be a checkout of that project. What is
/// said of DIR above is then said of that folder. Its README.md describes the tests, and lists what
/// is left out.
#[derive(clap::Parser)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Args {
    /// The form of the export
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Leave out vectors whose files are larger than this in all [default: none is left out; with
    /// `--format wpt` 65536, in the JSON of its test]
    #[arg(long, value_name = "BYTES")]
    max_bytes: Option<usize>,
    /// The folder
    dir: PathBuf,
}

#[derive(Clone, Copy, Default, clap::ValueEnum)]
enum Format {
    /// Raw streams and bytes, and JSON lines
    #[default]
    Files,
    /// Pages for testharness.js and handlers for wptserve, in the layout of web-platform-tests
    Wpt,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<(), Stop> {
    match args.format {
        Format::Files => {
            clear(&args.dir)?;
            write_files(&args.dir, args.max_bytes.unwrap_or(usize::MAX))
        }
        Format::Wpt => {
            let dir = args.dir.join(wpt::FOLDER);
            clear(&dir)?;
            let (files, left_out) = wpt::files(args.max_bytes)?;
            let mut writer = Writer::new(&dir)?;
            writer.write(&files)?;
            writer.finish(left_out, "vectors and scenarios")
        }
    }
}

/// Makes the folder, or removes what an earlier export has written there.
fn clear(dir: &Path) -> Result<(), Stop> {
    let trouble = |error: io::Error| Stop::file(dir.display(), &error);
    match state(dir).map_err(trouble)? {
        State::Empty => Ok(()),
        State::MadeHere(list) => remove(dir, &list).map_err(trouble),
        State::SomebodyElses => Err(Stop::Trouble(format!(
            "{}: it is not empty, and was not made by an earlier export; name a new or an empty \
             folder",
            dir.display()
        ))),
    }
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

/// Removes the files in the list, and the folders that are empty then. The list itself stays until
/// it is written anew, so that this can be repeated.
fn remove(dir: &Path, list: &str) -> io::Result<()> {
    let paths = list.lines().skip(1).map(Path::new);
    for path in paths.filter(|path| is_inside(path)) {
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
    let folders = path.ancestors().skip(1);
    for folder in folders.filter(|folder| !folder.as_os_str().is_empty()) {
        // A folder that is not empty is not removed.
        if fs::remove_dir(dir.join(folder)).is_err() {
            return;
        }
    }
}

fn write_files(dir: &Path, max_bytes: usize) -> Result<(), Stop> {
    let parse = esse_vectors::parse_vectors().map_err(broken)?;
    let encode = esse_vectors::encode_vectors().map_err(broken)?;
    let parse = parse
        .iter()
        .map(|vector| (index_line::parse(vector), parse_files(vector)));
    let encode = encode
        .iter()
        .map(|vector| (index_line::encode(vector), encode_files(vector)));
    let mut writer = Writer::new(dir)?;
    let (mut index, mut left_out) = (String::new(), 0);
    for (line, files) in parse.chain(encode) {
        if files.iter().map(|file| file.bytes.len()).sum::<usize>() > max_bytes {
            left_out += 1;
            continue;
        }
        index += &line;
        writer.write(&files)?;
    }
    let whole = [
        ("README.txt", README.to_owned()),
        (
            "VERSION",
            format!("esse-vectors {}\n", esse_vectors::VERSION),
        ),
        ("index.tsv", index),
    ];
    writer.write(&whole.map(|(path, text)| ExportFile {
        path: path.to_owned(),
        bytes: text.into_bytes(),
    }))?;
    writer.finish(left_out, "vectors")
}

struct Writer<'d> {
    dir: &'d Path,
    list: File,
    files: usize,
    bytes: usize,
}

impl<'d> Writer<'d> {
    fn new(dir: &'d Path) -> Result<Self, Stop> {
        let open = || {
            let mut list = File::create(dir.join(LIST))?;
            writeln!(list, "{MADE_HERE}")?;
            Ok(list)
        };
        Ok(Self {
            dir,
            list: open().map_err(|error| Stop::writing(&error))?,
            files: 0,
            bytes: 0,
        })
    }

    /// Files are listed first, so that an export that was interrupted can be replaced.
    fn write(&mut self, files: &[ExportFile]) -> Result<(), Stop> {
        let lines: String = files.iter().map(|file| file.path.clone() + "\n").collect();
        let listed = self.list.write_all(lines.as_bytes());
        listed.map_err(|error| Stop::writing(&error))?;
        for file in files {
            self.files += 1;
            self.bytes += file.bytes.len();
            write(self.dir, file).map_err(|error| Stop::writing(&error))?;
        }
        Ok(())
    }

    fn finish(self, left_out: usize, of_what: &str) -> Result<(), Stop> {
        let Self { files, bytes, .. } = self;
        let (files, bytes) = (counted(files as u64, "file"), counted(bytes as u64, "byte"));
        print(&format!(
            "wrote {files} of {bytes} in all; left out {left_out} {of_what}\n"
        ))
    }
}

fn write(dir: &Path, file: &ExportFile) -> io::Result<()> {
    let path = dir.join(&file.path);
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, &file.bytes)
}
