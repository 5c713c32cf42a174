//! What must hold under every policy, for every sequence of what a network can do.

use std::time::Duration;

use esse_client::parser::Chunk;
use esse_client::{Action, Connection, Failure, Head, Policy, Replay};

const LENGTH: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Input {
    Stream,
    Busy,
    NotFound,
    Event,
    EventWithId,
    End,
    Broken,
    Unreachable,
    Elapsed,
    Restart,
}

const INPUTS: [Input; 10] = [
    Input::Stream,
    Input::Busy,
    Input::NotFound,
    Input::Event,
    Input::EventWithId,
    Input::End,
    Input::Broken,
    Input::Unreachable,
    Input::Elapsed,
    Input::Restart,
];

/// A connection, and what the server has seen of it.
#[derive(Clone)]
struct Client {
    connection: Connection,
    now: Duration,
    /// Requests that may have reached the server, since the caller last restarted.
    reached: u32,
    /// An event has come since the first of them.
    delivered: bool,
    sending: bool,
}

#[test]
fn no_request_is_repeated_unless_that_was_chosen() {
    let replays = [
        Replay::Never,
        Replay::UntilDelivered,
        Replay::WithLastEventId,
        Replay::Always,
    ];
    let policies = [
        Policy::standard(),
        Policy::persistent(),
        Policy::once().attempts(Some(3)),
        Policy::resuming(),
    ];
    let mut count = 0;
    for policy in policies {
        for replay in replays {
            let client = Client {
                connection: Connection::new(policy.clone().replay(replay), Duration::ZERO, 7),
                now: Duration::ZERO,
                reached: 0,
                delivered: false,
                sending: false,
            };
            try_all(&client, replay, &mut Vec::new(), &mut count);
        }
    }
    println!("{count} sequences of up to {LENGTH} inputs");
}

fn try_all(client: &Client, replay: Replay, inputs: &mut Vec<Input>, count: &mut usize) {
    for input in INPUTS {
        let mut client = client.clone();
        inputs.push(input);
        if client.input(input, replay, inputs) {
            *count += 1;
            if inputs.len() < LENGTH {
                try_all(&client, replay, inputs, count);
            }
        }
        inputs.pop();
    }
}

impl Client {
    /// Returns false if the input cannot happen now.
    fn input(&mut self, input: Input, replay: Replay, inputs: &[Input]) -> bool {
        self.send(replay, inputs);
        let connection = &mut self.connection;
        let is_connecting = matches!(connection.action(), Action::Connect { .. });
        let is_reading = matches!(connection.action(), Action::Read { .. });
        match input {
            Input::Stream | Input::Busy | Input::NotFound if is_connecting => {
                self.sending = false;
                let (status, content_type) = match input {
                    Input::Stream => (200, Some("text/event-stream")),
                    Input::Busy => (503, None),
                    _ => (404, None),
                };
                connection.head(self.now, &Head::new(status, content_type));
                if matches!(connection.action(), Action::Collect { .. }) {
                    connection.end(self.now);
                }
            }
            Input::Event | Input::EventWithId if is_reading => {
                let text = match input {
                    Input::Event => "data: x\n\n",
                    _ => "id: 1\ndata: x\n\n",
                };
                connection.received(self.now);
                let mut chunk = Chunk::new(text.as_bytes());
                let event = connection.next_event(self.now, &mut chunk);
                assert!(matches!(event, Ok(Some(_))));
                self.delivered = true;
            }
            Input::End if is_reading => connection.end(self.now),
            Input::Broken if is_connecting || is_reading => {
                self.sending = false;
                connection.failed(self.now, Failure::Broken);
            }
            Input::Unreachable if is_connecting => {
                self.sending = false;
                self.reached -= 1;
                connection.failed(self.now, Failure::Unreachable);
            }
            Input::Elapsed => match connection.action() {
                Action::Wait { until }
                | Action::Read { until: Some(until) }
                | Action::Connect {
                    until: Some(until), ..
                } => {
                    self.sending = false;
                    assert!(until < Duration::MAX, "{inputs:?}");
                    self.now = until;
                    connection.elapsed(until);
                }
                _ => return false,
            },
            Input::Restart if is_connecting || is_reading => {
                self.sending = false;
                self.reached = 0;
                connection.restart(self.now);
            }
            _ => return false,
        }
        if let Action::Wait { until } = connection.action() {
            if input != Input::Restart {
                let least = connection.reconnection_time();
                assert!(until >= self.now + least, "{inputs:?}");
                assert!(
                    until <= self.now + 2 * least.max(Duration::from_secs(60)),
                    "{inputs:?}"
                );
            }
        }
        true
    }

    /// Sends the request that is due, which is not idempotent.
    fn send(&mut self, replay: Replay, inputs: &[Input]) {
        if !matches!(self.connection.action(), Action::Connect { .. }) || self.sending {
            return;
        }
        let id = self.connection.last_event_id().to_owned();
        if self.connection.sent(self.now, false) {
            self.sending = true;
            if self.reached == 0 {
                self.delivered = false;
            } else {
                let may = match replay {
                    Replay::UntilDelivered => !self.delivered,
                    Replay::WithLastEventId => !id.is_empty(),
                    Replay::Always => true,
                    _ => false,
                };
                assert!(may, "sent again after {inputs:?} with {replay:?}");
            }
            self.reached += 1;
        }
    }
}
