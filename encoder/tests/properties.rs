//! Properties of every block, with the reference parser as the judge.

mod support;

use esse_encoder::{Block, Data};
use esse_parser::reference::{Interpretation, interpret};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use support::{Values, encoded};

/// Texts that could be read as something else: line breaks, starts of fields, stripped characters.
const HOSTILE: [&str; 24] = [
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\0",
    ":",
    " ",
    "\t",
    "x",
    "\u{feff}",
    "data",
    "data: x",
    "event: e",
    "id: 9",
    "id",
    "retry: 1",
    ": c",
    "\u{e9}",
    "\u{20ac}",
    "\u{1f600}",
    "\u{2028}",
    "\u{85}",
    "\u{b}",
    "\ndata: forged\n\n",
];

fn text() -> impl Strategy<Value = String> {
    let hostile = vec(select(&HOSTILE[..]), 0..8).prop_map(|tokens| tokens.concat());
    prop_oneof![4 => hostile, 1 => any::<String>()]
}

/// Mostly a text that is accepted, or few blocks would be.
fn on_one_line() -> impl Strategy<Value = String> {
    let clean = text().prop_map(|text| text.replace(['\r', '\n', '\0'], ""));
    prop_oneof![9 => clean, 1 => text()]
}

fn name() -> impl Strategy<Value = String> {
    let clean = on_one_line().prop_map(|name| name.replace([':', '\u{feff}'], "-"));
    prop_oneof![9 => clean, 1 => text()]
}

prop_compose! {
    fn values()(
        comments in vec(text(), 0..3),
        event in option::of(on_one_line()),
        retry in option::of(any::<u64>()),
        fields in vec((name(), on_one_line()), 0..3),
        data in option::weighted(0.8, text()),
        id in option::of(on_one_line()),
    ) -> Values {
        Values { comments, event_type: event, retry, fields, data, id }
    }
}

/// The rules of refusal, written independently.
fn must_be_refused(values: &Values) -> bool {
    let breaks = |text: &String| text.contains(['\r', '\n']);
    let bad_name = |name: &String| {
        let reserved = ["", "data", "event", "id", "retry"].contains(&name.as_str());
        reserved || breaks(name) || name.contains(':') || name.starts_with('\u{feff}')
    };
    let bad_id = |id: &String| breaks(id) || id.contains('\0');
    let bad_field = |(name, value): &(String, String)| bad_name(name) || breaks(value);
    values.event_type.as_ref().is_some_and(breaks)
        || values.id.as_ref().is_some_and(bad_id)
        || values.fields.iter().any(bad_field)
}

/// What several blocks on one stream mean. The ID of a block also holds for later ones without.
fn meaning_of_all(blocks: &[Values], lens: &[usize]) -> Interpretation {
    let mut all = Interpretation::default();
    let mut end = 0;
    for (values, len) in blocks.iter().zip(lens) {
        end += len;
        let mut one = values.meaning(end);
        if values.id.is_none() {
            one.last_event_id.clone_from(&all.last_event_id);
            one.events
                .iter_mut()
                .for_each(|event| event.last_event_id.clone_from(&all.last_event_id));
        }
        all.events.append(&mut one.events);
        all.comments.append(&mut one.comments);
        all.last_event_id = one.last_event_id;
        all.reconnection_time = one.reconnection_time.or(all.reconnection_time);
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_block_is_read_back_or_refused(values in values()) {
        let block = values.block();
        prop_assert_eq!(block.is_err(), must_be_refused(&values));
        if let Ok(block) = block {
            let stream = encoded(&block);
            prop_assert_eq!(interpret(&stream), values.meaning(stream.len()));
        }
    }

    #[test]
    fn blocks_on_one_stream_do_not_touch(all in vec(values(), 0..5)) {
        let all: Vec<_> = all.into_iter().filter(|values| !must_be_refused(values)).collect();
        let blocks = all.iter().map(|values| encoded(&values.block().unwrap()));
        let blocks: Vec<_> = blocks.collect();
        let lens: Vec<_> = blocks.iter().map(Vec::len).collect();
        prop_assert_eq!(interpret(&blocks.concat()), meaning_of_all(&all, &lens));
    }

    #[test]
    fn encoded_len_is_exact(values in values()) {
        if let Ok(block) = values.block() {
            prop_assert_eq!(block.encoded_len(), encoded(&block).len());
            prop_assert_eq!(block.to_frame().len(), block.encoded_len());
            prop_assert_eq!(block.to_frame().to_bytes(), encoded(&block));
        }
    }

    #[test]
    fn bytes_are_data_if_they_are_utf8(bytes in vec(any::<u8>(), 0..64)) {
        let expected = std::str::from_utf8(&bytes).map_err(|error| error.valid_up_to() as u64);
        let data = Data::try_from(bytes.as_slice()).map_err(|error| error.at);
        let owned = Data::try_from(bytes.clone()).map_err(|error| error.at);
        prop_assert_eq!(data.as_ref().map(Data::as_bytes), expected.as_ref().map(|text| text.as_bytes()));
        prop_assert_eq!(owned.as_ref().map(Data::as_bytes), expected.as_ref().map(|text| text.as_bytes()));
    }
}

/// Payloads below and above the size from which frames share them.
fn large() -> impl Strategy<Value = String> {
    let run = prop_oneof![
        Just(0),
        1..40_usize,
        30_000..40_000_usize,
        60_000..140_000_usize
    ];
    let part = (run, select(&["", "\n", "\r", "\r\n", "\n\n"][..]));
    let part = part.prop_map(|(run, line_break)| "x".repeat(run) + line_break);
    vec(part, 1..6).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn segmented_is_contiguous(data in large(), values in values()) {
        prop_assume!(!must_be_refused(&values));
        let values = Values { data: Some(data.clone()), ..values };
        let expected = encoded(&values.block().unwrap());
        let lines = support::with_lf(&data).split('\n').count();
        let owned = values.onto(Block::event(data.clone())).unwrap().to_frame();
        prop_assert_eq!(owned.segments().len() > 1, lines * 32 * 1024 <= data.len());
        prop_assert!(owned.segments().iter().all(|segment| !segment.is_empty()));
        prop_assert_eq!(owned.len(), expected.len());
        prop_assert_eq!(owned.to_bytes(), expected);
    }
}
