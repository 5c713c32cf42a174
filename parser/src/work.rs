//! Counts the bytes that are scanned, checked, decoded or copied, for tests that this is linear in
//! the input. Outside of tests the counter does nothing.

/// Records that `bytes` bytes were looked at, or copied, once.
#[inline]
pub(crate) fn count(bytes: usize) {
    #[cfg(test)]
    tests::BYTES.with(|count| count.set(count.get() + bytes));
    let _ = bytes;
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use core::cell::Cell;

    use crate::{Chunk, Limits, Parser};

    std::thread_local! {
        pub(super) static BYTES: Cell<usize> = const { Cell::new(0) };
    }

    const MIB: usize = 1 << 20;

    /// How often each byte of the stream is looked at or copied, in hundredths.
    fn work_per_byte(stream: &[u8], chunk_size: usize) -> usize {
        let mut parser = Parser::builder().limits(Limits::NONE).build();
        BYTES.with(|count| count.set(0));
        for bytes in stream.chunks(chunk_size) {
            let mut chunk = Chunk::new(bytes);
            while parser.next_event(&mut chunk).unwrap().is_some() {}
        }
        BYTES.with(Cell::get) * 100 / stream.len()
    }

    /// Each byte is looked at up to `most` times, however long the stream is and however it is cut.
    fn assert_linear(most: usize, stream: impl Fn(usize) -> Vec<u8>) {
        for chunk_size in [1, 16, 1460, 65536, usize::MAX] {
            for size in [MIB / 4, MIB] {
                let work = work_per_byte(&stream(size), chunk_size);
                assert!(
                    work <= most * 100,
                    "{work} % of {size} bytes, chunks of {chunk_size}"
                );
            }
        }
    }

    /// A line as a block of its own, after another block.
    fn second_line(name: &'static [u8], unit: &'static [u8]) -> impl Fn(usize) -> Vec<u8> {
        let line = line(name, unit);
        move |size| [b"data: x\n\n", &line(size)[..]].concat()
    }

    fn repeat(unit: &'static [u8]) -> impl Fn(usize) -> Vec<u8> {
        move |size| unit.repeat(size / unit.len())
    }

    fn line(name: &'static [u8], unit: &'static [u8]) -> impl Fn(usize) -> Vec<u8> {
        move |size| [name, &unit.repeat(size / unit.len()), b"\n\n"].concat()
    }

    #[test]
    fn one_line_of_16_mib() {
        let stream = line(b"data: ", b"x")(16 * MIB);
        for chunk_size in [1, 16, 1460] {
            assert!(work_per_byte(&stream, chunk_size) <= 400);
        }
    }

    #[test]
    fn long_values() {
        assert_linear(4, line(b"data: ", b"x"));
        assert_linear(8, line(b"data: ", b"\xff"));
        assert_linear(5, line(b"id: ", b"x"));
        assert_linear(4, line(b"event: ", b"\xc3\xa9"));
        assert_linear(3, line(b"retry: ", b"1"));
        assert_linear(5, second_line(b"data: ", b"x"));
        assert_linear(9, second_line(b"data: ", b"\xff"));
        assert_linear(9, second_line(b"event: a\ndata: ", b"\xff"));
        assert_linear(7, second_line(b"id: ", b"x"));
    }

    #[test]
    fn lines_that_are_ignored() {
        assert_linear(2, line(b": ", b"x"));
        assert_linear(2, line(b"", b"name"));
        assert_linear(2, line(b"", b"\0"));
        assert_linear(2, line(b"unknown: ", b"\xff"));
        assert_linear(3, second_line(b": ", b"x"));
        assert_linear(3, second_line(b"", b"name"));
    }

    #[test]
    fn a_million_small_lines() {
        assert_linear(4, repeat(b"data:\n"));
        assert_linear(4, repeat(b"data: x\r\n"));
        assert_linear(2, repeat(b":\n"));
        assert_linear(2, repeat(b"\r\n\n\r"));
        assert_linear(4, repeat(b"id: \xff\nevent: \xff\n"));
        assert_linear(4, repeat(b"data: \xff\n\n"));
    }

    /// A window of the UTF-8 check may end inside a line, which is then checked again.
    #[test]
    fn lines_that_do_not_fill_a_window() {
        for len in [5_000, 16_000, 17_000, 33_000, 60_000] {
            assert_linear(5, move |size| {
                let line = [&b"data: x\n\ndata: "[..], &b"y".repeat(len), b"\n\n"].concat();
                line.repeat(size / line.len())
            });
        }
    }
}
