//! `corpus`: writes a corpus to standard output.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::Corpus;

/// Mebibytes that are generated. After them, the same bytes are written again.
const PIECE: usize = 64;

/// Writes at least this many mebibytes, in whole events.
pub fn run(corpus: Corpus, mebibytes: usize) -> ExitCode {
    let sample = corpus.recorded(PIECE.min(mebibytes) << 20);
    let pieces = mebibytes.div_ceil(PIECE);
    let written = (0..pieces).try_for_each(|_| io::stdout().write_all(&sample.bytes));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the corpus cannot be written: {error}");
            ExitCode::FAILURE
        }
    }
}
