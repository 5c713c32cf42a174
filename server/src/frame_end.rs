//! Whether something may follow a frame.

use esse_encoder::Frame;

/// Whether the frame ends in a blank line. Otherwise it is a part of an event whose data comes from a
/// [source](crate::Record::from_source), and only the next part may follow it.
pub(crate) fn ends_a_block(frame: &Frame) -> bool {
    let bytes = frame.segments().iter().rev();
    let mut bytes = bytes.flat_map(|segment| segment.iter().rev());
    bytes.next() == Some(&b'\n') && matches!(bytes.next(), None | Some(b'\n'))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::poll_fn;
    use std::pin::pin;

    use bytes::Bytes;
    use esse_encoder::{Block, EventId};
    use futures_executor::block_on;
    use futures_util::stream;

    use super::*;

    #[test]
    fn a_whole_block_does() {
        let large = Block::event("x".repeat(100_000));
        let of_empty_lines = Block::event("\n\n");
        for block in [
            large,
            of_empty_lines,
            Block::new().comment(""),
            Block::new(),
        ] {
            assert!(ends_a_block(&block.to_frame()), "{block:?}");
        }
    }

    /// Whatever its data is.
    #[test]
    fn of_the_parts_of_an_event_only_the_last_does() {
        let chunks = ["\n\n", "a\r", "\n", "\n", "b"].map(Bytes::from);
        let chunks = chunks.map(Ok::<_, Infallible>);
        let mut event = pin!(
            Block::new()
                .id(EventId::from(1))
                .to_body(stream::iter(chunks))
        );
        let parts = std::iter::from_fn(|| block_on(poll_fn(|cx| event.as_mut().poll_part(cx))));
        let ends: Vec<_> = parts.map(|part| ends_a_block(&part.unwrap())).collect();
        let (last, others) = ends.split_last().unwrap();
        assert!(*last && !others.contains(&true), "{ends:?}");
    }
}
