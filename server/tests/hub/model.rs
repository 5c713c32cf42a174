//! Whatever is done in whatever order, each subscriber sees what a much simpler hub would show it.
//! That hub keeps everything, and looks at all of it each time.

use std::task::Poll;

use esse_encoder::{Block, EventId};
use esse_server::{GapCause, Hub, Recovery, Subscriber};
use proptest::prelude::*;

use crate::polling::{Polled, event, topics, wire};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const KEEP: usize = 5;

#[derive(Clone, Debug)]
enum Step {
    Publish(Vec<usize>),
    Open {
        wants: Option<Vec<usize>>,
        after: Option<u64>,
    },
    Poll(usize),
    Leave(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let name = 0..NAMES.len();
    let wants = proptest::option::of(proptest::collection::vec(name.clone(), 0..3));
    prop_oneof![
        4 => proptest::collection::vec(name, 1..4).prop_map(Step::Publish),
        2 => (wants, proptest::option::of(0u64..40))
            .prop_map(|(wants, after)| Step::Open { wants, after }),
        8 => (0usize..8).prop_map(Step::Poll),
        1 => (0usize..8).prop_map(Step::Leave),
    ]
}

/// A hub that is easy to see to be right. Record `n` has the ID `n`.
#[derive(Default)]
struct Model {
    published: Vec<&'static str>,
}

struct Reader {
    subscriber: Polled<Subscriber>,
    wants: Option<Vec<usize>>,
    next: usize,
    /// Goes out before the next record.
    notice: Option<String>,
    over: bool,
    /// The last poll was pending.
    waits: bool,
}

impl Model {
    fn first(&self) -> usize {
        self.published.len().saturating_sub(KEEP)
    }

    fn wanted(&self, reader: &Reader, at: usize) -> bool {
        let named = |wants: &Vec<usize>| wants.iter().any(|w| NAMES[*w] == self.published[at]);
        reader.wants.as_ref().is_none_or(named)
    }

    fn expect(&self, reader: &mut Reader) -> Poll<Option<String>> {
        if let Some(notice) = reader.notice.take() {
            return Poll::Ready(Some(notice));
        }
        if (reader.next..self.first()).any(|at| self.wanted(reader, at)) {
            reader.over = true;
        }
        if reader.over {
            return Poll::Ready(None);
        }
        let start = reader.next.max(self.first());
        let found = (start..self.published.len()).find(|at| self.wanted(reader, *at));
        reader.next = found.map_or(self.published.len(), |at| at + 1);
        found.map_or(Poll::Pending, |at| Poll::Ready(Some(self.wire(at))))
    }

    fn wire(&self, at: usize) -> String {
        wire(at as u64, self.published[at])
    }

    fn open(&self, hub: &Hub, wants: Option<Vec<usize>>, after: Option<u64>) -> Reader {
        let names =
            |wants: &Vec<usize>| topics(&wants.iter().map(|w| NAMES[*w]).collect::<Vec<_>>());
        let subscribe = hub
            .subscribe()
            .topics(wants.as_ref().map(names).unwrap_or_default());
        let subscriber = subscribe.last_event_id(after.map(EventId::from)).open();
        let known = |after: usize| after < self.published.len() && after + 1 >= self.first();
        let (next, notice) = match after.map(|after| usize::try_from(after).unwrap()) {
            None => (self.published.len(), None),
            Some(after) if known(after) => (after + 1, None),
            Some(_) => (self.first(), Some("data: gap\n\n".into())),
        };
        let subscriber = Polled::new(subscriber);
        Reader {
            subscriber,
            wants,
            next,
            notice,
            over: false,
            waits: false,
        }
    }
}

fn hub() -> Hub {
    let builder = Hub::builder()
        .keep_events(KEEP)
        .on_gap(|gap| match gap.cause {
            GapCause::FellBehind => Recovery::close(),
            _ => Recovery::oldest().with(&Block::event("gap")),
        });
    builder.build()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn subscribers_see_what_a_hub_that_keeps_everything_would_show(
        steps in proptest::collection::vec(step(), 1..120)
    ) {
        let (hub, mut model, mut readers) = (hub(), Model::default(), Vec::<Reader>::new());
        for step in steps {
            match step {
                Step::Publish(names) => {
                    let start = model.published.len();
                    model.published.extend(names.into_iter().map(|name| NAMES[name]));
                    let new = (start..).zip(&model.published[start..]);
                    hub.publish_all(new.map(|(id, name)| event(id as u64, name))).unwrap();
                    for reader in &mut readers {
                        let wanted = (start..model.published.len()).any(|at| model.wanted(reader, at));
                        let woken = reader.waits && wanted;
                        prop_assert_eq!(reader.subscriber.wakes(), usize::from(woken));
                        reader.waits &= !wanted;
                    }
                }
                Step::Open { wants, after } => readers.push(model.open(&hub, wants, after)),
                Step::Poll(which) => if let Some(reader) = readers.get_mut(which) {
                    let expected = model.expect(reader);
                    reader.waits |= expected.is_pending();
                    prop_assert_eq!(reader.subscriber.poll(), expected);
                }
                Step::Leave(which) => if which < readers.len() {
                    readers.swap_remove(which);
                }
            }
            prop_assert_eq!(hub.metrics().open, readers.len());
        }
    }
}
