//! A browser in a process group and a profile of its own, ended and removed whatever happens.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use esse_conformance::process::Tail;
use tempfile::TempDir;

use super::engine::Engine;
use super::session::Stopped;

/// Starts the browser. When its own stdin is closed, which also happens if this program is killed,
/// it ends the browser's whole process group and removes the profile. It also cleans up if the
/// browser ends by itself.
const KEEPER: &str = r#"
profile=$1; shift
exec 3<&0
"$@" </dev/null >/dev/null 3<&- &
browser=$!
{ cat <&3 >/dev/null; kill -TERM 0; } &
trap : TERM HUP INT
wait "$browser"
kill -TERM 0
rounds=0
while kill -0 "$browser" 2>/dev/null && [ $rounds -lt 50 ]; do sleep 0.1; rounds=$((rounds + 1)); done
rm -rf -- "$profile"
kill -KILL 0
"#;
/// Folders in which a `MiniBrowser` lies, which is in no PATH.
const LIBRARIES: &[&str] = &["/usr/lib", "/usr/libexec", "/usr/lib64"];
/// How long the keeper may take.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long a program may take to say its version.
const VERSION_PATIENCE: Duration = Duration::from_secs(20);

/// A running browser. Dropped, it is ended and its profile removed.
#[derive(Debug)]
pub(crate) struct Browser {
    keeper: Child,
    // Removed by the keeper, or else when the browser has ended.
    profile: TempDir,
    stderr: Tail,
}

impl Browser {
    pub(crate) fn open(engine: Engine, program: &Path, url: &str) -> io::Result<Self> {
        let profile = tempfile::Builder::new()
            .prefix(&format!("esse-certify-{engine}-"))
            .tempdir()?;
        engine.prepare(profile.path())?;
        let mut keeper = Command::new("sh");
        keeper
            .args(["-c", KEEPER, "keeper"])
            .arg(profile.path())
            .args(engine.launcher(program))
            .args(engine.arguments(profile.path(), url))
            // Whatever the browser and its helpers leave behind lies in the profile.
            .env("TMPDIR", profile.path())
            .env("HOME", profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        own_group(&mut keeper);
        let mut keeper = keeper.spawn()?;
        let stderr = keeper.stderr.take().map_or_else(Tail::default, Tail::of);
        Ok(Self {
            keeper,
            profile,
            stderr,
        })
    }

    /// Whether it has ended by itself; then this is what it said last.
    pub(crate) fn last_words(&mut self) -> Option<String> {
        match self.keeper.try_wait() {
            Ok(None) => None,
            _ => Some(self.stderr.text()),
        }
    }

    /// The end of what it has written to stderr.
    pub(crate) fn stderr(&mut self) -> String {
        self.close();
        self.stderr.text()
    }

    fn close(&mut self) {
        drop(self.keeper.stdin.take());
        wait(&mut self.keeper, PATIENCE);
        kill_group(&mut self.keeper);
        let _ = self.keeper.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.close();
    }
}

/// Finds the browser's program, and that its helpers are there.
pub(crate) fn find(engine: Engine) -> Result<PathBuf, Stopped> {
    let missing = |program: &str| {
        let packages = engine.packages();
        Stopped::NotInstalled(format!(
            "{program} is not installed; on Debian: apt-get install {packages}"
        ))
    };
    if let Some(helper) = engine.helpers().iter().find(|name| in_path(name).is_none()) {
        return Err(missing(helper));
    }
    let mut programs = engine.programs().iter();
    let found = programs.find_map(|name| in_path(name).or_else(|| in_libraries(name)));
    found.ok_or_else(|| missing(engine.programs()[0]))
}

/// What the browser's program says its version is.
pub(crate) fn version(engine: Engine, program: &Path) -> io::Result<String> {
    let launcher = engine.launcher(program);
    let mut child = Command::new(&launcher[0])
        .args(&launcher[1..])
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    wait(&mut child, VERSION_PATIENCE);
    let _ = child.kill();
    let output = child.wait_with_output()?.stdout;
    let output = String::from_utf8_lossy(&output);
    let is_version = |line: &&str| line.contains(|char: char| char.is_ascii_digit());
    let version = output.lines().find(is_version);
    let version = version.map(|line| line.trim().to_owned());
    version
        .ok_or_else(|| io::Error::other(format!("{} does not say its version", program.display())))
}

fn wait(child: &mut Child, patience: Duration) {
    let end = Instant::now() + patience;
    while Instant::now() < end && matches!(child.try_wait(), Ok(None)) {
        thread::sleep(Duration::from_millis(20));
    }
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// `/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser`, or another folder of libraries. The newest comes last.
fn in_libraries(name: &str) -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = LIBRARIES
        .iter()
        .flat_map(|library| [folders(library.as_ref()), vec![library.into()]].concat())
        .flat_map(|folder| folders(&folder))
        .filter(|folder| folder.file_name().is_some_and(is_webkit))
        .map(|folder| folder.join(name))
        .filter(|file| file.is_file())
        .collect();
    found.sort();
    found.pop()
}

fn is_webkit(name: &std::ffi::OsStr) -> bool {
    name.to_string_lossy().starts_with("webkit")
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    command.process_group(0);
}

#[cfg(unix)]
fn kill_group(keeper: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};

    if let Ok(None) = keeper.try_wait() {
        let _ = kill_process_group(Pid::from_child(keeper), Signal::KILL);
    }
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

#[cfg(not(unix))]
fn kill_group(keeper: &mut Child) {
    let _ = keeper.kill();
}
