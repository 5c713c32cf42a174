//! The counters.

use esse_server::Hub;

use crate::polling::{Polled, event};

#[test]
fn lag_is_that_of_the_slowest_who_has_something_to_read() {
    let hub = Hub::new();
    let mut quick = Polled::live(&hub);
    let slow = hub.subscribe().open();
    let mut rare = Polled::of(&hub, &["rare"]);
    rare.ready();
    hub.publish_all((0..5).map(|id| event(id, "a"))).unwrap();
    quick.ready();
    assert_eq!(hub.metrics().lag, 5);
    drop(slow);
    assert_eq!(hub.metrics().lag, 0);
}

#[test]
fn subscribers_are_counted_once_whatever_becomes_of_them() {
    let hub = Hub::new();
    let (a, b) = (hub.subscribe().open(), hub.subscribe().open());
    drop(a);
    hub.close();
    assert!(Polled::new(b).is_over());
    let metrics = hub.metrics();
    assert_eq!((metrics.opened, metrics.open), (2, 0));
    assert_eq!((metrics.closed.receiver, metrics.closed.shutdown), (1, 1));
}
