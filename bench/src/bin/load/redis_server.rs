//! A redis-server on a socket of its own, for one measurement.

use std::io::{self, ErrorKind};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use esse_testkit::bound;

const PROGRAM: &str = "redis-server";
/// How often to try to connect, every 20 milliseconds.
const ATTEMPTS: usize = 500;

/// Killed when dropped, and then its files are deleted.
pub(crate) struct RedisServer {
    child: Child,
    dir: PathBuf,
}

impl RedisServer {
    /// For the measurement with this name. `None`, and a line about it, if redis-server is not
    /// installed.
    pub(crate) fn start(name: &str) -> io::Result<Option<Self>> {
        if let Err(error) = Command::new(PROGRAM).arg("--version").output() {
            if error.kind() == ErrorKind::NotFound {
                println!("\n!!! SKIPPED: {PROGRAM} is not installed, so `{name}` cannot run !!!\n");
                return Ok(None);
            }
            return Err(error);
        }
        let dir = std::env::temp_dir().join(format!("esse-load-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        let child = bound(PROGRAM)
            .args(["--port", "0", "--unixsocket", "socket"])
            .args(["--save", "", "--appendonly", "no"])
            .current_dir(&dir)
            .stdout(Stdio::null())
            .spawn()?;
        let redis = Self { child, dir };
        for _ in 0..ATTEMPTS {
            if UnixStream::connect(redis.socket()).is_ok() {
                return Ok(Some(redis));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err(io::Error::other("redis-server does not answer"))
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        self.dir.join("socket")
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
