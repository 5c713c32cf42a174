//! `esse vectors seeds`: writes the vectors as files for fuzzers.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use esse_conformance::seeds::{Seed, seeds};

use crate::stop::Stop;

/// Write the vectors as files, seeds for a fuzzer of any event stream parser or encoder
///
/// DIR/streams holds each vector's event stream; DIR/blocks each encode vector's block, as an event
/// stream whose lines end in the byte FF; DIR/lines a command of the subject protocol for each,
/// with its answer. Vectors of over 4 KiB are left out.
#[derive(clap::Parser)]
pub(crate) struct Args {
    /// The folder, made where it is not there
    dir: PathBuf,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    let seeds = seeds().map_err(|error| Stop::BadInput(error.to_string()))?;
    let dir = &args.dir;
    let written = seeds.iter().try_for_each(|seed| write(dir, seed));
    written.map_err(|error| Stop::writing(&error))?;
    Ok(ExitCode::SUCCESS)
}

fn write(dir: &Path, seed: &Seed) -> io::Result<()> {
    let dir = dir.join(seed.kind);
    fs::create_dir_all(&dir)?;
    fs::write(dir.join(&seed.name), &seed.bytes)
}
