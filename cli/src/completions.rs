//! `esse completions`: what a shell needs to complete the arguments of this program.

use std::process::ExitCode;

use clap_complete::Shell;

use crate::stop::{self, Stop};

const EXAMPLES: &str = "\
Examples:
  esse completions bash >~/.local/share/bash-completion/completions/esse
  esse completions fish >~/.config/fish/completions/esse.fish";

/// Completions for a shell
#[derive(clap::Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

/// Writes them to stdout.
pub(crate) fn run(args: &Args, mut program: clap::Command) -> Result<ExitCode, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "esse", &mut script);
    stop::print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
