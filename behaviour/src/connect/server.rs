//! The server of one scenario: two origins on loopback, which play its responses to the requests in
//! the order in which they come.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use esse_vectors::connect::{Response, Scenario};
use socket2::{Domain, Socket, Type};

use super::play::{Origins, is_timeout, play};
use super::record::{Record, Seen};
use super::request::Request;

/// How long a client may take to send its request, or to take the response.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections that wait to be accepted.
const BACKLOG: i32 = 64;
/// A page that browsers ask for by themselves, and one from which a script can connect to the same
/// origin. They are not part of the scenario.
const PAGES: [&str; 2] = ["/blank", "/favicon.ico"];
/// Runs the script whose URL is in the fragment, if there is one.
const PAGE: &str = "<!doctype html><head><script>\
    const script = document.createElement('script');\
    script.src = location.hash.slice(1);\
    if (location.hash) document.head.append(script);</script>";

/// What the threads of a server share.
#[derive(Debug)]
pub(super) struct Server<'s> {
    scenario: &'s Scenario,
    record: &'s Record,
    main: Socket,
    other: TcpListener,
    origins: Origins,
}

impl<'s> Server<'s> {
    /// Binds its addresses. If the scenario begins with a server that refuses connections, they are
    /// refused until the client has reported its first failure, and for a time after that.
    pub(super) fn bind(scenario: &'s Scenario, record: &'s Record) -> io::Result<Self> {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let main = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        main.bind(&loopback.into())?;
        if scenario.listen_after.is_none() {
            main.listen(BACKLOG)?;
        }
        let other = TcpListener::bind(loopback)?;
        let address = main.local_addr()?.as_socket();
        let origins = Origins {
            main: address.ok_or(io::ErrorKind::AddrNotAvailable)?,
            other: other.local_addr()?,
        };
        Ok(Self {
            scenario,
            record,
            main,
            other,
            origins,
        })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}{}", self.origins.main, self.scenario.client.path)
    }

    /// Accepts connections until [`stop`](Self::stop).
    pub(super) fn start<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        scope.spawn(move || {
            if let Some(refusing) = self.scenario.listen_after {
                // A refused connection cannot be seen here. A time that began with the driver would be
                // over before a driver that starts slowly has tried.
                let is_refused = self.record.reaches(Seen::has_error);
                if !is_refused || !self.record.pause(refusing) || self.main.listen(BACKLOG).is_err()
                {
                    return;
                }
            }
            self.accept(scope, || {
                self.main.accept().map(|(socket, _)| socket.into())
            });
        });
        scope.spawn(move || self.accept(scope, || self.other.accept().map(|(socket, _)| socket)));
    }

    /// Ends all threads of the server.
    pub(super) fn stop(&self) {
        self.record.finish();
        // `accept` returns only for a connection.
        for address in [self.origins.main, self.origins.other] {
            let _ = TcpStream::connect(address);
        }
    }

    fn accept<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        accept: impl Fn() -> io::Result<TcpStream>,
    ) {
        while !self.record.is_over() {
            match accept() {
                Ok(socket) => {
                    // A client that breaks its connection breaks nothing else.
                    scope.spawn(move || self.serve(socket).unwrap_or_default());
                }
                Err(_) => thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    fn serve(&self, mut socket: TcpStream) -> io::Result<()> {
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        // A browser may connect ahead and send its request later, or never.
        while !has_input(&socket)? {
            if self.record.is_over() {
                return Ok(());
            }
        }
        let at = Instant::now();
        let Some(request) = Request::read(&socket)? else {
            return Ok(());
        };
        if PAGES.contains(&&*request.path) {
            return io::Write::write_all(&mut socket, page().as_bytes());
        }
        let index = self.record.request(request, at);
        let played = play(
            socket,
            self.response(index),
            &self.origins,
            self.record,
            index,
        );
        if played.is_err() && !self.record.is_over() {
            self.record.hung_up(index);
        }
        played
    }

    /// The response to a request. One that should not have come is answered with 204, which ends a
    /// client.
    fn response(&self, index: usize) -> Option<&'s Response> {
        let responses = &self.scenario.server;
        let repeated = responses.last().filter(|last| last.repeat);
        responses.get(index).or(repeated)
    }
}

fn page() -> String {
    let length = PAGE.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{PAGE}"
    )
}

/// Waits a moment for the first byte of a request.
fn has_input(socket: &TcpStream) -> io::Result<bool> {
    socket.set_read_timeout(Some(Duration::from_millis(50)))?;
    let peeked = socket.peek(&mut [0]);
    socket.set_read_timeout(Some(PATIENCE))?;
    match peeked {
        Ok(_) => Ok(true),
        Err(error) if is_timeout(&error) => Ok(false),
        Err(error) => Err(error),
    }
}
