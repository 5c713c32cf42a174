//! Every sequence of inputs up to a length, against the transcription of the standard.

mod reference;

use std::time::Duration;

use esse_client::parser::Chunk;
use esse_client::{Action, Closed, Connection, Failure, Head, Policy, ReadyState};
use reference::{EventSource, Input, Seen};

const LENGTH: usize = 8;

const STREAM: Option<&str> = Some("text/event-stream");

const INPUTS: [Input; 12] = [
    Input::Head {
        status: 200,
        content_type: STREAM,
    },
    Input::Head {
        status: 200,
        content_type: Some("application/json"),
    },
    Input::Head {
        status: 503,
        content_type: STREAM,
    },
    Input::Head {
        status: 204,
        content_type: None,
    },
    Input::Chunk("data: x\n\n"),
    Input::Chunk("id: 1\n\nretry: 0\nid: 2\nda"),
    Input::Chunk("retry: 9000\n\nid: 3\ndata\n\n"),
    Input::Chunk("id\n\n"),
    Input::EndOfBody,
    Input::NetworkError,
    Input::DelayOver,
    Input::Close,
];

#[test]
fn every_sequence_of_inputs() {
    let time = Duration::from_secs(3);
    let policy = Policy::standard()
        .reconnection_time(time)
        .head_timeout(None)
        .idle_timeout(None);
    let mut client = Client {
        connection: Connection::new(policy, Duration::ZERO, 1),
        now: Duration::ZERO,
        seen: Vec::new(),
    };
    client.look();
    let reference = EventSource::new(time);
    let mut count = 0;
    try_all(&client, &reference, &mut Vec::new(), &mut count);
    println!("{count} sequences of up to {LENGTH} inputs");
    assert!(count > 100_000, "{count}");
}

fn try_all(client: &Client, reference: &EventSource, inputs: &mut Vec<Input>, count: &mut usize) {
    for input in INPUTS {
        inputs.push(input);
        *count += 1;
        let (mut client, mut reference) = (client.clone(), reference.clone());
        let expected = reference.expects(input);
        if expected {
            reference.input(input);
        }
        client.input(input);
        assert_eq!(client.seen, reference.seen, "{inputs:?}");
        let connection = &client.connection;
        assert_eq!(
            connection.ready_state(),
            reference.ready_state,
            "{inputs:?}"
        );
        assert_eq!(
            connection.last_event_id(),
            reference.last_event_id,
            "{inputs:?}"
        );
        assert_eq!(
            connection.reconnection_time(),
            reference.reconnection_time,
            "{inputs:?}"
        );
        if let Action::Wait { until } = connection.action() {
            assert!(
                until >= client.now + reference.reconnection_time,
                "{inputs:?}"
            );
        }
        // What cannot happen changes nothing, so nothing new follows from it.
        if expected && inputs.len() < LENGTH {
            try_all(&client, &reference, inputs, count);
        }
        inputs.pop();
    }
}

/// A connection, and what a caller of it sees.
#[derive(Clone)]
struct Client {
    connection: Connection,
    now: Duration,
    seen: Vec<Seen>,
}

impl Client {
    fn input(&mut self, input: Input) {
        let connection = &mut self.connection;
        let before = connection.ready_state();
        let was_waiting = matches!(connection.action(), Action::Wait { .. });
        match input {
            Input::Head {
                status,
                content_type,
            } => {
                connection.sent(self.now, true);
                connection.head(self.now, &Head::new(status, content_type));
                if matches!(connection.action(), Action::Collect { .. }) {
                    connection.end(self.now);
                }
            }
            Input::Chunk(text) => {
                connection.received(self.now);
                let mut chunk = Chunk::new(text.as_bytes());
                while let Ok(Some(event)) = connection.next_event(self.now, &mut chunk) {
                    self.seen.push(Seen::Message {
                        data: event.data.into(),
                        last_event_id: event.last_event_id.into(),
                    });
                }
            }
            Input::EndOfBody if before == ReadyState::Open => connection.end(self.now),
            Input::EndOfBody => {}
            Input::NetworkError => connection.failed(self.now, Failure::Broken),
            Input::DelayOver => {
                if let Action::Wait { until } = connection.action() {
                    self.now = until;
                }
                connection.elapsed(self.now);
            }
            Input::Close => connection.close(),
        }
        let is_waiting = matches!(self.connection.action(), Action::Wait { .. });
        match (before, self.connection.action()) {
            (ReadyState::Connecting, Action::Read { .. }) => self.seen.push(Seen::Open),
            (_, Action::Wait { .. }) if !was_waiting => self.seen.push(Seen::Error),
            (_, Action::Close(Closed::ByCaller)) => {}
            (ReadyState::Connecting | ReadyState::Open, Action::Close(_)) => {
                self.seen.push(Seen::Error);
            }
            (_, Action::Connect { .. }) if was_waiting && !is_waiting => self.look(),
            _ => {}
        }
    }

    fn look(&mut self) {
        if let Action::Connect { attempt, .. } = self.connection.action() {
            let id = attempt.last_event_id_header.map(Into::into);
            self.seen.push(Seen::Fetch(id));
        }
    }
}
