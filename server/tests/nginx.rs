//! nginx in front, with its defaults: it buffers, and speaks HTTP/1.0 to the server.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use esse_server::{Hub, Sink, response};
use support::bound::bound;
use support::client::{Events, request, send};
use support::program::{Program, installed};
use support::server::Server;
use support::{numbered, until};
use tempfile::TempDir;
use tokio::net::UnixStream;

#[tokio::test]
async fn events_come_through_one_by_one() {
    let Some(nginx) = installed("nginx") else {
        return;
    };
    let hub = Hub::new();
    let server = serve(&hub);
    let proxy = Proxy::start(&nginx, &server).await;
    // Before any event.
    let mut events = Events::of(send(proxy.connect().await, request("/events")).await);
    for number in 0..20 {
        hub.publish(numbered(number, "head")).unwrap();
        assert_eq!(events.data().await, number.to_string());
    }
}

/// Shows that the test above can fail.
#[tokio::test]
async fn without_the_header_nginx_holds_back_even_the_head() {
    let Some(nginx) = installed("nginx") else {
        return;
    };
    let hub = Hub::new();
    let server = serve(&hub);
    let proxy = Proxy::start(&nginx, &server).await;
    let io = proxy.connect().await;
    let held_back = tokio::spawn(async {
        Events::of(send(io, request("/without-header")).await)
            .rest()
            .await
    });
    until(|| hub.metrics().open == 1).await;
    for number in 0..20 {
        hub.publish(numbered(number, "head")).unwrap();
    }
    until(|| hub.metrics().sent == 20).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!held_back.is_finished());
    hub.drain();
    assert_eq!(held_back.await.unwrap().len(), 20);
}

fn serve(hub: &Hub) -> Server {
    let app = Router::new()
        .route("/events", get(events))
        .route("/without-header", get(without_header))
        .with_state(hub.clone());
    Server::start(app)
}

async fn events(State(hub): State<Hub>) -> Response {
    response(Body::new(Sink::new(hub.subscribe().open())))
}

async fn without_header(hub: State<Hub>) -> Response {
    let mut response = events(hub).await;
    response.headers_mut().remove("x-accel-buffering");
    response
}

/// A running nginx that listens on a socket in its own folder, so that ports cannot collide.
struct Proxy {
    // Ends before its folder is removed.
    _program: Program,
    folder: TempDir,
}

impl Proxy {
    async fn start(nginx: &Path, server: &Server) -> Self {
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
                    location / {{ proxy_pass http://{}; }}
                }}
            }}",
            server.address,
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

    async fn connect(&self) -> UnixStream {
        UnixStream::connect(self.socket()).await.unwrap()
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }
}
