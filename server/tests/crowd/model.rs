//! What is published, and what a client may have received of it.

use esse_encoder::{Block, EventType};
use esse_server::Record;
use esse_testkit::Random;

use crate::client::{Client, Got};
use crate::support::id_of;
use crate::{PADDING, PUBLISHED};

pub(crate) const TOPICS: [&str; 4] = ["head", "block", "attestation", "chain_reorg"];
pub(crate) const GROUPS: [&str; 3] = ["a", "b", "c"];
/// The last event: every client waits for it.
pub(crate) const END: &str = "end";

/// One event of the model.
pub(crate) struct Event {
    pub(crate) topic: &'static str,
    /// For whom it is, or `None` for everyone.
    pub(crate) audience: Option<&'static str>,
}

pub(crate) fn events(seed: u64) -> Vec<Event> {
    let mut random = Random::new(seed);
    let mut events: Vec<_> = (1..PUBLISHED).map(|_| event(&mut random)).collect();
    events.push(Event {
        topic: END,
        audience: None,
    });
    events
}

fn event(random: &mut Random) -> Event {
    let for_all = random.once_in(2);
    Event {
        topic: random.pick(&TOPICS),
        audience: (!for_all).then(|| random.pick(&GROUPS)),
    }
}

impl Event {
    pub(crate) fn record(&self, number: usize) -> Record {
        let data = format!("{number} {}", "x".repeat(PADDING));
        let block = Block::event(data)
            .event_type(EventType::from_static(self.topic))
            .id(id_of(number).parse().unwrap());
        match self.audience {
            Some(audience) => Record::new(&block).for_audience(audience),
            None => Record::new(&block),
        }
    }
}

/// Panics if the client got something it should not have, or missed something.
pub(crate) fn check(client: &Client, events: &[Event], totals: &mut Totals) {
    let mut check = Check {
        client,
        events,
        next: None,
        gap: false,
    };
    for got in &client.got {
        check.take(got, totals);
    }
}

/// Counts each case, so that the test is known to have seen them all.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) received: usize,
    pub(crate) gaps: usize,
    /// Events that directly followed one from an earlier connection, without a gap.
    pub(crate) seamless: usize,
}

struct Check<'a> {
    client: &'a Client,
    events: &'a [Event],
    /// The next event is one of these, from the first up to the second.
    next: Option<[usize; 2]>,
    gap: bool,
}

impl Check<'_> {
    fn take(&mut self, got: &Got, totals: &mut Totals) {
        match got {
            Got::Connected {
                last_event_id: None,
                published,
            } => {
                self.next = Some(published.map(|count| self.visible_from(count)));
                self.gap = false;
            }
            Got::Connected { .. } => totals.seamless += usize::from(!self.gap),
            Got::Gap => {
                totals.gaps += 1;
                self.gap = true;
            }
            Got::Event(number) => {
                totals.received += 1;
                self.event(*number);
            }
        }
    }

    fn event(&mut self, number: usize) {
        let [first, last] = self.next.expect("connected before");
        let seed = self.client.seed;
        assert!(
            self.client.may_see(&self.events[number]),
            "client {seed}: {number} is not for it"
        );
        assert!(
            number >= first,
            "client {seed}: {number} came, and {first} was next"
        );
        assert!(
            self.gap || number <= last,
            "client {seed}: {number} came, and {last} was next"
        );
        self.next = Some([self.visible_from(number + 1); 2]);
        self.gap = false;
    }

    /// The next event that it may see.
    fn visible_from(&self, number: usize) -> usize {
        let mut later = number..self.events.len();
        let visible = later.find(|number| self.client.may_see(&self.events[*number]));
        visible.unwrap_or(self.events.len())
    }
}
