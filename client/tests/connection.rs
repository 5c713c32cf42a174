//! The rules that are not in the standard, one by one.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use esse_client::parser::{Chunk, Item, Limits};
use esse_client::{
    Action, Cause, Closed, Connection, Failure, Head, Policy, ReadyState, Replay, Resume,
};

const STREAM: Head<'static> = Head::new(200, Some("text/event-stream"));

/// A connection in virtual time.
struct Client {
    connection: Connection,
    now: Duration,
}

impl Client {
    fn new(policy: Policy) -> Self {
        Self {
            connection: Connection::new(policy, Duration::ZERO, 3),
            now: Duration::ZERO,
        }
    }

    /// A `POST` goes out, and an event stream begins.
    #[track_caller]
    fn post(&mut self) {
        assert!(self.connection.sent(self.now, false));
        self.connection.head(self.now, &STREAM);
    }

    #[track_caller]
    fn open(&mut self) {
        assert!(self.connection.sent(self.now, true));
        self.connection.head(self.now, &STREAM);
        assert!(matches!(self.connection.action(), Action::Read { .. }));
    }

    /// Reads a chunk, and returns the number of events.
    fn read(&mut self, text: &str) -> usize {
        self.connection.received(self.now);
        let mut chunk = Chunk::new(text.as_bytes());
        let mut count = 0;
        while let Ok(Some(_)) = self.connection.next_event(self.now, &mut chunk) {
            count += 1;
        }
        count
    }

    fn after(&mut self, span: Duration) {
        self.now += span;
        self.connection.elapsed(self.now);
    }

    /// Waits for the next attempt, and returns how long that took.
    #[track_caller]
    fn wait(&mut self) -> Duration {
        let Action::Wait { until } = self.connection.action() else {
            panic!("{:?}", self.connection.action());
        };
        let wait = until.saturating_sub(self.now);
        self.after(wait);
        assert!(matches!(self.connection.action(), Action::Connect { .. }));
        wait
    }

