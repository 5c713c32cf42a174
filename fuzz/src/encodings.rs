//! A block encoded in every way there is.

use std::error::Error;
use std::io::{self, Read, Write};

use bytes::{Buf, Bytes, BytesMut};
use esse_encoder::{Block, BlockEncoder, Data, Frame};
use esse_testkit::Values;
use tokio_util::codec::Encoder;

use crate::input::{Step, bytes, chunks, steps};
use crate::sources::Source;

/// A way, and the bytes that it gives.
pub(crate) type Encoding = (&'static str, Vec<u8>);

/// All ways. The first is the contiguous one. The script says how data is read and written.
pub(crate) fn all(values: &Values, script: &[u8]) -> Result<Vec<Encoding>, Box<dyn Error>> {
    let data = values.data.as_deref();
    let block = values.block()?;
    let mut encodings = contiguous(&block)?;
    encodings.extend(frame("frame", &block.to_frame(), script)?);
    if let Some(data) = data {
        let shared = Bytes::copy_from_slice(data.as_bytes());
        let shared = values.onto(Block::event(Data::try_from(shared)?))?;
        encodings.extend(frame("shared frame", &shared.to_frame(), script)?);
        encodings.extend(streamed(values, data.as_bytes(), script)?);
    }
    Ok(encodings)
}

fn contiguous(block: &Block<'_>) -> io::Result<Vec<Encoding>> {
    let mut bytes = Vec::new();
    block.encode(&mut bytes);
    assert_eq!(block.encoded_len(), bytes.len());
    let mut coded = BytesMut::new();
    BlockEncoder.encode(block, &mut coded)?;
    Ok(vec![("encode", bytes), ("codec", coded.to_vec())])
}

fn frame(way: &'static str, frame: &Frame, script: &[u8]) -> io::Result<Vec<Encoding>> {
    assert_eq!(
        frame.len(),
        frame.segments().iter().map(Bytes::len).sum::<usize>()
    );
    let mut coded = BytesMut::new();
    BlockEncoder.encode(frame, &mut coded)?;
    let mut short = Short::new(script);
    frame.write_to(&mut short)?;
    Ok(vec![
        (way, frame.segments().concat()),
        (way, frame.to_bytes().to_vec()),
        (way, coded.to_vec()),
        (way, short.bytes),
        (way, advanced(frame, script)),
    ])
}

/// The frame as a `Buf`, in steps of the script.
fn advanced(frame: &Frame, script: &[u8]) -> Vec<u8> {
    let mut buf = frame.to_buf();
    let mut bytes = Vec::new();
    let mut sizes = script.iter().cycle();
    while buf.has_remaining() {
        let size = sizes
            .next()
            .map_or(usize::MAX, |byte| usize::from(*byte) + 1);
        let size = size.min(buf.chunk().len());
        bytes.extend_from_slice(&buf.chunk()[..size]);
        buf.advance(size);
    }
    bytes
}

fn streamed(values: &Values, data: &[u8], script: &[u8]) -> Result<Vec<Encoding>, Box<dyn Error>> {
    let head = values.onto(Block::new())?;
    let mut encodings = vec![
        ("writes", written(&head, &chunks(data, script))?),
        ("a reader", copied(&head, &calm(data, script))?),
        ("an async reader", copied_async(&head, &calm(data, script))?),
    ];
    if let Some(single) = bytes(data) {
        encodings.push(("single bytes", written(&head, &single)?));
    }
    Ok(encodings)
}

fn written(head: &Block<'_>, parts: &[&[u8]]) -> io::Result<Vec<u8>> {
    let mut writer = head.data_writer(Vec::new());
    for part in parts {
        // Not `write_all`, which leaves out the empty ones.
        assert_eq!(writer.write(part)?, part.len());
    }
    writer.finish()
}

fn copied(head: &Block<'_>, steps: &[Step<'_>]) -> io::Result<Vec<u8>> {
    let mut writer = head.data_writer(Vec::new());
    writer.copy_from(&mut Source::without_empty(steps))?;
    writer.finish()
}

fn copied_async(head: &Block<'_>, steps: &[Step<'_>]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut source = Source::without_empty(steps);
    futures_executor::block_on(head.copy_data(&mut source, &mut bytes))?;
    Ok(bytes)
}

/// The chunks without pauses and failures.
fn calm<'d>(data: &'d [u8], script: &[u8]) -> Vec<Step<'d>> {
    let mut steps = steps(data, script);
    steps.retain(|step| matches!(step, Step::Chunk(_)));
    steps
}

/// Takes as few bytes in each call as the script says, and is interrupted sometimes.
struct Short<'s> {
    bytes: Vec<u8>,
    sizes: Box<dyn Iterator<Item = u8> + 's>,
}

impl<'s> Short<'s> {
    fn new(script: &'s [u8]) -> Self {
        Self {
            bytes: Vec::new(),
            sizes: Box::new(script.iter().copied().chain(std::iter::repeat(63))),
        }
    }
}

impl Write for Short<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.sizes.next() {
            Some(0) => Err(io::ErrorKind::Interrupted.into()),
            size => Read::take(bytes, size.unwrap_or(u8::MAX).into()).read_to_end(&mut self.bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
