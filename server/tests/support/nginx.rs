//! nginx, in front of a server.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::net::UnixStream;

use super::bound::bound;
use super::program::Program;
use super::until;

/// A running nginx that listens on a socket in its own folder, so that ports cannot collide.
pub(crate) struct Proxy {
    // Ends before its folder is removed.
    _program: Program,
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
        let file = folder.path().join("nginx.conf");
        fs::write(&file, config).unwrap();
        let mut command = bound(nginx);
        command.args(["-e", "stderr", "-c"]).arg(&file);
        let proxy = Self {
            _program: Program::start(&mut command),
            folder,
        };
        until(|| std::os::unix::net::UnixStream::connect(proxy.socket()).is_ok()).await;
        proxy
    }

    pub(crate) async fn connect(&self) -> UnixStream {
        UnixStream::connect(self.socket()).await.unwrap()
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }
}
