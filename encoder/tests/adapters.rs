//! The adapters write the same bytes as the core.
#![allow(clippy::unwrap_used)] // helpers of tests are tests

mod support;

#[cfg(feature = "codec")]
mod codec {
    use bytes::BytesMut;
    use esse_encoder::{Block, BlockEncoder};
    use futures_util::SinkExt;
    use tokio_util::codec::{Encoder, FramedWrite};

    use super::support::encoded;

    #[test]
    fn blocks_and_frames() {
        let large = "x".repeat(100_000);
        let shared = Block::event(large).to_frame();
        assert_eq!(shared.segments().len(), 3);
        let block = Block::event("a\nb").comment("c");
        let expected = [
            encoded(&block),
            encoded(&block),
            encoded(&block),
            shared.to_bytes().into(),
        ];
        let mut stream = BytesMut::new();
        BlockEncoder.encode(&block, &mut stream).unwrap();
        BlockEncoder.encode(&block.to_frame(), &mut stream).unwrap();
        BlockEncoder.encode(block, &mut stream).unwrap();
        BlockEncoder.encode(shared, &mut stream).unwrap();
        assert!(stream == expected.concat());
    }

    #[test]
    fn a_fresh_buffer_is_reserved_once() {
        let block = Block::event("short lines\n".repeat(1000));
        let mut stream = BytesMut::new();
        let info =
            allocation_counter::measure(|| BlockEncoder.encode(&block, &mut stream).unwrap());
        assert_eq!(info.count_total, 1);
        assert_eq!(stream.len(), block.encoded_len());
    }

    #[tokio::test]
    async fn in_a_framed_write() -> std::io::Result<()> {
        let mut sink = FramedWrite::new(Vec::new(), BlockEncoder);
        sink.send(Block::event("a")).await?;
        sink.send(Block::new().comment("")).await?;
        assert_eq!(sink.get_ref(), b"data: a\n\n: \n\n");
        Ok(())
    }
}

