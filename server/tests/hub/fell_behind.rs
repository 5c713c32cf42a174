//! A hub that missed records of its log reports that to every subscriber, once.

use esse_encoder::{Block, EventId, EventType};
use esse_server::{Hub, Recovery, Subscriber, Topics};
use futures_util::{FutureExt, StreamExt, future};

fn event(id: u64) -> Block<'static> {
    Block::event(id.to_string()).id(EventId::from(id))
}

fn hub(recovery: fn() -> Recovery) -> Hub {
    let notice = move || recovery().with(&Block::new().comment("missed"));
    Hub::builder().on_gap(move |_| notice()).build()
}

/// The data or comment of each frame that is ready.
fn read(subscriber: &mut Subscriber) -> Vec<String> {
    let mut read = Vec::new();
    while let Some(Some(frame)) = subscriber.next().now_or_never() {
        let bytes = frame.to_bytes();
        let text = std::str::from_utf8(&bytes).unwrap();
        let line = text.lines().next().unwrap();
        read.push(line.trim_start_matches("data: ").to_owned());
    }
    read
}

#[test]
fn live_subscribers_get_a_gap_once() {
    let hub = hub(Recovery::oldest);
    let mut any = hub.subscribe().open();
    let mut of_other = hub
        .subscribe()
        .topics(Topics::of([EventType::from_static("other")]))
        .open();
    hub.publish(event(1)).unwrap();
    assert_eq!(read(&mut any), ["1"]);
    assert_eq!(read(&mut of_other), [""; 0]);

    hub.fell_behind();
    assert_eq!(read(&mut any), [": missed"]);
    hub.publish(event(4)).unwrap();
    assert_eq!(read(&mut any), ["4"]);
    assert_eq!(
        read(&mut of_other),
        [": missed"],
        "of which topic is not known"
    );
    assert_eq!(hub.metrics().gaps.fell_behind, 2);
}

#[test]
fn what_was_not_read_before_the_gap_is_kept_no_more() {
    let hub = hub(Recovery::oldest);
    let mut slow = hub.subscribe().open();
    hub.publish_all([1, 2].map(event)).unwrap();
    hub.fell_behind();
    hub.publish_all([5, 6].map(event)).unwrap();
    assert_eq!(read(&mut slow), [": missed", "5", "6"]);
    assert_eq!(hub.metrics().kept, 2);
}

#[test]
fn waiting_subscriber_is_woken_and_ended() {
    let hub = hub(Recovery::close);
    let mut subscriber = hub.subscribe().open();
    let waits = subscriber.next();
    let ends = async {
        hub.fell_behind();
    };
    let (frame, ()) = futures_executor::block_on(future::join(waits, ends));
    assert_eq!(frame.unwrap().to_bytes(), ": missed\n\n");
    assert!(subscriber.next().now_or_never().unwrap().is_none());
    drop(subscriber);
    assert_eq!(hub.metrics().closed.fell_behind, 1);
}

#[test]
fn nobody_resumes_across_the_gap() {
    let hub = hub(Recovery::newest);
    hub.publish_all([1, 2].map(event)).unwrap();
    hub.fell_behind();
    hub.publish(event(5)).unwrap();
    for id in [1, 2] {
        let mut subscriber = hub.subscribe().last_event_id(EventId::from(id)).open();
        assert_eq!(read(&mut subscriber), [": missed"]);
    }
    let mut after = hub.subscribe().last_event_id(EventId::from(5)).open();
    assert_eq!(read(&mut after), [""; 0]);
}

#[test]
fn who_comes_after_the_gap_has_missed_nothing() {
    let hub = hub(Recovery::oldest);
    hub.publish(event(1)).unwrap();
    hub.fell_behind();
    let mut subscriber = hub.subscribe().open();
    hub.publish(event(5)).unwrap();
    assert_eq!(read(&mut subscriber), ["5"]);
}

#[test]
fn a_hub_that_is_over_is_left_alone() {
    let hub = hub(Recovery::oldest);
    let mut subscriber = hub.subscribe().open();
    hub.publish(event(1)).unwrap();
    hub.drain();
    hub.fell_behind();
    assert_eq!(read(&mut subscriber), ["1"]);
}
