//! Programs of others: started with the system's shell, ended with all that they started.

use std::process::{Child, Command, ExitStatus};

/// What a shell says of a command that does not exist, or cannot be run.
const NO_COMMAND: [i32; 2] = [126, 127];

/// Whether the shell has found nothing to run.
pub(crate) fn is_no_command(status: ExitStatus) -> bool {
    status.code().is_some_and(|code| NO_COMMAND.contains(&code))
}

#[cfg(unix)]
pub(super) fn shell(command: &str) -> Command {
    use std::os::unix::process::CommandExt;

    let mut shell = Command::new("sh");
    // A group of its own, so that what the shell has started can be ended with it.
    shell.arg("-c").arg(command).process_group(0);
    shell
}

#[cfg(unix)]
pub(super) fn kill(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};

    // One that has ended was waited for, and its ID may be that of another process by now.
    if let Ok(None) = child.try_wait() {
        let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    }
}

#[cfg(windows)]
pub(super) fn shell(command: &str) -> Command {
    use std::os::windows::process::CommandExt;

    let mut shell = Command::new("cmd");
    shell.arg("/C").raw_arg(command);
    shell
}

#[cfg(windows)]
pub(super) fn kill(child: &mut Child) {
    let _ = child.kill();
}
