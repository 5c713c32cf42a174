//! `esse conform` that is stopped.

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{ESSE, Folder, Run, size};

/// It hangs, and so does a child of it, which writes a byte from time to time.
const HANG: &str = "{ while :; do printf x >> alive; sleep 0.02; done & } ; sleep 1000; echo";

#[test]
fn nothing_that_was_started_is_left() {
    let start = r#"printf '%s\n' '{"version":1,"name":"x","roles":["parser"]}'; read -r line"#;
    let subject = format!("read -r line; {start}; {HANG}");
    for (test, option, script, signal, status) in [
        ("stop-subject", "--subject", &*subject, Signal::INT, 130),
        ("stop-start", "--subject", HANG, Signal::TERM, 143),
        ("stop-oneshot", "--oneshot", HANG, Signal::HUP, 129),
        ("stop-client", "--client", HANG, Signal::INT, 130),
        ("stop-server", "--server", HANG, Signal::TERM, 143),
    ] {
        let folder = Folder::new(test);
        folder.write("script", script);
        let alive = folder.0.join("alive");
        // A client gets its URL as one more argument.
        let child = Command::new(ESSE)
            .args(["conform", option, "exec sh ./script", "--timeout", "100"])
            .current_dir(&folder.0)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        while size(&alive) < 5 {
            sleep(Duration::from_millis(10));
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        let run = Run::of(&child.wait_with_output().unwrap());
        run.exits(status)
            .has_stderr("stopped, with all that was started");
        let size_then = size(&alive);
        sleep(Duration::from_millis(300));
        assert_eq!(size(&alive), size_then, "{test}: it goes on");
    }
}
