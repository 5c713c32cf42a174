//! Runs a property on files: what a target does without libFuzzer.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io, panic};

/// Runs the property on the files and folders that the arguments name.
///
/// ```
/// // In a target: fn main() -> ExitCode { replay::main(differential) }
/// let main: fn(fn(&[u8])) -> std::process::ExitCode = esse_fuzz::replay::main;
/// ```
pub fn main(property: fn(&[u8])) -> ExitCode {
    let mut files = 0;
    for path in env::args_os().skip(1) {
        match replay(Path::new(&path), property) {
            Ok(replayed) => files += replayed,
            Err(error) => {
                eprintln!("{}: {error}", Path::new(&path).display());
                return ExitCode::from(2);
            }
        }
    }
    println!("the property holds for {files} files");
    ExitCode::SUCCESS
}

/// Runs the property on a file or on all files of a folder, and returns their number.
///
/// # Errors
/// When one cannot be read.
///
/// # Panics
/// If the property does not hold, after a line that names the file.
///
/// ```
/// let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
/// let files = esse_fuzz::replay::replay(&here.join("fuzz_targets"), |_| {})?;
/// assert_eq!(files, esse_fuzz::PROPERTIES.len());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn replay(path: &Path, property: fn(&[u8])) -> io::Result<usize> {
    if !path.is_dir() {
        let input = fs::read(path)?;
        panic::catch_unwind(|| property(&input)).unwrap_or_else(|panic| {
            eprintln!("the property does not hold for {}", path.display());
            panic::resume_unwind(panic)
        });
        return Ok(1);
    }
    let entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    entries
        .iter()
        .map(|entry| replay(&entry.path(), property))
        .sum()
}
