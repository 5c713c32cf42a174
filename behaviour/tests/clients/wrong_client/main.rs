//! `wrong_client FAULT URL`: a client that stays connected, with a switch for each way to be wrong.
#![allow(clippy::unwrap_used, reason = "a test, made to be read")]

mod client;
mod http;
mod output;
mod redirect;
mod setup;
mod stream;
#[path = "../wrong.rs"]
mod wrong;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::json;

use self::client::Client;
use self::output::Output;
use self::setup::{OPTIONS, Setup};
use self::wrong::Wrong;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, fault, url] = &arguments[..] else {
        panic!("usage: wrong_client FAULT URL");
    };
    let mut faults = Wrong::ALL.iter();
    let wrong = faults.find(|wrong| format!("{wrong:?}") == *fault);
    let setup = Setup::read(*wrong.unwrap(), url);
    let output = Arc::new(Output::default());
    output.say(&json!({ "name": "wrong_client", "options": OPTIONS }));
    if let Some(time) = setup.close_after {
        let (output, wrong) = (output.clone(), setup.wrong);
        thread::spawn(move || {
            thread::sleep(time);
            output.close(wrong);
        });
    }
    Client::new(setup, output).run();
    // So that it can be seen that nothing follows.
    thread::sleep(Duration::MAX);
}
