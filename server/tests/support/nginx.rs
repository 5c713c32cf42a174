//! nginx, in front of a server.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::net::UnixStream;

use super::program::Program;
use super::until;
use esse_testkit::bound;

/// A running nginx that listens on a socket in its own folder, so that ports cannot collide.
pub(crate) struct Proxy {
    // Ends before its folder is removed.
    program: Program,
    nginx: PathBuf,
    folder: TempDir,
}

impl Proxy {
    /// `locations` are those of the one server.
    pub(crate) async fn start(nginx: &Path, locations: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().display();
        let config = format!(
            "daemon off;
            master_process off;
            pid {path}/pid;
            events {{}}
            http {{
                access_log off;
                client_body_temp_path {path}/body;
                proxy_temp_path {path}/proxy;
                fastcgi_temp_path {path}/fastcgi;
                uwsgi_temp_path {path}/uwsgi;
                scgi_temp_path {path}/scgi;
                server {{
                    listen unix:{path}/socket;
                    {locations}
                }}
            }}"
        );
        fs::write(folder.path().join("nginx.conf"), config).unwrap();
        let proxy = Self {
            program: run(nginx, folder.path()),
            nginx: nginx.into(),
            folder,
        };
        proxy.listens().await;
        proxy
    }

    /// Kills it, as in a crash, and starts it again.
    pub(crate) async fn restart(&mut self) {
        self.program.kill();
        // Left by a process that was killed, and in the way of the next.
        fs::remove_file(self.socket()).unwrap();
        self.program = run(&self.nginx, self.folder.path());
        self.listens().await;
    }

    async fn listens(&self) {
        until(|| std::os::unix::net::UnixStream::connect(self.socket()).is_ok()).await;
    }

    pub(crate) async fn connect(&self) -> UnixStream {
        UnixStream::connect(self.socket()).await.unwrap()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }
}

fn run(nginx: &Path, folder: &Path) -> Program {
    let mut command = bound(nginx);
    command
        .args(["-e", "stderr", "-c"])
        .arg(folder.join("nginx.conf"));
    Program::start(&mut command)
}