    #[track_caller]
    fn closed(&self) -> Closed {
        match self.connection.action() {
            Action::Close(closed) => closed.clone(),
            action => panic!("{action:?}"),
        }
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_200_that_ends_at_once_is_a_failure() {
    let mut client = Client::new(Policy::standard());
    let mut waits = Vec::new();
    for _ in 0..8 {
        client.open();
        client.connection.end(client.now);
        waits.push(client.wait());
    }
    // 3 s and jitter, then 4 s, 8 s, … and jitter.
    assert!(waits[0] < seconds(6) && waits[3] >= seconds(8), "{waits:?}");
    assert!(waits[7] >= seconds(60), "{waits:?}");
}

#[test]
fn progress_ends_the_backoff() {
    let progress: [fn(&mut Client); 3] = [
        |client| assert_eq!(client.read("data: x\n\n"), 1),
        |client| assert_eq!(client.read("id: 1\n\n"), 0),
        |client| client.now += seconds(60),
    ];
    for make in progress {
        let mut client = Client::new(Policy::standard());
        for _ in 0..6 {
            client.connection.failed(client.now, Failure::Unreachable);
            client.wait();
        }
        client.open();
        make(&mut client);
        client.connection.end(client.now);
        let wait = client.wait();
        assert!(wait >= seconds(3) && wait <= seconds(3) * 6 / 5, "{wait:?}");
    }
}

#[test]
fn retry_after_counts_once() {
    let mut client = Client::new(Policy::persistent());
    client.connection.sent(client.now, true);
    let busy = Head {
        retry_after: Some(seconds(50)),
        ..Head::new(503, None)
    };
    client.connection.head(client.now, &busy);
    assert!(client.wait() >= seconds(50));
    client.open();
    client.read("data: x\n\n");
    client.connection.end(client.now);
    assert!(client.wait() < seconds(4));
}

#[test]
fn a_refusal_is_reported_with_its_body() {
    for policy in [Policy::standard(), Policy::persistent()] {
        let mut client = Client::new(policy);
        client.connection.sent(client.now, true);
        let head = Head {
            location: Some("/there"),
            ..Head::new(404, Some("application/json"))
        };
        client.connection.head(client.now, &head);
        assert!(matches!(client.connection.action(), Action::Collect { .. }));
        client.connection.refused(br#"{"error":"no "#);
        client.connection.refused(br#"such stream"}"#);
        client.connection.end(client.now);
        let closed = client.closed();
        assert!(closed.is_error());
        assert_eq!(
            closed.to_string(),
            "not an event stream: status 404, content type application/json, \
             body {\"error\":\"no such stream\"}, location /there"
        );
    }
}

#[test]
fn a_refusal_is_read_for_five_seconds_or_8_kib() {
    let refused = || {
        let mut client = Client::new(Policy::standard());
        client.connection.sent(client.now, true);
        client.connection.head(client.now, &Head::new(404, None));
        client
    };
    let mut client = refused();
    client.connection.refused(&[b'x'; 8191]);
    assert_eq!(client.connection.ready_state(), ReadyState::Connecting);
    client.connection.refused(b"yz");
    let Closed::Refused { answer, .. } = client.closed() else {
        panic!("{:?}", client.closed());
    };
    assert_eq!(answer.body.len(), 8192);

    let mut client = refused();
    let until = client.now + seconds(5);
    assert!(matches!(client.connection.action(), Action::Collect { until: end } if end == until));
    client
        .connection
        .elapsed(until.saturating_sub(Duration::from_nanos(1)));
    assert!(matches!(client.connection.action(), Action::Collect { .. }));
    client.connection.elapsed(until);
    assert!(matches!(client.closed(), Closed::Refused { .. }));
}

#[test]
fn a_204_is_not_an_error() {
    let mut client = Client::new(Policy::persistent());
    client.connection.sent(client.now, true);
    client.connection.head(client.now, &Head::new(204, None));
    assert_eq!(client.closed(), Closed::NoContent);
    assert!(!client.closed().is_error());
}

#[test]
fn credentials_are_refreshed_once() {
    let mut client = Client::new(Policy::standard().refreshes_credentials(true));
    let unauthorized = Head::new(401, None);
    client.connection.sent(client.now, true);
    client.connection.head(client.now, &unauthorized);
    client.wait();
    client.connection.sent(client.now, true);
    client.connection.head(client.now, &unauthorized);
    client.connection.end(client.now);
    assert!(matches!(client.closed(), Closed::Refused { .. }));
}

#[test]
fn credentials_are_refreshed_again_when_a_response_was_accepted_since() {
    let mut client = Client::new(Policy::standard().refreshes_credentials(true));
    for _ in 0..3 {
        client.connection.sent(client.now, true);
        client.connection.head(client.now, &Head::new(401, None));
        client.wait();
        client.open();
        client.read(": ok\n");
        client.connection.end(client.now);
        client.wait();
    }
}

#[test]
fn a_refusal_that_leads_to_fresh_credentials_is_not_an_attempt() {
    let mut client = Client::new(Policy::once().refreshes_credentials(true));
    client.connection.sent(client.now, true);
    client.connection.head(client.now, &Head::new(401, None));
    client.wait();
    client.connection.sent(client.now, true);
    client.connection.failed(client.now, Failure::Unreachable);
    assert!(matches!(client.closed(), Closed::GaveUp { .. }));
}

#[test]
fn comments_are_signs_of_life() {
    let mut client = Client::new(Policy::standard().idle_timeout(Some(seconds(45))));
    client.open();
    // For a day, which no time-out limits.
    for _ in 0..2000 {
        client.after(seconds(44));
        assert_eq!(client.read(":\n"), 0);
    }
    client.read("data: half");
    client.after(seconds(44));
    assert!(matches!(client.connection.action(), Action::Read { .. }));
    client.after(seconds(1));
    client.wait();
    let Some(Cause::Idle { discarded }) = client.connection.cause() else {
        panic!("{:?}", client.connection.cause());
    };
    assert!(discarded.had_data());
}

#[test]
fn the_time_out_that_comes_first_counts() {
    for (idle, silent) in [(45, 60), (60, 45), (45, 45)] {
        let policy = Policy::standard()
            .idle_timeout(Some(seconds(idle)))
            .event_timeout(Some(seconds(silent)));
        let mut client = Client::new(policy);
        client.open();
        client.after(seconds(45));
        client.wait();
        let is_idle = matches!(client.connection.cause(), Some(Cause::Idle { .. }));
        assert_eq!(is_idle, idle <= silent);
    }
}

#[test]
fn comments_are_not_events() {
    let policy = Policy::standard().event_timeout(Some(seconds(45)));
    let mut client = Client::new(policy);
    client.open();
    client.after(seconds(30));
    client.read("data: x\n\n");
    for _ in 0..4 {
        client.after(seconds(11));
        client.read(":\n");
    }
    client.after(seconds(1));
    client.wait();
    assert!(matches!(
        client.connection.cause(),
        Some(Cause::Silent { .. })
    ));
}

#[test]
fn a_head_has_to_come_in_time() {
    let mut client = Client::new(Policy::standard());
    client.connection.sent(client.now, true);
    client.after(seconds(29));
    assert!(matches!(client.connection.action(), Action::Connect { .. }));
    client.after(seconds(1));
    client.wait();
    assert_eq!(client.connection.cause(), Some(&Cause::NoHead));
}

#[test]
fn a_block_over_a_limit_is_not_fetched_again() {
    let policy = Policy::standard().limits(Limits::DEFAULT.with_data(3));
    let mut client = Client::new(policy.clone());
    client.open();
    assert_eq!(client.read("data: long\n\ndata: x\n\n"), 0);
    assert!(matches!(client.closed(), Closed::Limit(_)));
    let source = std::error::Error::source(&client.closed()).map(ToString::to_string);
    assert_eq!(source, Some(client.closed().to_string()));

    let mut client = Client::new(policy.skips_over_limit(true));
    client.open();
    let mut chunk = Chunk::new(b"data: long\n\ndata: x\n\n");
    let over_limit = client.connection.next_event(client.now, &mut chunk);
    assert!(over_limit.is_err());
    assert!(matches!(
        client.connection.next_event(client.now, &mut chunk),
        Ok(Some(_))
    ));
}

#[test]
fn once_ends_with_the_response() {
    let mut client = Client::new(Policy::once());
    client.post();
    client.read("data: x\n\n");
    client.connection.end(client.now);
    assert!(matches!(client.closed(), Closed::End { .. }));
    assert!(!client.closed().is_error());
}

#[test]
fn once_tells_a_finished_answer_from_one_that_was_cut_off() {
    let policy = Policy::once().has_terminal(true);
    let mut client = Client::new(policy.clone());
    client.post();
    client.read("data: x\n\n");
    client.connection.end(client.now);
    assert!(matches!(client.closed(), Closed::Truncated { .. }));

    let mut client = Client::new(policy);
    client.post();
    client.read("data: [DONE]\n\n");
    client.connection.terminal();
    assert_eq!(client.closed(), Closed::Terminal);
}

#[test]
fn once_breaks_with_the_connection() {
    let mut client = Client::new(Policy::once().attempts(Some(9)).replay(Replay::Always));
    client.post();
    client.read("data: x\n\n");
    client.connection.failed(client.now, Failure::Broken);
    assert!(matches!(client.closed(), Closed::Truncated { .. }));

    // Unless the caller's requests say where to go on in another way.
    for makes_requests in [true, false] {
        let mut client = Client::new(Policy::resuming().resumes_without_id(true));
        if makes_requests {
            client.connection.requests_vary();
        }
        client.post();
        client.read("data: x\n\n");
        client.connection.failed(client.now, Failure::Broken);
        if makes_requests {
            client.wait();
        } else {
            assert!(matches!(client.closed(), Closed::Truncated { .. }));
        }
    }
}

#[test]
fn a_request_that_reached_nobody_is_not_repeated_by_sending_it() {
    let mut client = Client::new(Policy::once().attempts(Some(4)));
    for _ in 0..2 {
        assert!(client.connection.sent(client.now, false));
        client.connection.failed(client.now, Failure::Unreachable);
        client.wait();
    }
    client.post();
    client.connection.failed(client.now, Failure::Broken);
    let closed = client.closed();
    assert_eq!(
        closed.to_string(),
        "the connection broke; the request is not idempotent, so it was not sent again"
    );
}

#[test]
fn another_request_resumes() {
    let mut client = Client::new(Policy::resuming());
    client.connection.requests_vary();
    client.post();
    client.read("id: 7\nretry: 500\ndata\n\n");
    client.connection.end(client.now);
    let wait = client.wait();
    assert!(
        wait >= Duration::from_millis(500) && wait <= Duration::from_millis(600),
        "{wait:?}"
    );
    let attempt = client.connection.attempt();
    assert_eq!(
        (attempt.number, attempt.last_event_id_header),
        (1, Some("7"))
    );
    client.open();
    client.connection.terminal();

    // Without an ID there is nothing to go on from.
    let mut client = Client::new(Policy::resuming());
    client.connection.requests_vary();
    client.post();
    client.read("data: x\n\n");
    client.connection.failed(client.now, Failure::Broken);
    assert!(matches!(client.closed(), Closed::Truncated { .. }));
}

#[test]
fn the_last_moment_is_not_too_late() {
    let policy = Policy::standard()
        .reconnection_time(Duration::ZERO)
        .least_wait(Duration::ZERO)
        .backoff(Duration::ZERO, Duration::ZERO)
        .give_up_after(Some(Duration::ZERO));
    let mut client = Client::new(policy);
    client.connection.failed(client.now, Failure::Unreachable);
    assert_eq!(client.wait(), Duration::ZERO);
}

#[test]
fn a_wait_that_a_restart_cuts_short_counts_against_giving_up() {
    let mut client = Client::new(Policy::persistent().give_up_after(Some(seconds(10))));
    let mut head = Head::new(503, None);
    head.retry_after = Some(seconds(60));
    for _ in 0..12 {
        assert!(client.connection.sent(client.now, true));
        client.connection.head(client.now, &head);
        if !matches!(client.connection.action(), Action::Wait { .. }) {
            break;
        }
        client.after(seconds(1));
        client.connection.restart(client.now);
    }
    // A longer wait of its own would be over after the ten seconds.
    assert_eq!(client.now, seconds(3));
    client.connection.end(client.now);
    assert!(matches!(client.closed(), Closed::Refused { .. }));
}

#[test]
fn what_a_get_delivered_is_no_answer_to_the_post_after_it() {
    let policy = Policy::persistent().replay(Replay::UntilDelivered);
    let mut client = Client::new(policy);
    client.connection.requests_vary();
    client.open();
    client.read("data: x\n\n");
    client.connection.end(client.now);
    client.wait();
    assert!(client.connection.sent(client.now, false));
    client.connection.failed(client.now, Failure::Broken);
    client.wait();
    client.post();
    client.read("data: y\n\n");
    client.connection.failed(client.now, Failure::Broken);
    client.wait();
    assert!(!client.connection.sent(client.now, false));
}

#[test]
fn after_progress_there_is_another_attempt_however_long_the_wait() {
    let mut client = Client::new(Policy::persistent().give_up_after(Some(seconds(1))));
    client.open();
    client.read("data: x\n\n");
    client.connection.end(client.now);
    assert!(client.wait() >= seconds(3));
}

#[test]
fn a_wait_that_the_server_asks_for_does_not_count_against_giving_up() {
    // MCP: poll again after two and a half minutes.
    let mut client = Client::new(Policy::resuming());
    client.open();
    client.read("retry: 150000\nid: 1\ndata: x\n\n");
    client.connection.end(client.now);
    assert!(client.wait() >= seconds(150));
    client.connection.failed(client.now, Failure::Unreachable);
    assert!(client.wait() >= seconds(150));

    let mut client = Client::new(Policy::resuming());
    let busy = Head {
        retry_after: Some(seconds(120)),
        ..Head::new(429, None)
    };
    for _ in 0..4 {
        client.connection.head(client.now, &busy);
        assert!(client.wait() >= seconds(120));
    }
    client.connection.head(client.now, &busy);
    assert!(matches!(client.connection.action(), Action::Collect { .. }));
}

#[test]
fn resuming_gives_up() {
    let mut client = Client::new(Policy::resuming());
    client.open();
    client.read("id: 7\ndata\n\n");
    client.connection.end(client.now);
    for _ in 0..5 {
        client.wait();
        client.connection.failed(client.now, Failure::Unreachable);
    }
    assert_eq!(
        client.closed(),
        Closed::GaveUp {
            last: Cause::Unreachable
        }
    );

    let policy = Policy::resuming().attempts(None);
    let mut client = Client::new(policy);
    while matches!(client.connection.action(), Action::Connect { .. }) {
        client.connection.failed(client.now, Failure::Unreachable);
        if matches!(client.connection.action(), Action::Wait { .. }) {
            client.wait();
        }
    }
    assert!(client.now <= seconds(120), "{:?}", client.now);
    assert_eq!(
        client.closed(),
        Closed::GaveUp {
            last: Cause::Unreachable
        }
    );
}

#[test]
fn a_response_with_an_event_is_not_an_attempt_that_came_to_nothing() {
    for attempts in [0, 1] {
        let mut client = Client::new(Policy::standard().attempts(Some(attempts)));
        client.open();
        client.read("data: x\n\n");
        client.connection.end(client.now);
        client.wait();
        client.connection.failed(client.now, Failure::Unreachable);
        assert!(matches!(client.closed(), Closed::GaveUp { .. }));
    }
}

/// The reason is in the body.
#[test]
fn the_last_refusal_has_its_body() {
    let busy = Head::new(503, None);
    let policies = [
        (Policy::persistent().attempts(Some(3)), 2),
        (Policy::persistent().give_up_after(Some(seconds(2))), 0),
        (Policy::once().retried_statuses([503]), 0),
    ];
    for (policy, refusals) in policies {
        let mut client = Client::new(policy);
        for _ in 0..refusals {
            client.connection.head(client.now, &busy);
            client.wait();
        }
        client.connection.head(client.now, &busy);
        client.connection.refused(b"busy");
        client.connection.end(client.now);
        let Closed::Refused { answer, .. } = client.closed() else {
            panic!("{:?}", client.closed());
        };
        assert_eq!((answer.status, &*answer.body), (503, &b"busy"[..]));
    }
}

#[test]
fn a_restart_connects_at_once() {
    let mut client = Client::new(Policy::standard());
    client.post();
    client.read("id: 7\ndata: x\n\nid: 8\n");
    client.connection.restart(client.now);
    let attempt = client.connection.attempt();
    assert_eq!((attempt.number, attempt.last_event_id), (1, "7"));
    assert_eq!(attempt.cause, Some(&Cause::Restart));

    // While it waits, too, and that does not count as another failure.
    client.post();
    client.connection.end(client.now);
    let mut client = Client::new(Policy::standard());
    client.connection.failed(client.now, Failure::Unreachable);
    client.connection.restart(client.now);
    assert_eq!(client.connection.attempt().failures, 1);
}

/// The caller did not want the attempt, so it says nothing about the server.
#[test]
fn a_restart_is_not_a_failure() {
    let mut client = Client::new(Policy::resuming());
    for number in 0..10 {
        let attempt = client.connection.attempt();
        assert_eq!((attempt.number, attempt.failures), (number, 0));
        client.connection.sent(client.now, true);
        client.connection.restart(client.now);
    }
    // What was not sent is begun again.
    client.connection.restart(client.now);
    assert_eq!(client.connection.attempt().number, 10);
    client.connection.failed(client.now, Failure::Unreachable);
    assert!(client.wait() < seconds(7));

    let mut client = Client::new(Policy::standard());
    client.connection.restart(client.now);
    let attempt = client.connection.attempt();
    assert_eq!((attempt.number, attempt.cause), (0, None));
}

#[test]
fn the_time_for_the_head_begins_with_the_request() {
    let mut client = Client::new(Policy::standard());
    // A token is fetched.
    client.after(seconds(29));
    client.connection.sent(client.now, true);
    client.after(seconds(29));
    client.connection.head(client.now, &STREAM);
    assert_eq!(client.connection.ready_state(), ReadyState::Open);
}

/// An answer that is to be the only one comes to something by an event alone.
#[test]
fn once_sends_no_second_request() {
    for text in ["id: 1\n\n", ":\n\n"] {
        let mut client = Client::new(Policy::once());
        client.open();
        client.after(seconds(70));
        client.read(text);
        client.connection.failed(client.now, Failure::Broken);
        assert!(matches!(client.closed(), Closed::GaveUp { .. }), "{text:?}");
    }
}

/// The request was not applied (RFC 9110, 15.5.2).
#[test]
fn fresh_credentials_are_for_every_method() {
    let policy = Policy::once().refreshes_credentials(true);
    let mut client = Client::new(policy);
    assert!(client.connection.sent(client.now, false));
    client.connection.head(client.now, &Head::new(401, None));
    client.wait();
    client.post();
    client.read("data: x\n\n");
    client.connection.end(client.now);
    assert!(matches!(client.closed(), Closed::End { .. }));
}

/// The reason is in the body.
#[test]
fn a_refusal_that_may_not_be_repeated_has_its_body() {
    let policy = Policy::persistent().attempts(Some(3));
    let mut client = Client::new(policy);
    assert!(client.connection.sent(client.now, false));
    client.connection.head(client.now, &Head::new(429, None));
    client.connection.refused(b"quota");
    client.connection.end(client.now);
    let Closed::Refused { answer, .. } = client.closed() else {
        panic!("{:?}", client.closed());
    };
    assert_eq!(&*answer.body, b"quota");
}

#[test]
fn a_futile_request_is_not_tried_again() {
    let mut client = Client::new(Policy::persistent());
    client.connection.failed(client.now, Failure::Futile);
    assert_eq!(client.closed(), Closed::Futile);
}

#[test]
fn another_process_goes_on() {
    let mut client = Client::new(Policy::standard());
    client.open();
    client.read("id: 7\nretry: 9000\ndata: x\n\n");
    let resume = client.connection.to_resume();
    let expected = Resume::after("7");
    assert_eq!(resume.last_event_id, expected.last_event_id);

    let mut connection = Connection::resume(Policy::standard(), Duration::ZERO, 1, resume);
    assert_eq!(connection.attempt().last_event_id_header, Some("7"));
    assert_eq!(connection.reconnection_time(), seconds(9));
    connection.close();
    assert!(matches!(
        connection.action(),
        Action::Close(Closed::ByCaller)
    ));
}

#[test]
fn an_id_that_http_cannot_carry_is_left_out() {
    let mut client = Client::new(Policy::standard());
    client.open();
    client.read("id: a\u{1}b\ndata: x\n\n");
    client.connection.end(client.now);
    client.wait();
    let attempt = client.connection.attempt();
    assert_eq!(attempt.last_event_id, "a\u{1}b");
    assert_eq!(attempt.last_event_id_header, None);
}

#[test]
fn a_comment_over_its_limit_is_skipped() {
    let policy = Policy::standard().limits(Limits::DEFAULT.with_comment(3));
    let mut client = Client::new(policy);
    client.open();
    let mut chunk = Chunk::new(b":long\n\ndata: x\n\n");
    let over_limit = client.connection.next_item(client.now, &mut chunk);
    assert!(over_limit.is_err());
    let event = client.connection.next_item(client.now, &mut chunk);
    assert!(matches!(event, Ok(Some(Item::Event(_)))));
}

#[test]
fn items_are_handed_out_if_asked_for() {
    let mut client = Client::new(Policy::standard());
    client.open();
    let mut chunk = Chunk::new(b": hello\nid: 1\n\n");
    let next = client.connection.next_item(client.now, &mut chunk);
    assert_eq!(next, Ok(Some(Item::Comment("hello"))));
    let next = client.connection.next_item(client.now, &mut chunk);
    assert_eq!(next, Ok(Some(Item::LastEventId("1"))));
}

#[test]
fn clients_that_were_cut_off_together_come_back_spread_out() {
    let waits = (0..200).map(|seed| {
        let mut connection = Connection::new(Policy::standard(), Duration::ZERO, seed);
        connection.sent(Duration::ZERO, true);
        connection.head(Duration::ZERO, &STREAM);
        let mut chunk = Chunk::new(b"data: x\n\n");
        let event = connection.next_event(Duration::ZERO, &mut chunk);
        assert!(matches!(event, Ok(Some(_))));
        connection.failed(Duration::ZERO, Failure::Broken);
        match connection.action() {
            Action::Wait { until } => until.as_millis(),
            action => panic!("{action:?}"),
        }
    });
    let mut slots = [0; 31];
    for wait in waits {
        slots[usize::try_from((wait - 3000) / 100).unwrap()] += 1;
    }
    // No tenth of a second has more than a tenth of them.
    assert!(slots.iter().all(|count| *count <= 20), "{slots:?}");
}

#[test]
fn a_hook_that_does_not_change_the_method_repeats_nothing() {
    let mut client = Client::new(Policy::standard());
    client.connection.requests_vary();
    client.post();
    client.connection.failed(client.now, Failure::Broken);
    client.wait();
    assert!(!client.connection.sent(client.now, false));
    assert!(matches!(client.closed(), Closed::NotRepeated { .. }));

    let mut client = Client::new(Policy::standard().replay(Replay::Always));
    client.connection.requests_vary();
    client.post();
    client.connection.failed(client.now, Failure::Broken);
    client.wait();
    client.post();
}

#[test]
fn a_refusal_stays_one_if_its_body_breaks() {
    for failure in [Failure::Broken, Failure::Unreachable, Failure::Futile] {
        let mut client = Client::new(Policy::standard());
        client.connection.sent(client.now, true);
        client.connection.head(client.now, &Head::new(404, None));
        client.connection.failed(client.now, failure);
        assert!(matches!(client.closed(), Closed::Refused { .. }));
    }
}

#[test]
fn a_timer_that_goes_off_too_early_changes_nothing() {
    let mut client = Client::new(Policy::standard());
    client.after(seconds(29));
    assert!(matches!(client.connection.action(), Action::Connect { .. }));
    client.open();
    client.after(seconds(299));
    assert!(matches!(client.connection.action(), Action::Read { .. }));
    client.connection.end(client.now);
    client.after(seconds(2));
    assert!(matches!(client.connection.action(), Action::Wait { .. }));
}

#[test]
fn ends_say_whether_they_cut_off_an_event() {
    for (text, expected) in [
        ("data: x", "the response ended inside an event"),
        ("data: x\n\n: c", "the response ended"),
    ] {
        let mut client = Client::new(Policy::once());
        client.open();
        client.read(text);
        client.connection.end(client.now);
        assert_eq!(client.closed().to_string(), expected);

        let mut client = Client::new(Policy::standard());
        client.open();
        client.read(text);
        client.connection.end(client.now);
        assert_eq!(client.connection.cause().unwrap().to_string(), expected);
    }
}

#[test]
fn each_setting_counts() {
    let policy = Policy::persistent().reconnection_time(seconds(10));
    let client = Client::new(policy);
    assert_eq!(client.connection.reconnection_time(), seconds(10));

    let policy = Policy::persistent().reconnection_time(Duration::ZERO);
    let mut client = Client::new(policy.least_wait(seconds(5)));
    client.open();
    client.connection.end(client.now);
    assert!(client.wait() >= seconds(5));

    let mut client = Client::new(Policy::persistent().backoff(seconds(20), seconds(20)));
    client.connection.failed(client.now, Failure::Unreachable);
    assert!(client.wait() >= seconds(20));

    let mut client = Client::new(Policy::persistent().most_retry_after(seconds(7)));
    client.connection.sent(client.now, true);
    let head = Head {
        retry_after: Some(seconds(100)),
        ..Head::new(503, None)
    };
    client.connection.head(client.now, &head);
    let wait = client.wait();
    assert!(wait >= seconds(7) && wait <= seconds(14), "{wait:?}");

    let mut client = Client::new(Policy::persistent().healthy_after(seconds(1)));
    client.open();
    client.after(seconds(1));
    client.connection.end(client.now);
    assert_eq!(client.connection.attempt().failures, 0);

    let client = Client::new(Policy::persistent().head_timeout(Some(seconds(2))));
    let action = client.connection.action();
    assert!(matches!(action, Action::Connect { until: Some(until), .. } if until == seconds(2)));

    let mut client = Client::new(Policy::persistent().give_up_after(Some(Duration::ZERO)));
    client.connection.failed(client.now, Failure::Unreachable);
    assert!(matches!(client.closed(), Closed::GaveUp { .. }));

    let policy = Policy::persistent().longest_last_event_id(2);
    let connection = Connection::resume(policy, Duration::ZERO, 1, Resume::after("abc"));
    assert_eq!(connection.attempt().last_event_id_header, None);

    let id = "x".repeat(8192);
    for (id, is_sent) in [(id.clone(), true), (id + "x", false)] {
        let resume = Resume::after(id);
        let connection = Connection::resume(Policy::persistent(), Duration::ZERO, 1, resume);
        let header = connection.attempt().last_event_id_header;
        assert_eq!(header.is_some(), is_sent);
    }
}

/// The table in docs/CLIENT.md.
#[test]
fn what_follows_under_each_policy() {
    enum Happens {
        End,
        BreaksLater,
        BreaksAtOnce,
        NoConnection,
        NoAnswer,
        Status(u16),
    }
    let follows = |policy: Policy, is_get: bool, event: &Happens| {
        let mut client = Client::new(policy);
        let connection = &mut client.connection;
        assert!(connection.sent(client.now, is_get));
        match event {
            Happens::End | Happens::BreaksLater | Happens::BreaksAtOnce => {
                connection.head(client.now, &STREAM);
            }
            _ => {}
        }
        match event {
            Happens::End | Happens::BreaksLater => {
                client.read("data: x\n\n");
            }
            _ => {}
        }
        let connection = &mut client.connection;
        match event {
            Happens::End => connection.end(client.now),
            Happens::BreaksLater | Happens::BreaksAtOnce => {
                connection.failed(client.now, Failure::Broken);
            }
            Happens::NoConnection => connection.failed(client.now, Failure::Unreachable),
            Happens::NoAnswer => connection.elapsed(client.now + seconds(30)),
            Happens::Status(status) => {
                connection.head(client.now, &Head::new(*status, None));
                if matches!(connection.action(), Action::Collect { .. }) {
                    connection.end(client.now);
                }
            }
        }
        match client.connection.action() {
            Action::Wait { .. } => "again",
            Action::Close(Closed::End { .. }) => "End",
            Action::Close(Closed::Truncated { .. }) => "Truncated",
            Action::Close(Closed::GaveUp { .. }) => "GaveUp",
            Action::Close(Closed::NoContent) => "NoContent",
            Action::Close(Closed::Refused { .. }) => "Refused",
            Action::Close(Closed::NotRepeated { .. }) => "NotRepeated",
            action => panic!("{action:?}"),
        }
    };
    let policies = || {
        [
            Policy::standard(),
            Policy::persistent(),
            Policy::once(),
            Policy::resuming(),
        ]
    };
    let again = "again";
    for (event, expected) in [
        (Happens::End, [again, again, "End", "End"]),
        (
            Happens::BreaksLater,
            [again, again, "Truncated", "Truncated"],
        ),
        (Happens::BreaksAtOnce, [again, again, "GaveUp", again]),
        (Happens::NoConnection, [again, again, "GaveUp", again]),
        (Happens::NoAnswer, [again, again, "GaveUp", again]),
        (Happens::Status(204), ["NoContent"; 4]),
    ] {
        let found = policies().map(|policy| follows(policy, true, &event));
        assert_eq!(found, expected);
    }
    let passing = [408, 425, 429, 500, 502, 503, 504, 529];
    for status in (100..600).filter(|status| ![200, 204].contains(status)) {
        let found = policies().map(|policy| follows(policy, true, &Happens::Status(status)));
        let expected = if passing.contains(&status) {
            ["Refused", again, "Refused", again]
        } else {
            ["Refused"; 4]
        };
        assert_eq!(found, expected, "{status}");
    }
    let found = policies().map(|policy| follows(policy, false, &Happens::BreaksAtOnce));
    assert_eq!(found, ["NotRepeated", "NotRepeated", "GaveUp", again]);

    // One answer, asked for again as long as nothing was handed out.
    let policy = Policy::once()
        .retried_statuses([429, 503])
        .attempts(Some(5))
        .replay(Replay::UntilDelivered);
    for (event, expected) in [
        (Happens::Status(429), again),
        (Happens::Status(500), "Refused"),
        (Happens::BreaksAtOnce, again),
        (Happens::BreaksLater, "Truncated"),
    ] {
        assert_eq!(follows(policy.clone(), false, &event), expected);
    }
}