#[cfg(feature = "tokio")]
mod tokio_io {
    use std::io::{self, ErrorKind};
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use esse_encoder::{Block, EventId, InvalidUtf8};
    use esse_parser::reference::interpret;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};

    use super::support::encoded;

    /// Returns the data in reads of these sizes, used in a cycle.
    struct Cut<'a>(&'a [u8], std::iter::Cycle<std::slice::Iter<'a, usize>>);

    impl AsyncRead for Cut<'_> {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let size = self.1.next().copied().unwrap_or(1);
            let size = size.min(buf.remaining()).min(self.0.len());
            let (read, rest) = self.0.split_at(size);
            buf.put_slice(read);
            self.0 = rest;
            Poll::Ready(Ok(()))
        }
    }

    /// Fails at once.
    struct Broken;

    impl AsyncRead for Broken {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Poll::Ready(Err(io::Error::other("the source broke")))
        }
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(future)
    }

    fn copied(data: &[u8], sizes: &[usize]) -> io::Result<(u64, Vec<u8>)> {
        let mut stream = Vec::new();
        let mut reader = Cut(data, sizes.iter().cycle());
        let block = Block::event("first\r").id(EventId::from(7));
        let count = block_on(block.copy_data(&mut reader, &mut stream))?;
        Ok((count, stream))
    }

    proptest! {
        #[test]
        fn streamed_is_contiguous(
            tokens in vec(select(&["\n", "\r", "\r\n", "x", "\u{20ac}", "\u{1f600}", " a longer run of text "][..]), 0..200),
            sizes in vec(1..50_usize, 1..5),
        ) {
            let data = tokens.concat();
            let (count, stream) = copied(data.as_bytes(), &sizes).unwrap();
            let whole = Block::event(format!("first\r{data}")).id(EventId::from(7));
            prop_assert_eq!(stream, encoded(&whole));
            prop_assert_eq!(count, data.len() as u64);
        }
    }

    #[test]
    fn large_payload_in_constant_memory() {
        let data = "short lines\n".repeat(100_000);
        let whole = encoded(&Block::event(data.as_str()));
        let mut stream = Vec::with_capacity(whole.len());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let info = allocation_counter::measure(|| {
            let block = Block::new();
            let mut reader = data.as_bytes();
            let copy = block.copy_data(&mut reader, &mut stream);
            runtime.block_on(copy).unwrap();
        });
        assert!(stream == whole);
        assert!(info.bytes_max < 64 * 1024, "{info:?}");
    }

    #[test]
    fn reader_that_fails_leaves_no_event() {
        let mut stream = Vec::new();
        let mut reader = b"half\n".chain(Broken);
        let block = Block::new();
        let failed = block_on(block.copy_data(&mut reader, &mut stream));
        assert_eq!(failed.unwrap_err().to_string(), "the source broke");
        assert!(stream.starts_with(b"data: half\n"));
        assert_eq!(interpret(&stream).events, []);
    }

    #[test]
    fn what_is_not_utf8_leaves_no_event() {
        for (data, at) in [(&b"ab\xff"[..], 2), (b"ab\xe2\x82", 2), (b"\xe2\n", 0)] {
            for sizes in [[1], [9]] {
                let error = copied(data, &sizes).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidData);
                let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
                assert_eq!(inner.map(|error: &InvalidUtf8| error.at), Some(at));
            }
        }
    }

    #[test]
    fn dropped_future_leaves_no_event() {
        let (mut source, mut reader) = tokio::io::duplex(64);
        let (mut writer, mut received) = tokio::io::duplex(1024);
        let block = Block::new();
        let mut stream = Vec::new();
        block_on(async {
            source.write_all(b"half\n").await.unwrap();
            {
                let copy = block.copy_data(&mut reader, &mut writer);
                tokio::select! {
                    biased;
                    _ = copy => panic!("the source never ends"),
                    () = tokio::task::yield_now() => {}
                }
            }
            drop(writer);
            received.read_to_end(&mut stream).await.unwrap();
        });
        assert_eq!(stream, b"data: half\ndata: ");
        assert_eq!(interpret(&stream).events, []);
    }

    /// The end of the event is flushed through a buffered writer.
    #[test]
    fn blank_line_is_not_delayed() {
        let mut stream = Vec::new();
        let mut writer = tokio::io::BufWriter::new(&mut stream);
        block_on(Block::new().copy_data(&mut &b"x"[..], &mut writer)).unwrap();
        drop(writer);
        assert_eq!(stream, b"data: x\n\n");
    }
}

#[cfg(feature = "json")]
mod json {
    use esse_encoder::{Block, EventId};
    use serde_json::{Value, json};

    use super::support::encoded;

    fn value() -> Value {
        json!({"text": "two\r\nlines\u{0}\u{20ac}", "list": [1, -2.5, null, true], "": {}})
    }

    #[test]
    fn block_of_a_value() {
        let block = Block::json(&value()).unwrap().id(EventId::from(7));
        let stream = String::from_utf8(encoded(&block)).unwrap();
        let lines: Vec<_> = stream.lines().collect();
        assert_eq!(lines[1..], ["id: 7", ""]);
        let data = lines[0].strip_prefix("data: ").unwrap();
        assert_eq!(serde_json::from_str::<Value>(data).unwrap(), value());
    }

    #[test]
    fn value_that_fails_to_serialize() {
        let no_text_keys = std::collections::BTreeMap::from([(vec![1], 2)]);
        assert!(Block::json(&no_text_keys).is_err());
    }

    /// Also if the JSON has line breaks of its own.
    #[test]
    fn value_into_a_data_writer() {
        let mut writer = Block::new().data_writer(Vec::new());
        serde_json::to_writer(&mut writer, &value()).unwrap();
        assert_eq!(
            writer.finish().unwrap(),
            encoded(&Block::json(&value()).unwrap())
        );

        let mut writer = Block::new().data_writer(Vec::new());
        serde_json::to_writer_pretty(&mut writer, &value()).unwrap();
        let pretty = serde_json::to_string_pretty(&value()).unwrap();
        assert_eq!(writer.finish().unwrap(), encoded(&Block::event(pretty)));
    }
}

