//! `miniature_server [FAULT]` is a small server that is wrong on purpose, in one way, or right. It
//! proves that the checks of servers can fail.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "made to be read, and to be wrong"
)]

mod connection;
mod encode;
mod fault;
mod history;

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::exit;
use std::sync::Arc;
use std::{env, thread};

use serde_json::{Value, json};

use self::fault::Fault;
use self::history::{History, Published};

const OPTIONS: [&str; 7] = [
    "ids",
    "types",
    "resume",
    "query",
    "history",
    "keep-alive",
    "shutdown",
];

fn main() {
    let name = env::args().nth(1).unwrap_or_else(|| "nothing".to_owned());
    let Ok(fault) = serde_json::from_value::<Fault>(json!(name)) else {
        exit(2);
    };
    let history = Arc::new(History::new(fault));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    say(&json!({ "url": url, "name": "miniature", "version": name, "options": OPTIONS }));
    let shared = Arc::clone(&history);
    thread::spawn(move || connection::accept(&listener, &shared));
    for line in io::stdin().lines() {
        say(&answer(
            &history,
            &serde_json::from_str(&line.unwrap()).unwrap(),
        ));
    }
    if fault == Fault::LingersAfterTheEnd {
        thread::park();
    }
    exit(0);
}

fn answer(history: &History, command: &Value) -> Value {
    let Some(event) = command.get("publish") else {
        history.close();
        return json!({ "ok": true });
    };
    let text = |name: &str| event[name].as_str().map(str::to_owned);
    let event = Published {
        id: text("id"),
        event_type: text("event"),
        data: text("data").unwrap_or_default(),
    };
    if let Some(why) = encode::refused(&event, history.fault) {
        return json!({ "error": why });
    }
    history.publish(event);
    json!({ "ok": true })
}

fn say(line: &Value) {
    println!("{line}");
    io::stdout().flush().unwrap();
}
