//! Output appears while the input is still open, so that `curl -N … | esse decode | jq` is live.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use crate::program::start;

/// Only keeps a program that does not flush from hanging the test.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn an_event_is_decoded_before_the_next_one_comes() {
    let mut conversation = Conversation::with(&["decode"]);
    for data in ["a", "b"] {
        conversation.say(&format!("data: {data}\r\n\r"));
        let expected = format!(r#"{{"type":"message","data":"{data}","lastEventId":""}}"#);
        assert_eq!(conversation.hear(), expected);
    }
    conversation.end();
}

#[test]
fn a_block_is_encoded_before_the_next_one_comes() {
    let mut conversation = Conversation::with(&["encode"]);
    for data in ["a", "b"] {
        conversation.say(&format!("{{\"data\":\"{data}\"}}\n"));
        assert_eq!(conversation.hear(), format!("data: {data}"));
        assert_eq!(conversation.hear(), "");
    }
    conversation.end();
}

struct Conversation {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
}

impl Conversation {
    fn with(args: &[&str]) -> Self {
        let mut child = start(args);
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            stdout
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line))
        });
        Self {
            child,
            stdin,
            lines,
        }
    }

    fn say(&mut self, text: &str) {
        self.stdin.write_all(text.as_bytes()).unwrap();
        self.stdin.flush().unwrap();
    }

    fn hear(&mut self) -> String {
        self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            self.child.kill().unwrap();
            panic!("nothing is written while the input is open");
        })
    }

    fn end(mut self) {
        drop(self.stdin);
        assert!(self.child.wait().unwrap().success());
        assert!(self.lines.recv().is_err(), "nothing more comes");
    }
}
