//! `esse probe --echo`, through nginx and through other hops.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{self, Child, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use esse_testkit::bound;
use tempfile::TempDir;

use super::{ERROR, WARNING, findings};
use crate::program::{Ran, command, esse, ran};

/// The places where Debian has it.
const NGINX: [&str; 2] = ["/usr/sbin/nginx", "/usr/local/sbin/nginx"];

const SOUND: &str = "proxy_buffering off; proxy_http_version 1.1; proxy_set_header Connection '';";

/// nginx in front of one port, listening on another.
struct Proxy {
    nginx: Child,
    _folder: TempDir,
    address: SocketAddr,
}

impl Proxy {
    /// `settings` are those of the location.
    fn start(nginx: &str, to: SocketAddr, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display();
        let address = free_address();
        let config = format!(
            "daemon off; master_process off; pid {path}/pid; events {{}}
            http {{
                access_log off;
                client_body_temp_path {path}/a; proxy_temp_path {path}/b;
                fastcgi_temp_path {path}/c; uwsgi_temp_path {path}/d; scgi_temp_path {path}/e;
                server {{
                    listen {address};
                    location / {{ proxy_pass http://{to}; {settings} }}
                }}
            }}"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, config).unwrap();
        let mut command = bound(Path::new(nginx));
        command.args(["-e", "stderr", "-c"]).arg(file);
        let nginx = command.stderr(Stdio::null()).spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < until, "nginx does not listen: {settings}");
            thread::sleep(Duration::from_millis(20));
        }
        Self {
            nginx,
            _folder: folder,
            address,
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

/// An address that nothing else listens on. A port of 127.0.0.1 may be taken by a test that runs at the
/// same time before it is used, but Linux has more loopback addresses than there are tests.
fn free_address() -> SocketAddr {
    static NUMBER: AtomicU8 = AtomicU8::new(1);
    let ip = if cfg!(target_os = "linux") {
        let [.., high, low] = process::id().to_be_bytes();
        Ipv4Addr::new(127, high | 1, low, NUMBER.fetch_add(1, Ordering::Relaxed))
    } else {
        Ipv4Addr::LOCALHOST
    };
    TcpListener::bind((ip, 0)).unwrap().local_addr().unwrap()
}

fn echo(nginx: &str, settings: &str, args: &[&str]) -> Ran {
    let server = free_address();
    let proxy = Proxy::start(nginx, server, settings);
    let (address, url) = (server.to_string(), format!("http://{}/", proxy.address));
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

/// It sends requests of its own, for as long as its own stream lasts.
#[test]
fn what_it_would_not_do_is_refused() {
    let address = free_address().to_string();
    for option in [
        ["-X", "POST"],
        ["-d", "body"],
        ["--last-event-id", "5"],
        ["--for", "1s"],
        ["--keep-alive", "1s"],
        ["-H", "last-event-id: 5"],
    ] {
        let args = ["probe", "--echo", &address, "http://outer.invalid/"];
        let ran = esse(&[&args[..], &option].concat(), "");
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{option:?}");
        ran.has_stderr("--echo");
    }
}

#[test]
fn the_address_may_be_a_name() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let name = format!("localhost:{}", taken.local_addr().unwrap().port());
    // Perhaps on ::1.
    let child = command(&["probe", "--echo", &name, "http://outer.invalid/"])
        .env("http_proxy", format!("http://{}", free_address()))
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .spawn()
        .unwrap();
    let ran = ran(child.wait_with_output().unwrap());
    assert!(
        ran.stderr
            .contains("reads its own stream at http://outer.invalid/ ")
            || ran
                .stderr
                .contains(&format!("cannot listen on {name}: Address already in use")),
        "{}",
        ran.stderr
    );
    let args = ["probe", "--echo", "nonsense", "http://outer.invalid/"];
    let ran = esse(&args, "");
    assert_eq!(ran.status, 2);
    ran.has_stderr("cannot listen on nonsense: ");
}

#[test]
fn a_hop_that_reads_on_without_its_client() {
    let (listener, server) = (TcpListener::bind("127.0.0.1:0").unwrap(), free_address());
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming() {
            thread::spawn(move || read_on(client.unwrap(), server));
        }
    });
    let address = server.to_string();
    let ran = esse(
        &["probe", "-q", "--format", "json", "--echo", &address, &url],
        "",
    );
    let expected = ("departure".to_owned(), WARNING.to_owned());
    assert_eq!(findings(&ran), [expected], "{}", ran.stdout);
    assert_eq!(ran.status, 0);
}

/// Hands one request on, and reads the response to its end whatever becomes of the client.
fn read_on(mut client: TcpStream, server: SocketAddr) {
    let request = crate::get::request(&mut client);
    let (_, fields) = request.split_once("\r\n").unwrap();
    let mut server = TcpStream::connect(server).unwrap();
    write!(server, "GET / HTTP/1.1\r\nconnection: close\r\n{fields}").unwrap();
    let mut buffer = vec![0; 1 << 16];
    while let Ok(read @ 1..) = server.read(&mut buffer) {
        // The client may have gone.
        let _ = client.write_all(&buffer[..read]);
    }
}

#[test]
fn the_stream_is_read_directly_whatever_proxy_the_environment_names() {
    let proxy = free_address();
    let (address, url) = (free_address().to_string(), "http://outer.invalid/");
    let child = command(&["probe", "--echo", &address, url])
        .env("http_proxy", format!("http://{proxy}"))
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .spawn()
        .unwrap();
    let ran = ran(child.wait_with_output().unwrap());
    ran.has_stderr("reads its own stream at http://outer.invalid/ ");
    assert_eq!(ran.status, 4, "there is no proxy");
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
    let address = free_address().to_string();
    let ran = esse(&["probe", "-q", "--echo", &address, &url], "");
    ran.has_stderr("the request did not reach it");
    assert_eq!(ran.status, 4);
}
