//! The server that the page comes from and the streams: loopback only, a thread to a connection.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use super::board::{Answer, Board, Report};
use super::http::{self, Request};
use super::probe::Probe;

const PAGE: &str = include_str!("page.html");
/// How long a client may leave a connection silent.
const SILENCE: Duration = Duration::from_secs(30);

/// Serves on a port that the system chooses, for as long as the program runs.
pub(super) fn start(board: &Board) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let board = board.clone();
    thread::Builder::new()
        .name("certify server".to_owned())
        .spawn(move || accept(&listener, &board))?;
    Ok(address)
}

fn accept(listener: &TcpListener, board: &Board) {
    for stream in listener.incoming().flatten() {
        let board = board.clone();
        // One that cannot be served is closed, and the page reports what it makes of that.
        let _ = thread::Builder::new().spawn(move || serve(&stream, &board));
    }
}

/// A client that went away is not an error.
fn serve(stream: &TcpStream, board: &Board) {
    let prepared = stream
        .set_nodelay(true)
        .and_then(|()| stream.set_read_timeout(Some(SILENCE)))
        .and_then(|()| stream.set_write_timeout(Some(SILENCE)));
    if let (Ok(()), Some(request)) = (prepared, http::read(stream)) {
        let _ = respond(stream, request, board);
    }
}

fn respond(stream: &TcpStream, request: Request, board: &Board) -> io::Result<()> {
    match request.target.as_str() {
        "/" => http::answer(stream, "text/html; charset=utf-8", PAGE.as_bytes()),
        "/opened" => {
            board.opened();
            http::refuse(stream, "204 No Content")
        }
        "/next" => http::answer(
            stream,
            "application/json",
            &serde_json::to_vec(&board.take_batch())?,
        ),
        "/seen" => match serde_json::from_slice::<Vec<Report>>(&request.body) {
            Ok(reports) => {
                board.report(reports);
                http::refuse(stream, "204 No Content")
            }
            Err(_) => http::refuse(stream, "400 Bad Request"),
        },
        target => match number(target) {
            Some(number) => connect(stream, number, request.last_event_id, board),
            None => http::refuse(stream, "404 Not Found"),
        },
    }
}

fn number(target: &str) -> Option<usize> {
    target.strip_prefix("/stream/")?.parse().ok()
}

fn connect(
    stream: &TcpStream,
    number: usize,
    last_event_id: Option<Vec<u8>>,
    board: &Board,
) -> io::Result<()> {
    match board.connect(number, last_event_id) {
        Answer::Before(bytes) => send(stream, &[bytes], Duration::ZERO),
        Answer::Stream(probe) => {
            let Probe { chunks, pause, .. } = &*probe;
            let sent = send(stream, chunks, *pause);
            board.ended(number);
            sent
        }
        Answer::NoMore => http::refuse(stream, "204 No Content"),
        Answer::Unknown => http::refuse(stream, "404 Not Found"),
    }
}

/// Each piece is a write of its own; what comes first goes with the head and what comes last with the
/// end of the body, so that a whole stream arrives at once.
fn send(mut stream: &TcpStream, chunks: &[Vec<u8>], pause: Duration) -> io::Result<()> {
    let mut out = http::event_stream_head().into_bytes();
    for (index, chunk) in chunks.iter().enumerate() {
        if index > 0 {
            stream.write_all(&out)?;
            out.clear();
            thread::sleep(pause);
        }
        out.extend(http::chunk(chunk));
    }
    out.extend(http::LAST_CHUNK);
    stream.write_all(&out)
}
