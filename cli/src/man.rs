//! `esse man`: the manual pages of this program.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Command;

use crate::stop::Stop;

const EXAMPLES: &str = "\
Examples:
  esse man ~/.local/share/man/man1 && man esse-get";

/// Manual pages, one for each command
#[derive(clap::Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Args {
    /// The folder to write them into
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes the pages.
pub(crate) fn run(args: &Args, program: Command) -> Result<ExitCode, Stop> {
    let cannot = |error| Stop::file(args.folder.display(), &error);
    fs::create_dir_all(&args.folder).map_err(cannot)?;
    let program = with_examples(program.mut_subcommands(with_examples));
    clap_mangen::generate_to(program, &args.folder).map_err(cannot)?;
    Ok(ExitCode::SUCCESS)
}

/// Manual pages leave out what stands before the help, so the examples go behind it.
fn with_examples(command: Command) -> Command {
    let after = command
        .get_after_long_help()
        .or_else(|| command.get_after_help());
    let texts = [command.get_before_help(), after];
    let texts = texts.into_iter().flatten().map(ToString::to_string);
    let texts: Vec<_> = texts.collect();
    command.after_long_help(texts.join("\n\n"))
}
