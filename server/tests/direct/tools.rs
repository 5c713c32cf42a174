//! With the programs that users put in front: curl and nginx.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::Duration;

use esse_encoder::Block;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::bound::bound;
use crate::client::{Client, Server, split, unchunked};

/// Ends a test that hangs.
const BOUND: Duration = Duration::from_secs(60);

/// Whether the program is installed. Prints a line if it is not.
fn is_there(program: &str, argument: &str) -> bool {
    let run = std::process::Command::new(program).arg(argument).output();
    let there = run.is_ok();
    if !there {
        eprintln!("SKIPPED: {program} is not installed (apt-get install {program})");
    }
    there
}

async fn curl(server: &Server, options: &[&str]) -> String {
    let child = Command::new("curl")
        .args(["--silent", "--no-buffer", "--max-time", "60"])
        .args(options)
        .arg(format!("http://{}/events", server.at))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    server.until(|server| server.hub.metrics().open == 1).await;
    server
        .hub
        .publish_all(["a", "b"].map(Block::event))
        .unwrap();
    server
        .hub
        .publish(Block::event("c".repeat(100_000)))
        .unwrap();
    server.hub.drain();
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "curl: {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

fn expected() -> String {
    let large = "c".repeat(100_000);
    format!(": \n\ndata: a\n\ndata: b\n\ndata: {large}\n\n")
}

#[tokio::test]
async fn curl_reads_the_stream() {
    if !is_there("curl", "--version") {
        return;
    }
    for options in [&[][..], &["--http1.0"]] {
        let server = Server::start().await;
        assert!(curl(&server, options).await == expected(), "{options:?}");
    }
}

#[tokio::test]
async fn curl_shows_the_chunks() {
    if !is_there("curl", "--version") {
        return;
    }
    let server = Server::start().await;
    let answer = curl(&server, &["--raw", "--include"]).await;
    let (head, body) = split(&answer);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(body.starts_with("4\r\n: \n\n\r\n9\r\ndata: a\n\n\r\n9\r\ndata: b\n\n\r\n186a8\r\n"));
    assert!(unchunked(body) == expected());
}

#[tokio::test]
async fn through_nginx_events_arrive_one_by_one() {
    if !is_there("nginx", "-v") {
        return;
    }
    let server = Server::start().await;
    let directory = std::env::temp_dir().join(format!("esse-nginx-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let (mut nginx, at) = start_nginx(server.at, &directory).await;
    // By default nginx talks HTTP/1.0 to its upstream.
    for path in ["/1.0/", "/1.1/"] {
        let open = server.hub.metrics().open;
        let mut client = Client(TcpStream::connect(at).await.unwrap());
        client
            .send(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n"))
            .await;
        timeout(BOUND, client.until(": \n\n")).await.unwrap();
        for n in 0..20 {
            server
                .hub
                .publish(Block::event(format!("{n}{path}")))
                .unwrap();
            // The next event is published only after this one has arrived.
            timeout(BOUND, client.until(&format!("data: {n}{path}\n\n")))
                .await
                .unwrap();
        }
        assert_eq!(server.hub.metrics().open, open + 1);
        drop(client);
        // nginx closes its connection, and the server sees that.
        timeout(
            BOUND,
            server.until(|server| server.hub.metrics().open == open),
        )
        .await
        .unwrap();
    }
    nginx.kill().await.unwrap();
    let _ = fs::remove_dir_all(directory);
}

/// With the default settings for buffering.
async fn start_nginx(server: SocketAddr, directory: &std::path::Path) -> (Child, SocketAddr) {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = free.local_addr().unwrap();
    drop(free);
    let here = directory.display();
    let settings = format!(
        "daemon off; master_process off; error_log stderr; pid {here}/pid;
        events {{}}
        http {{
            access_log off;
            client_body_temp_path {here}/a; proxy_temp_path {here}/b;
            fastcgi_temp_path {here}/c; uwsgi_temp_path {here}/d; scgi_temp_path {here}/e;
            server {{
                listen {at};
                location /1.0/ {{ proxy_pass http://{server}; }}
                location /1.1/ {{ proxy_pass http://{server}; proxy_http_version 1.1; }}
            }}
        }}"
    );
    let file = directory.join("nginx.conf");
    fs::write(&file, settings).unwrap();
    let mut nginx = Command::from(bound("nginx"))
        .arg("-c")
        .arg(&file)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(nginx.stderr.take().unwrap()).lines();
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            eprintln!("{line}");
        }
    });
    let ready = async {
        while TcpStream::connect(at).await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(BOUND, ready).await.expect("nginx does not start");
    (nginx, at)
}
