//! The server of the page that opens the others, and of the drivers: loopback only, a thread to a
//! connection.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use esse_behaviour::connect::event_types;
use esse_vectors::connect::{Piece, Scenario};

use super::desk::Desk;
use crate::certify::http::{self, Request};

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("script.js");
const MOMENT: Duration = Duration::from_millis(50);

/// Serves on a port that the system chooses, for as long as the program runs.
pub(super) fn start(desk: &Desk, scenarios: &[Scenario]) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let script = format!(
        "const names = {};\n{SCRIPT}",
        serde_json::to_string(&all_names(scenarios))?
    );
    let desk = desk.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (desk, script) = (desk.clone(), script.clone());
            // A client that went away is not an error.
            thread::spawn(move || serve(&stream, &desk, &script).unwrap_or_default());
        }
    });
    Ok(address)
}

/// The types of events that any of the streams might have.
fn all_names(scenarios: &[Scenario]) -> BTreeSet<String> {
    let responses = scenarios.iter().flat_map(|scenario| &scenario.server);
    let bodies = responses.map(|response| {
        let pieces = response.pieces.iter().filter_map(|piece| match piece {
            Piece::Bytes(bytes) => Some(bytes.as_slice()),
            Piece::Pause(_) => None,
        });
        pieces.collect::<Vec<_>>().concat()
    });
    bodies.flat_map(|body| event_types(&body)).collect()
}

fn serve(stream: &TcpStream, desk: &Desk, script: &str) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let Some(Request { target, body, .. }) = http::read(stream) else {
        return Ok(());
    };
    let text = String::from_utf8_lossy(&body);
    match target.as_str() {
        "/" => http::answer(stream, "text/html; charset=utf-8", PAGE.as_bytes()),
        "/script.js" => http::answer(stream, "text/javascript; charset=utf-8", script.as_bytes()),
        "/next" => {
            let wanted = desk.wanted(text.parse().unwrap_or_default());
            http::answer(stream, "application/json", &serde_json::to_vec(&wanted)?)
        }
        "/said" => {
            desk.say(serde_json::from_slice(&body)?);
            http::refuse(stream, "204 No Content")
        }
        "/drive" => {
            let number = desk.open(text.into_owned());
            let driven = drive(stream, number, desk);
            desk.close(number);
            driven
        }
        _ => http::refuse(stream, "404 Not Found"),
    }
}

/// Passes the lines of a page on until the driver is ended.
fn drive(mut stream: &TcpStream, number: usize, desk: &Desk) -> io::Result<()> {
    stream.write_all(http::head("200 OK", "").as_bytes())?;
    stream.set_nonblocking(true)?;
    loop {
        match stream.peek(&mut [0]) {
            Ok(0) => return Ok(()),
            Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
            Ok(_) | Err(_) => {}
        }
        let lines = desk.lines(number, MOMENT);
        stream.set_nonblocking(false)?;
        for line in lines {
            stream.write_all(format!("{line}\n").as_bytes())?;
        }
        stream.set_nonblocking(true)?;
    }
}