#[cfg(feature = "body")]
mod body {
    use std::io;

    use bytes::Bytes;
    use esse_encoder::{Block, EventId};
    use esse_testkit::{chunks, cuts_of};
    use futures_executor::block_on;
    use futures_util::{StreamExt, stream};
    use http_body_util::{BodyExt, BodyStream};

    use super::support::encoded;

    fn source(parts: &[&[u8]]) -> stream::Iter<std::vec::IntoIter<io::Result<Bytes>>> {
        let parts = parts.iter().map(|part| Ok(Bytes::copy_from_slice(part)));
        stream::iter(parts.collect::<Vec<_>>())
    }

    fn fields() -> Block<'static> {
        Block::new().comment("c").id(EventId::from(7))
    }

    #[test]
    fn the_bytes_are_those_of_the_whole_at_every_cut() {
        for data in ["", "a", "a\r\nb", "\n\n", "é\r", "a\rb\nc\r\n\u{1F600}"] {
            let whole = Block::event(data).comment("c").id(EventId::from(7));
            for cuts in cuts_of(data.len()) {
                let source = source(&chunks(data.as_bytes(), &cuts));
                let body = block_on(fields().to_body(source).collect()).unwrap();
                assert_eq!(body.to_bytes(), encoded(&whole), "{data:?} {cuts:?}");
            }
        }
    }

    #[test]
    fn long_lines_are_passed_on_and_nothing_is_gathered() {
        let line = Bytes::from("x".repeat(100_000));
        let parts = [line.clone(), Bytes::from_static(b"\n"), line.clone()];
        let source = stream::iter(parts.map(io::Result::Ok));
        let body = BodyStream::new(fields().to_body(source));
        let frames: Vec<_> = block_on(
            body.map(|frame| frame.unwrap().into_data().unwrap())
                .collect(),
        );
        let shared = frames
            .iter()
            .filter(|frame| frame.as_ptr() == line.as_ptr());
        assert_eq!(shared.count(), 2, "the chunk itself");
        assert!(frames.iter().all(|frame| frame.len() <= line.len()));
    }

    /// Each part that is sent costs more than the copy of a line of 4 KiB.
    #[test]
    fn the_lines_of_a_chunk_leave_as_one_part_from_one_buffer() {
        const LINES: usize = 16;
        let chunk = || Ok::<_, io::Error>(Bytes::from(("x".repeat(4095) + "\n").repeat(LINES)));
        let mut body = fields().to_body(stream::iter([chunk(), chunk(), chunk()]));
        let mut next = || {
            block_on(body.frame())
                .unwrap()
                .unwrap()
                .into_data()
                .unwrap()
        };
        assert_eq!(next(), ": c\ndata: ");
        let parts = [(); 3].map(|()| {
            let part = next();
            (part.as_ptr(), part.len())
        });
        let lines = LINES * (4095 + "\ndata: ".len());
        assert_eq!(parts.map(|(_, length)| length), [lines; 3]);
        assert_eq!(parts[1].0, parts[2].0);
        assert_eq!(next(), "\nid: 7\n\n");
    }

    #[test]
    fn an_event_whose_source_fails_is_not_completed() {
        let failed = || Err(io::Error::other("the disk"));
        let broken = || Ok(Bytes::from_static(b"a\xFFb"));
        let half = || Ok(Bytes::from_static(b"a\xC3"));
        for end in [vec![failed()], vec![broken()], vec![half()]] {
            let parts = [Ok(Bytes::from_static(b"first\n"))].into_iter().chain(end);
            let body = fields().to_body(stream::iter(parts.collect::<Vec<_>>()));
            let frames: Vec<_> = block_on(StreamExt::collect(BodyStream::new(body)));
            assert!(frames.last().unwrap().is_err());
            let sent = frames
                .iter()
                .filter_map(|frame| frame.as_ref().ok()?.data_ref());
            let sent: Vec<u8> = sent.flatten().copied().collect();
            assert!(
                !sent.ends_with(b"\n\n") && !sent.contains(&b'7'),
                "{sent:?}"
            );
        }
    }
}

