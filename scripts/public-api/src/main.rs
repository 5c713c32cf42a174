//! Prints the public API that a file of rustdoc JSON describes, one item a line.

use std::env::args_os;
use std::process::ExitCode;

use public_api::Builder;

fn main() -> ExitCode {
    let Some(file) = args_os().nth(1) else {
        eprintln!("usage: esse-public-api FILE");
        return ExitCode::from(2);
    };
    // What every type has by itself would be half of the lines, and no review would read it.
    let api = Builder::from_rustdoc_json(file)
        .sorted(true)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build();
    match api {
        Ok(api) => print!("{api}"),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
