//! [`BlockEncoder`]: blocks and frames for the `FramedWrite` of tokio-util. Feature `codec`.

use std::io;

use bytes::BytesMut;
use tokio_util::codec::Encoder;

use crate::block::Block;
use crate::frame::Frame;

/// A tokio-util `Encoder` of [`Block`]s and [`Frame`]s, owned or borrowed. Needs the feature
/// `codec`.
///
/// It has no state and never fails. Its error type is `io::Error` because `Encoder` requires one.
///
/// A large frame is copied into the buffer of the codec. If that matters, write its
/// [`segments`](Frame::segments) instead.
///
/// ```
/// use bytes::BytesMut;
/// use esse_encoder::{Block, BlockEncoder};
/// use tokio_util::codec::Encoder;
///
/// let mut stream = BytesMut::new();
/// BlockEncoder.encode(Block::event("x"), &mut stream)?;
/// BlockEncoder.encode(&Block::new().comment("").to_frame(), &mut stream)?;
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
