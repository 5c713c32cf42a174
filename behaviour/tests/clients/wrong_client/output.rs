//! What the user of the client sees, and how the caller closes it.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::wrong::Wrong;

/// Stdout, until the client is closed.
#[derive(Default)]
pub(crate) struct Output {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    is_closed: bool,
    socket: Option<TcpStream>,
}

impl Output {
    pub(crate) fn say(&self, line: &Value) {
        let state = self.state.lock().unwrap();
        if !state.is_closed {
            let mut out = std::io::stdout().lock();
            // If nobody reads any more, nobody needs to know.
            let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        }
    }

    /// The caller closes the client: it drops its connection and says nothing more.
    pub(crate) fn close(&self, wrong: Wrong) {
        self.say(&json!({ "closed": "by the caller" }));
        let mut state = self.state.lock().unwrap();
        state.is_closed = true;
        if let Some(socket) = state
            .socket
            .take_if(|_| wrong != Wrong::KeepsConnectionAfterClose)
        {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// The connection to drop.
    pub(crate) fn keep(&self, socket: TcpStream) {
        self.state.lock().unwrap().socket = Some(socket);
    }

    pub(crate) fn release(&self) {
        self.state.lock().unwrap().socket = None;
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state.lock().unwrap().is_closed
    }
}
