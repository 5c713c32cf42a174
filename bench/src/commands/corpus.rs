//! `corpus`: writes one out.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::Corpus;

/// How much is made at a time, in mebibytes; what comes after it is the same again.
const PIECE: usize = 64;

/// Writes at least so many mebibytes, in whole events.
pub fn run(corpus: Corpus, mebibytes: usize) -> ExitCode {
    let sample = corpus.sample(PIECE.min(mebibytes) << 20);
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
