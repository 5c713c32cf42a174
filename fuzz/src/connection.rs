//! The client's state machine under any network.

use std::time::Duration;

use esse_client::{Action, Connection, Failure, Head, Policy, ReadyState, Replay};
use esse_parser::reference::interpret_from;
use esse_parser::{Chunk, Event, Item};

use crate::input::split;

/// Whatever the network and the caller do: the events of each response are those that the reference
/// finds in it; every wait is finite and never shorter than the reconnection time; the header
/// `Last-Event-ID` is never empty and never one that HTTP cannot carry; a request that is not
/// idempotent is sent again only if the policy says so; and after the end nothing changes any more.
///
/// The first byte of the script is the policy. Each byte that follows is one thing that happens.
///
/// ```
/// esse_fuzz::connection(b"id: 1\ndata: x\n\n\xFE\x00\x00\x3F\x81\x86\x00\x3F");
/// ```
///
/// # Panics
/// If that does not hold.
pub fn connection(input: &[u8]) {
    let (body, script) = split(input);
    let (choice, script) = script.split_first().unwrap_or((&0, &[]));
    let mut client = Client::new(*choice, body);
    for byte in script {
        client.step(*byte);
    }
    client.end();
}

struct Client<'b> {
    connection: Connection,
    now: Duration,
    /// What the server has not sent yet.
    rest: &'b [u8],
    is_idempotent: bool,
    takes: Takes,
    replay: Replay,
    is_sent: bool,
    /// Requests that may have reached the server, since the caller last restarted.
    reached: u32,
    delivered: bool,
    response: Response,
}

/// How the events of a chunk are read.
enum Takes {
    Events,
    OwnedEvents,
    Items,
}

/// What came in the current response.
#[derive(Default)]
struct Response {
    bytes: Vec<u8>,
    events: Vec<[String; 3]>,
    last_event_id: String,
}

impl<'b> Client<'b> {
    fn new(choice: u8, rest: &'b [u8]) -> Self {
        let policy = match choice & 3 {
            0 => Policy::standard(),
            1 => Policy::persistent().event_timeout(Some(Duration::from_secs(20))),
            2 => Policy::once().attempts(Some(3)),
            _ => Policy::resuming(),
        };
        let replay = match choice >> 2 & 3 {
            0 => Replay::Never,
            1 => Replay::UntilDelivered,
            2 => Replay::WithLastEventId,
            _ => Replay::Always,
        };
        let policy = policy.replay(replay);
        Self {
            connection: Connection::new(policy, Duration::ZERO, choice.into()),
            now: Duration::ZERO,
            rest,
            is_idempotent: choice & 16 != 0,
            takes: match choice >> 5 & 3 {
                0 | 1 => Takes::Events,
                2 => Takes::OwnedEvents,
                _ => Takes::Items,
            },
            replay,
            is_sent: false,
            reached: 0,
            delivered: false,
            response: Response::default(),
        }
    }

    /// One thing happens. A byte below 80 is the length of a chunk that comes.
    fn step(&mut self, byte: u8) {
        self.send();
        let (connection, now) = (&mut self.connection, self.now);
        match byte {
            0..0x80 => self.receive(byte.into()),
            0x80 => connection.end(now),
            0x81 => connection.failed(now, Failure::Broken),
            0x82 => {
                if matches!(connection.action(), Action::Connect { .. }) {
                    self.reached -= u32::from(self.is_sent);
                }
                connection.failed(now, Failure::Unreachable);
            }
            0x83 => connection.failed(now, Failure::Futile),
            0x84 => connection.terminal(),
            0x85 => {
                connection.restart(now);
                self.reached = 0;
                self.is_sent = false;
            }
            0x86 => self.wait(),
            0x87 => connection.close(),
            _ => self.head(byte),
        }
        self.look();
    }

    /// Sends the request that is due.
    fn send(&mut self) {
        let Action::Connect { attempt, .. } = self.connection.action() else {
            return;
        };
        if let Some(id) = attempt.last_event_id_header {
            assert_eq!(id, attempt.last_event_id);
            assert!(
                !id.is_empty() && id.trim_matches([' ', '\t']) == id,
                "{id:?}"
            );
            assert!(
                !id.bytes()
                    .any(|byte| byte == 0x7F || byte < b' ' && byte != b'\t')
            );
        }
        if self.is_sent {
            return;
        }
        let has_id = !attempt.last_event_id.is_empty();
        if self.connection.sent(self.now, self.is_idempotent) {
            let may = match self.replay {
                Replay::UntilDelivered => !self.delivered,
                Replay::WithLastEventId => has_id,
                Replay::Always => true,
                _ => false,
            };
            let repeats = !self.is_idempotent && self.reached > 0;
            assert!(!repeats || may, "sent again with {:?}", self.replay);
            self.is_sent = true;
            self.reached += 1;
        }
    }

