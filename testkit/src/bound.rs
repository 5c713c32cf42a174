//! Other programs, which end with the process that started them even if that is killed.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// Becomes the program. Its process group is killed at the end of the standard input, which is a
/// pipe from the process that started it; the program itself has none.
const BOUND: &str = r#"
exec 3<&0 </dev/null
{ read -r _ <&3; kill -s KILL -- -$$; } >/dev/null 2>&1 &
exec "$0" "$@" 3<&-
"#;

/// The program, to be started in a process group of its own.
pub fn bound(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", BOUND]).arg(program);
    command.stdin(Stdio::piped()).process_group(0);
    command
}