#[cfg(feature = "file")]
mod file {
    use std::io::{self, Write};
    use std::sync::mpsc;

    use esse_encoder::{Block, FileChunks};
    use futures_util::{FutureExt, StreamExt};
    use http_body_util::BodyExt;
    use tempfile::NamedTempFile;
    use tokio::runtime::Builder;
    use tokio::task::spawn_blocking;

    use super::support::encoded;

    const CHUNK: usize = 64 * 1024;

    fn written(content: &str) -> NamedTempFile {
        let mut file = NamedTempFile::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file
    }

    #[tokio::test]
    async fn its_content_is_the_data() {
        let long = "line\r\n\u{20ac}\r".repeat(20_000);
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, long.len()] {
            let end = (length..=long.len()).find(|end| long.is_char_boundary(*end));
            let content = &long[..end.unwrap()];
            let file = written(content);
            let body = Block::new().to_body(FileChunks::of(file.path()));
            let bytes = body.collect().await.unwrap().to_bytes();
            assert!(bytes == encoded(&Block::event(content)), "{length}");
        }
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_read_is_an_error() {
        let directory = env!("CARGO_TARGET_TMPDIR");
        for path in [directory.to_owned(), format!("{directory}/none")] {
            let mut chunks = FileChunks::of(path);
            chunks.next().await.unwrap().unwrap_err();
            assert!(chunks.next().await.is_none());
        }
    }

    #[test]
    fn without_a_runtime_it_is_an_error() {
        let mut chunks = FileChunks::of(written("a").path());
        let error = futures_executor::block_on(chunks.next()).unwrap();
        error.unwrap_err();
    }

    #[tokio::test]
    async fn a_buffer_is_used_again_once_its_chunk_is_dropped() {
        let file = written(&"x".repeat(4 * CHUNK));
        let mut chunks = FileChunks::of(file.path());
        let mut next = async || chunks.next().await.unwrap().unwrap();
        let first = next().await;
        let at = first.as_ptr();
        drop(first);
        let second = next().await;
        assert_eq!(second.as_ptr(), at);
        let third = next().await;
        assert_ne!(third.as_ptr(), at);
        assert_eq!(second, third);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_in_the_page_cache_is_read_without_another_thread() {
        use rustix::io::{ReadWriteFlags, preadv2};

        const CHUNKS: usize = 10;
        let file = written(&"x".repeat(CHUNKS * CHUNK));
        let mut byte = [0];
        let slices = &mut [io::IoSliceMut::new(&mut byte)];
        if preadv2(&file, slices, 0, ReadWriteFlags::NOWAIT).is_err() {
            return; // The file system cannot tell.
        }
        let mut builder = Builder::new_current_thread();
        let runtime = builder.max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let mut chunks = FileChunks::of(file.path());
            assert_eq!(chunks.next().await.unwrap().unwrap().len(), CHUNK);
            // From here on the only other thread is busy.
            let (release, busy) = mpsc::channel::<()>();
            let busy = spawn_blocking(move || busy.recv());
            for _ in 1..CHUNKS {
                let chunk = chunks.next().now_or_never().unwrap();
                assert_eq!(chunk.unwrap().unwrap().len(), CHUNK);
            }
            // The end is asked for there.
            assert!(chunks.next().now_or_never().is_none());
            drop(release);
            assert!(busy.await.unwrap().is_err());
            assert!(chunks.next().await.is_none());
        });
    }
}
