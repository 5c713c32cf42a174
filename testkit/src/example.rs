//! The examples of a package, which cargo builds with its tests.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, fs};

/// The program of an example of the package that is tested. `cargo test` builds the examples beside
/// the tests, unless it is asked for one test only.
///
/// # Panics
/// If the program is missing, or older than its sources.
pub fn example(package: &str, name: &str) -> PathBuf {
    let this = env::current_exe().unwrap_or_default();
    let profile = this.ancestors().nth(2).unwrap_or(&this);
    let example = profile.join("examples").join(name);
    assert!(
        changed(&example).is_some_and(|built| newest_source(&example) <= Some(built)),
        "{} is missing or older than its source: \
         cargo build --profile test -p {package} --all-features --examples",
        example.display()
    );
    example
}

/// The newest of the sources that cargo lists beside the example.
fn newest_source(example: &Path) -> Option<SystemTime> {
    let list = fs::read_to_string(example.with_extension("d")).ok()?;
    let (_, sources) = list.split_once(": ")?;
    // A space in a path is written with a backslash before it.
    let sources = sources.trim().replace("\\ ", "\0");
    let sources = sources.split(' ').map(|path| path.replace('\0', " "));
    sources.filter_map(|path| changed(path.as_ref())).max()
}

fn changed(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).ok()?.modified().ok()
}
