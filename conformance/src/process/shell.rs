//! Starts programs with the system's shell, and ends them with everything they started.

#[cfg(unix)]
use std::collections::BTreeSet;
use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
#[cfg(unix)]
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The exit statuses of a shell for a command that cannot be run, or does not exist.
const NO_COMMAND: [i32; 2] = [126, 127];

/// The commands that were not waited for, by the ID of the process and of its group.
#[cfg(unix)]
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

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
    let piped = piped.stderr(Stdio::piped());
    // The lock is held meanwhile, so that `exit_with_all` misses none.
    #[cfg(unix)]
    let mut running = running();
    let child = piped.spawn()?;
    #[cfg(unix)]
    running.insert(child.id());
    Ok(child)
}

#[cfg(unix)]
fn shell(command: &str) -> Command {
    use std::os::unix::process::CommandExt;

    let mut shell = Command::new("sh");
    // A group of its own, so that everything the shell has started can be ended with it.
    shell.arg("-c").arg(command).process_group(0);
    shell
}

/// Ends a process by force, with everything it started. If it has ended by itself, what it started is
/// ended all the same.
#[cfg(unix)]
pub fn kill(child: &mut Child) {
    // Once it has been waited for, its ID may be that of another process.
    if running().remove(&child.id()) {
        kill_group(child.id());
    }
}

/// Ends by force what [`spawn`] has started, with everything that this started, and then this process,
/// with an exit status. Nothing is started any more.
#[cfg(unix)]
pub fn exit_with_all(status: i32) -> ! {
    let running = running();
    for group in &*running {
        kill_group(*group);
    }
    std::process::exit(status)
}

#[cfg(unix)]
fn kill_group(id: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};

    if let Some(group) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(unix)]
fn running() -> MutexGuard<'static, BTreeSet<u32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
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
