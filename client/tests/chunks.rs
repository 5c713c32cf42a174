//! Events that borrow from their chunks, beside those that own their text. Virtual time only.
#![cfg(feature = "test")]
#![allow(clippy::unwrap_used)]

use allocation_counter::measure;
use bytes::Bytes;
use esse_client::parser::{Limits, OwnedEvent};
use esse_client::testing::{Answer, Scripted, VirtualTime};
use esse_client::{Ended, EventSource, Events, Policy};
use futures_util::{FutureExt, StreamExt};

const TEXT: &str = ": hello\nevent: a\nid: 1\ndata: x\ndata: y\n\nid: 2\n\ndata: \u{e9}\r\n\r\ndata:\n\n\
    id: 3\ndata: last\n\ndata: cut";

struct Client {
    time: VirtualTime,
    transport: Scripted<VirtualTime>,
    events: Events<Scripted<VirtualTime>, VirtualTime>,
}

fn client(
    answers: impl IntoIterator<Item = Answer>,
    build: impl FnOnce(
        EventSource<Scripted<VirtualTime>, VirtualTime>,
    ) -> EventSource<Scripted<VirtualTime>, VirtualTime>,
) -> Client {
    let time = VirtualTime::new();
    let transport = Scripted::new(time.clone());
    let transport = answers.into_iter().fold(transport, Scripted::answer);
    let request = http::Request::get("http://localhost/");
    let request = request.body(Bytes::new()).unwrap();
    let source = EventSource::with_timer(transport.clone(), time.clone(), request);
    Client {
        time,
        transport,
        events: build(source).events(),
    }
}

impl Client {
    /// What the stream gives.
    fn owned(self) -> Vec<Result<OwnedEvent, String>> {
        let events = self.events.map(|event| event.map_err(|e| e.to_string()));
        self.time.run(events.collect())
    }

    /// What the chunks give, of which each is left after so many events.
    fn borrowed(mut self, most: usize) -> Vec<Result<OwnedEvent, String>> {
        self.time.clone().run(async {
            let mut seen = Vec::new();
            while let Some(chunk) = self.events.next_chunk().await {
                match chunk {
                    Ok(mut chunk) => {
                        for _ in 0..most {
                            let Some(event) = chunk.next_event() else {
                                break;
                            };
                            seen.push(Ok(event.into_owned()));
                        }
                    }
                    Err(ended) => seen.push(Err(ended.to_string())),
                }
            }
            seen
        })
    }
}

#[test]
fn they_are_the_same_events_at_every_cut_wherever_a_chunk_is_left() {
    for cut in 0..=TEXT.len() {
        let (first, second) = TEXT.as_bytes().split_at(cut);
        let answers = || {
            [
                Answer::stream().chunk(first).chunk(second).breaks(),
                Answer::stream().chunk("data: again\n\n"),
                Answer::status(204),
            ]
        };
        let expected = client(answers(), |source| source).owned();
        assert_eq!(expected.len(), 5);
        for most in [1, 2, usize::MAX] {
            let seen = client(answers(), |source| source).borrowed(most);
            assert_eq!(seen, expected, "{cut}, {most}");
        }
    }
}

#[test]
fn a_block_over_a_limit_is_skipped_or_closes() {
    let answers =
        || [Answer::stream().chunk("data: long\n\ndata: a\n\ndata: longer\n\ndata: b\n\n")];
    for skips in [false, true] {
        let policy = Policy::once()
            .limits(Limits::DEFAULT.with_data(3))
            .skips_over_limit(skips);
        let expected = client(answers(), |source| source.policy(policy.clone())).owned();
        let seen = client(answers(), |source| source.policy(policy)).borrowed(usize::MAX);
        assert_eq!(seen, expected);
        assert_eq!(seen.len(), if skips { 2 } else { 1 });
    }
}

#[test]
fn the_terminal_event_is_the_last() {
    let answers = || {
        [Answer::stream()
            .chunk("data: a\n\ndata: [DONE]\n\ndata: b\n\n")
            .hangs()]
    };
    for most in [1, usize::MAX] {
        let seen = client(answers(), |source| {
            let policy = Policy::once().has_terminal(true);
            source
                .policy(policy)
                .terminal(|event| event.data == "[DONE]")
        })
        .borrowed(most);
        let data: Vec<_> = seen.into_iter().map(|event| event.unwrap().data).collect();
        assert_eq!(data, ["a", "[DONE]"]);
    }
}

#[test]
fn a_command_takes_effect_before_the_next_event() {
    for closes in [false, true] {
        let mut client = client(
            [
                Answer::stream().chunk("id: 1\ndata: a\n\nid: 2\ndata: b\n\n"),
                Answer::stream().chunk("data: c\n\n"),
                Answer::status(204),
            ],
            |source| source,
        );
        let handle = client.events.get_ref().handle();
        let seen = client.time.clone().run(async {
            let mut seen = Vec::new();
            while let Some(chunk) = client.events.next_chunk().await {
                let mut chunk = chunk?;
                while let Some(event) = chunk.next_event() {
                    seen.push(event.data.to_owned());
                    if seen.len() == 1 {
                        if closes {
                            handle.close();
                        } else {
                            handle.restart();
                        }
                    }
                }
            }
            Ok::<_, Ended>(seen)
        });
        let requests = client.transport.requests();
        if closes {
            assert_eq!((seen.unwrap(), requests.len()), (vec!["a".to_owned()], 1));
        } else {
            assert_eq!(seen.unwrap(), ["a", "c"]);
            assert_eq!(requests[1].headers()["last-event-id"], "1");
        }
    }
}

#[test]
fn they_allocate_nothing() {
    let text = "event: x\ndata: y\n\n".repeat(1000);
    let mut client = client([Answer::stream().chunk(text).hangs()], |source| source);
    let chunk = client.events.next_chunk().now_or_never().unwrap();
    let mut chunk = chunk.unwrap().unwrap();
    let mut events = 0;
    let counted = measure(|| {
        while chunk.next_event().is_some() {
            events += 1;
        }
    });
    assert_eq!((events, counted.count_total), (1000, 0));
}
