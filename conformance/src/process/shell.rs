//! Starts programs with the system's shell, and ends them with everything they started.

use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};

/// The exit statuses of a shell for a command that cannot be run, or does not exist.
const NO_COMMAND: [i32; 2] = [126, 127];

/// Whether the shell could not run the command.
pub fn is_no_command(status: ExitStatus) -> bool {
    status.code().is_some_and(|code| NO_COMMAND.contains(&code))
}

/// Starts a command, with a pipe for each of its standard streams. `set` adds what else the command
/// needs, such as variables of the environment.
///
/// # Errors
/// If the shell cannot be started. A command that it does not know [ends](is_no_command).
pub fn spawn(command: &str, set: impl FnOnce(&mut Command)) -> io::Result<Child> {
    let mut shell = shell(command);
    set(&mut shell);
    let piped = shell.stdin(Stdio::piped()).stdout(Stdio::piped());
    piped.stderr(Stdio::piped()).spawn()
}

#[cfg(unix)]
fn shell(command: &str) -> Command {
    use std::os::unix::process::CommandExt;

    let mut shell = Command::new("sh");
    // A group of its own, so that everything the shell has started can be ended with it.
    shell.arg("-c").arg(command).process_group(0);
    shell
}

/// Ends a process by force, with everything it started.
#[cfg(unix)]
pub fn kill(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};

    // The ID of a process that has ended may be that of another process by now.
    if let Ok(None) = child.try_wait() {
        let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    }
}

#[cfg(windows)]
fn shell(command: &str) -> Command {
    use std::os::windows::process::CommandExt;

    let mut shell = Command::new("cmd");
    shell.arg("/C").raw_arg(command);
    shell
}

/// Ends a process by force.
#[cfg(windows)]
pub fn kill(child: &mut Child) {
    let _ = child.kill();
}
