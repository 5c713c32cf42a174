//! `esse probe --echo`, through nginx and through other hops.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use esse_testkit::bound;
use tempfile::TempDir;

use super::{ERROR, WARNING, findings};
use crate::program::{Ran, esse};

/// The places where Debian has it.
const NGINX: [&str; 2] = ["/usr/sbin/nginx", "/usr/local/sbin/nginx"];

const SOUND: &str = "proxy_buffering off; proxy_http_version 1.1; proxy_set_header Connection '';";

/// nginx in front of one port, listening on another.
struct Proxy {
    nginx: Child,
    _folder: TempDir,
    port: u16,
}

impl Proxy {
    /// `settings` are those of the location.
    fn start(nginx: &str, to: u16, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display();
        let port = free_port();
        let config = format!(
            "daemon off; master_process off; pid {path}/pid; events {{}}
            http {{
                access_log off;
                client_body_temp_path {path}/a; proxy_temp_path {path}/b;
                fastcgi_temp_path {path}/c; uwsgi_temp_path {path}/d; scgi_temp_path {path}/e;
                server {{
                    listen 127.0.0.1:{port};
                    location / {{ proxy_pass http://127.0.0.1:{to}; {settings} }}
                }}
            }}"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, config).unwrap();
        let mut command = bound(Path::new(nginx));
        command.args(["-e", "stderr", "-c"]).arg(file);
        let nginx = command.stderr(Stdio::null()).spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "nginx does not listen: {settings}");
            thread::sleep(Duration::from_millis(20));
        }
        Self {
            nginx,
            _folder: folder,
            port,
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.nginx.kill();
        let _ = self.nginx.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn echo(nginx: &str, settings: &str, args: &[&str]) -> Ran {
    let port = free_port();
    let proxy = Proxy::start(nginx, port, settings);
    let (address, url) = (
        format!("127.0.0.1:{port}"),
        format!("http://127.0.0.1:{}/", proxy.port),
    );
    let fixed = ["probe", "-q", "--format", "json", "--echo", &address, &url];
    esse(&[&fixed, args].concat(), "")
}

#[test]
fn what_nginx_does_to_a_stream() {
    let Some(nginx) = NGINX.into_iter().find(|path| Path::new(path).exists()) else {
        println!("!!! SKIPPED: nginx is not here (scripts/parts installs it) !!!");
        return;
    };
    let changed = |more: &str| format!("{SOUND} {more}");
    let silence: &[&str] = &["--silence", "2500ms"];
    let cases = [
        (SOUND.to_owned(), silence, None),
        (
            changed("gzip on; gzip_types text/event-stream; gzip_proxied any;"),
            &[],
            None,
        ),
        (
            "proxy_buffering on; proxy_http_version 1.1;".to_owned(),
            &[],
            Some(("delay", ERROR)),
        ),
        (
            "proxy_http_version 1.1; gzip on; gzip_types text/event-stream; gzip_proxied any;"
                .to_owned(),
            &[],
            Some(("compression", ERROR)),
        ),
        (
            changed("proxy_read_timeout 1s;"),
            silence,
            Some(("bytes", ERROR)),
        ),
        (
            changed("proxy_set_header Last-Event-ID '';"),
            &[],
            Some(("last-event-id", ERROR)),
        ),
        (
            changed("proxy_hide_header Cache-Control;"),
            &[],
            Some(("headers", WARNING)),
        ),
        (
            changed("sub_filter id: ID:; sub_filter_once off; sub_filter_types text/event-stream;"),
            &[],
            Some(("bytes", ERROR)),
        ),
    ];
    thread::scope(|scope| {
        for (settings, args, expected) in cases {
            scope.spawn(move || {
                let ran = echo(nginx, &settings, args);
                let found = findings(&ran);
                match expected {
                    Some((check, level)) => {
                        let expected = (check.to_owned(), level.to_owned());
                        assert!(found.contains(&expected), "{settings}: {}", ran.stdout);
                    }
                    None => assert_eq!(found, [], "{settings}: {}", ran.stdout),
                }
            });
        }
    });
}

#[test]
fn a_hop_that_reads_on_without_its_client() {
    let (listener, port) = (TcpListener::bind("127.0.0.1:0").unwrap(), free_port());
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming() {
            thread::spawn(move || read_on(client.unwrap(), port));
        }
    });
    let address = format!("127.0.0.1:{port}");
    let ran = esse(
        &["probe", "-q", "--format", "json", "--echo", &address, &url],
        "",
    );
    let expected = ("departure".to_owned(), WARNING.to_owned());
    assert_eq!(findings(&ran), [expected], "{}", ran.stdout);
    assert_eq!(ran.status, 0);
}

/// Hands one request on, and reads the response to its end whatever becomes of the client.
fn read_on(mut client: TcpStream, port: u16) {
    let request = crate::get::request(&mut client);
    let (_, fields) = request.split_once("\r\n").unwrap();
    let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(server, "GET / HTTP/1.1\r\nconnection: close\r\n{fields}").unwrap();
    let mut buffer = vec![0; 1 << 16];
    while let Ok(read @ 1..) = server.read(&mut buffer) {
        // The client may have gone.
        let _ = client.write_all(&buffer[..read]);
    }
}

#[test]
fn a_url_that_leads_elsewhere_is_an_error() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", elsewhere.local_addr().unwrap());
    thread::spawn(move || {
        for socket in elsewhere.incoming() {
            let mut socket = socket.unwrap();
            crate::get::request(&mut socket);
            let response = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            socket.write_all(response).unwrap();
        }
    });
    let address = format!("127.0.0.1:{}", free_port());
    let ran = esse(&["probe", "-q", "--echo", &address, &url], "");
    ran.has_stderr("the request did not reach it");
    assert_eq!(ran.status, 4);
}
