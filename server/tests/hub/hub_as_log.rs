//! A hub whose history is another hub.

use std::sync::Arc;

use esse_encoder::{Block, EventId};
use esse_server::log::{Log, Page};
use esse_server::{GapCause, Hub, HubBuilder, Keep, Record, Recovery, Subscriber};
use futures_util::FutureExt;

use crate::polling::{Polled, event, wire};

/// A hub that has this one as its history, and was not fed from it yet.
fn fed_from(log: &Hub) -> HubBuilder {
    Hub::builder().history(Arc::new(log.clone()))
}

fn publish(hubs: [&Hub; 2], id: u64, event_type: &'static str) {
    for hub in hubs {
        hub.publish(event(id, event_type)).unwrap();
    }
}

/// What comes in this many polls, in case it never ends.
fn polls(subscriber: &mut Polled<Subscriber>, count: usize) -> Vec<String> {
    let polls = (0..count).map(|_| subscriber.poll());
    let frames = polls.filter_map(|polled| match polled {
        std::task::Poll::Ready(frame) => frame,
        std::task::Poll::Pending => None,
    });
    frames.collect()
}

/// A loud topic has lost a record that is newer than the only one of a quiet topic.
fn with_a_loss() -> Hub {
    let log = Hub::builder().keep_topic("loud", Keep::events(1)).build();
    log.publish(event(1, "quiet")).unwrap();
    log.publish_all([2, 3].map(|id| event(id, "loud"))).unwrap();
    log
}

#[test]
fn an_unknown_id_is_one_gap_although_the_log_has_losses() {
    for notice in [Recovery::oldest(), Recovery::oldest().silently()] {
        let log = with_a_loss();
        let hub = fed_from(&log).on_gap(move |_| notice.clone()).build();
        let mut subscriber = Polled::after(&hub, 77);
        let seen = polls(&mut subscriber, 20);
        let (last, notices) = seen.split_last().unwrap();
        assert_eq!(last, &wire(3, "loud"));
        assert!(notices.len() <= 1, "{notices:?}");
        assert_eq!(hub.metrics().gaps.unknown_id, 1);
        publish([&log, &hub], 4, "quiet");
        assert_eq!(polls(&mut subscriber, 20), [wire(4, "quiet")]);
    }
}

/// So the client goes on with what is kept, and gets nothing twice.
#[test]
fn a_known_id_with_losses_after_it_is_too_old() {
    let hub = fed_from(&with_a_loss()).build();
    let seen = polls(&mut Polled::after(&hub, 1), 20);
    assert!(seen[0].contains("too_old"), "{seen:?}");
    assert_eq!(seen[1..], [wire(3, "loud")]);
    assert_eq!(polls(&mut Polled::after(&hub, 2), 20), [wire(3, "loud")]);
}

fn oldest(log: &Hub) -> Page {
    log.after(None).now_or_never().unwrap()
}

/// From there on nothing is missing, so the next page can be read.
#[test]
fn the_oldest_page_begins_after_the_newest_loss() {
    for remembered in [0, 100] {
        let log = Hub::builder().keep_topic("loud", Keep::events(2));
        let log = log.remember_events(remembered).build();
        log.publish_all((1..=3).map(|id| event(id, "quiet")))
            .unwrap();
        log.publish_all((4..=6).map(|id| event(id, "loud")))
            .unwrap();
        log.publish_all((7..=99).map(|id| event(id, "quiet")))
            .unwrap();
        let (mut page, mut ids) = (oldest(&log), Vec::new());
        loop {
            let Page::Records(records) = page else {
                panic!("a gap after {ids:?}")
            };
            let Some(last) = records.last() else { break };
            ids.extend(records.iter().filter_map(|record| record.id().cloned()));
            page = log.after(last.id().cloned()).now_or_never().unwrap();
        }
        let expected: Vec<_> = (5..=99_u64).map(EventId::from).collect();
        assert_eq!(ids, expected);
        let gap = log.after(Some(EventId::from(3))).now_or_never().unwrap();
        assert!(matches!(gap, Page::Gap(GapCause::TooOld)), "{gap:?}");
    }
    let unknown = Hub::new().after(Some(EventId::from(3))).now_or_never();
    assert!(matches!(unknown, Some(Page::Gap(GapCause::UnknownId))));
    assert!(matches!(oldest(&Hub::new()), Page::Records(none) if none.is_empty()));
    let log = with_a_loss();
    log.fell_behind();
    assert!(matches!(oldest(&log), Page::Records(none) if none.is_empty()));
}

fn without_id(count: usize) -> impl Iterator<Item = Record> {
    (0..count).map(|_| Block::event("x").into())
}

/// The next page is asked for by an ID.
#[test]
fn records_without_an_id_come_once_and_in_their_place() {
    for count in [1, 64, 200] {
        let log = Hub::new();
        let hub = fed_from(&log).build();
        log.publish(event(1, "a")).unwrap();
        log.publish_all(without_id(count)).unwrap();
        let mut subscriber = Polled::after(&hub, 1);
        assert_eq!(polls(&mut subscriber, 20), [""; 0]);
        publish([&log, &hub], 2, "a");
        let mut expected = vec!["data: x\n\n".to_owned(); count];
        expected.push(wire(2, "a"));
        assert_eq!(polls(&mut subscriber, count + 20), expected);
    }
}
