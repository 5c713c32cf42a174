//! [`BlockEncoder`]: blocks and frames for a `tokio_util` `FramedWrite`. Feature `codec`.

use std::io;

use bytes::BytesMut;
use tokio_util::codec::Encoder;

use crate::block::Block;
use crate::frame::Frame;

/// Writes [`Block`]s and [`Frame`]s, owned or borrowed. Has no state, and never fails: the error
/// is `io::Error` only because `FramedWrite` asks for one.
///
/// A large frame is copied into the buffer here. Where that matters, write its
/// [`segments`](Frame::segments).
///
/// ```
/// use bytes::BytesMut;
/// use esse_encoder::{Block, BlockEncoder};
/// use tokio_util::codec::Encoder;
///
/// let mut stream = BytesMut::new();
/// BlockEncoder.encode(Block::event("x"), &mut stream)?;
/// BlockEncoder.encode(&Block::control().comment("").to_frame(), &mut stream)?;
/// assert_eq!(stream, "data: x\n\n: \n\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct BlockEncoder;

impl Encoder<&Block<'_>> for BlockEncoder {
    type Error = io::Error;

    fn encode(&mut self, block: &Block<'_>, stream: &mut BytesMut) -> io::Result<()> {
        stream.reserve(block.encoded_len());
        block.encode(stream);
        Ok(())
    }
}

impl Encoder<Block<'_>> for BlockEncoder {
    type Error = io::Error;

    fn encode(&mut self, block: Block<'_>, stream: &mut BytesMut) -> io::Result<()> {
        self.encode(&block, stream)
    }
}

impl Encoder<&Frame> for BlockEncoder {
    type Error = io::Error;

    fn encode(&mut self, frame: &Frame, stream: &mut BytesMut) -> io::Result<()> {
        stream.reserve(frame.len());
        for segment in frame.segments() {
            stream.extend_from_slice(segment);
        }
        Ok(())
    }
}

impl Encoder<Frame> for BlockEncoder {
    type Error = io::Error;

    fn encode(&mut self, frame: Frame, stream: &mut BytesMut) -> io::Result<()> {
        self.encode(&frame, stream)
    }
}
