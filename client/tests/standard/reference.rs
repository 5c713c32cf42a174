//! 9.2.2 and 9.2.3, transcribed: what an `EventSource` does, without time-outs, backoff and jitter.
//!
//! Standard: <https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model>

use std::time::Duration;

use esse_client::ReadyState;
use esse_parser::reference::interpret_from;

/// What can be seen of an `EventSource` from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A request, with the value of `Last-Event-ID`.
    Fetch(Option<String>),
    Open,
    Message {
        data: String,
        last_event_id: String,
    },
    Error,
}

/// What the network does, and what the page does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Input {
    Head {
        status: u16,
        content_type: Option<&'static str>,
    },
    Chunk(&'static str),
    EndOfBody,
    NetworkError,
    /// The delay of "reestablish the connection" is over.
    DelayOver,
    /// `close()`
    Close,
}

#[derive(Clone, Debug)]
pub(crate) struct EventSource {
    pub(crate) ready_state: ReadyState,
    pub(crate) reconnection_time: Duration,
    pub(crate) last_event_id: String,
    pub(crate) seen: Vec<Seen>,
    fetching: bool,
    waiting: bool,
    /// The body so far, the last event ID before it, and how many of its events were seen.
    body: Option<(String, String, usize)>,
}

impl EventSource {
    /// The constructor, steps 8 to 16: fetches the request.
    pub(crate) fn new(reconnection_time: Duration) -> Self {
        let mut source = Self {
            ready_state: ReadyState::Connecting,
            reconnection_time,
            last_event_id: String::new(),
            seen: Vec::new(),
            fetching: false,
            waiting: false,
            body: None,
        };
        source.fetch();
        source
    }

    /// Whether the input can happen now.
    pub(crate) fn expects(&self, input: Input) -> bool {
        match input {
            Input::Head { .. } => self.fetching,
            Input::Chunk(_) | Input::EndOfBody => self.body.is_some(),
            Input::NetworkError => self.fetching || self.body.is_some(),
            Input::DelayOver => self.waiting,
            Input::Close => self.ready_state != ReadyState::Closed,
        }
    }

    pub(crate) fn input(&mut self, input: Input) {
        match input {
            Input::Head {
                status,
                content_type,
            } => {
                self.fetching = false;
                self.process_response(status, content_type);
            }
            Input::Chunk(text) => self.interpret(text),
            Input::EndOfBody => {
                self.body = None;
                // processEventSourceEndOfBody: not a network error, so reestablish.
                self.reestablish_the_connection();
            }
            Input::NetworkError => {
                self.fetching = false;
                self.body = None;
                self.reestablish_the_connection();
            }
            Input::DelayOver => self.after_the_delay(),
            Input::Close => {
                // "abort any instances of the fetch algorithm", "set the readyState to CLOSED"
                self.fetching = false;
                self.waiting = false;
                self.body = None;
                self.ready_state = ReadyState::Closed;
            }
        }
    }

    fn fetch(&mut self) {
        self.fetching = true;
        let id = Some(self.last_event_id.clone()).filter(|id| !id.is_empty());
        self.seen.push(Seen::Fetch(id));
    }

    /// 9.2.2, step 15: processResponse.
    fn process_response(&mut self, status: u16, content_type: Option<&str>) {
        if status != 200 || content_type != Some("text/event-stream") {
            return self.fail_the_connection();
        }
        self.announce_the_connection();
        self.body = Some((String::new(), self.last_event_id.clone(), 0));
    }

    fn announce_the_connection(&mut self) {
        if self.ready_state != ReadyState::Closed {
            self.ready_state = ReadyState::Open;
            self.seen.push(Seen::Open);
        }
    }

    /// Up to the delay.
    fn reestablish_the_connection(&mut self) {
        if self.ready_state == ReadyState::Closed {
            return;
        }
        self.ready_state = ReadyState::Connecting;
        self.seen.push(Seen::Error);
        self.waiting = true;
    }

    fn after_the_delay(&mut self) {
        self.waiting = false;
        if self.ready_state == ReadyState::Connecting {
            self.fetch();
        }
    }

    fn fail_the_connection(&mut self) {
        if self.ready_state != ReadyState::Closed {
            self.ready_state = ReadyState::Closed;
            self.seen.push(Seen::Error);
        }
    }

    /// 9.2.6, by the reference of the parser, which reads the whole body again.
    fn interpret(&mut self, text: &str) {
        let Some((body, id, count)) = &mut self.body else {
            return;
        };
        body.push_str(text);
        let stream = interpret_from(body.as_bytes(), id);
        for event in &stream.events[*count..] {
            self.seen.push(Seen::Message {
                data: event.data.clone(),
                last_event_id: event.last_event_id.clone(),
            });
        }
        *count = stream.events.len();
        self.last_event_id = stream.last_event_id;
        if let Some(time) = stream.reconnection_time {
            self.reconnection_time = Duration::from_millis(time);
        }
    }
}