    fn head(&mut self, byte: u8) {
        if !matches!(self.connection.action(), Action::Connect { .. }) {
            return;
        }
        let retry_after = Duration::from_secs(u64::from(byte) << 2);
        let head = match byte & 7 {
            0 => Head::new(204, None),
            1 => Head::new(404, Some("text/html")),
            2 => Head {
                retry_after: Some(retry_after),
                ..Head::new(503, None)
            },
            _ => Head::new(200, Some("text/event-stream;charset=utf-8")),
        };
        self.response = Response {
            last_event_id: self.connection.last_event_id().to_owned(),
            ..Response::default()
        };
        self.connection.head(self.now, &head);
    }

    fn receive(&mut self, length: usize) {
        let (bytes, rest) = self.rest.split_at(length.min(self.rest.len()));
        match self.connection.action() {
            Action::Collect { .. } => return self.connection.refused(bytes),
            Action::Read { .. } => {}
            _ => return,
        }
        self.rest = rest;
        self.now += Duration::from_secs(1);
        self.connection.received(self.now);
        self.response.bytes.extend_from_slice(bytes);
        let mut chunk = Chunk::new(bytes);
        while let Some(event) = self.next_event(&mut chunk) {
            self.response.events.push(event);
            self.delivered = true;
        }
        let meaning = interpret_from(&self.response.bytes, &self.response.last_event_id);
        let events = meaning.events.iter();
        let events = events.map(|event| [&event.event_type, &event.data, &event.last_event_id]);
        let found = self.response.events.iter().map(<[String; 3]>::each_ref);
        assert!(found.eq(events), "{:?}", self.response.events);
        assert_eq!(self.connection.last_event_id(), meaning.last_event_id);
    }

    /// The type, the data and the last event ID of the next event.
    fn next_event(&mut self, chunk: &mut Chunk<'_>) -> Option<[String; 3]> {
        let (connection, now) = (&mut self.connection, self.now);
        match self.takes {
            Takes::Events => connection.next_event(now, chunk).ok()?.map(texts),
            Takes::OwnedEvents => {
                let event = connection.next_owned_event(now, chunk).ok()?;
                event.map(|event| texts(event.as_event()))
            }
            Takes::Items => loop {
                if let Item::Event(event) = connection.next_item(now, chunk).ok()?? {
                    return Some(texts(event));
                }
            },
        }
    }

    /// The time comes that the state machine waits for.
    fn wait(&mut self) {
        let until = match self.connection.action() {
            Action::Wait { until } | Action::Collect { until } => Some(until),
            // This may be over: a comment does not put off the time-out between events.
            Action::Read { until } => until.map(|until| until.max(self.now)),
            Action::Connect { until, .. } => until,
            _ => return,
        };
        let Some(until) = until else {
            panic!("every policy here has time-outs");
        };
        assert!(until >= self.now, "{until:?}");
        let early = until.saturating_sub(Duration::from_nanos(1));
        self.connection.elapsed(early);
        self.now = until;
        self.connection.elapsed(until);
        self.send();
    }

    /// What holds at any time.
    fn look(&mut self) {
        match self.connection.action() {
            Action::Connect { .. } => {}
            Action::Wait { until } => {
                self.is_sent = false;
                // A wait that began earlier, before time went on, is not judged again.
                let least = self.connection.reconnection_time();
                let most = 2 * least.max(Duration::from_secs(120));
                assert!(until <= self.now.saturating_add(most), "{until:?}");
                assert!(until >= self.now.saturating_add(least), "{until:?}");
            }
            _ => self.is_sent = false,
        }
    }

    /// After the end nothing changes.
    fn end(mut self) {
        self.connection.close();
        let closed = format!("{:?}", self.connection.action());
        for byte in [0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x88, 0x8F, 0x10] {
            self.step(byte);
            assert_eq!(format!("{:?}", self.connection.action()), closed);
            assert!(!self.connection.sent(self.now, true));
        }
        assert_eq!(self.connection.ready_state(), ReadyState::Closed);
    }
}

fn texts(event: Event<'_>) -> [String; 3] {
    [event.event_type, event.data, event.last_event_id].map(str::to_owned)
}
