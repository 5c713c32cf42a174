//! Ways of splitting a stream into chunks.

/// The stream in chunks. `cuts` are positions in order; a position given twice makes an empty chunk.
pub fn chunks<'s>(stream: &'s [u8], cuts: &[usize]) -> Vec<&'s [u8]> {
    let ends = cuts.iter().copied().chain([stream.len()]);
    let mut start = 0;
    ends.map(|end| {
        let chunk = &stream[start..end];
        start = end;
        chunk
    })
    .collect()
}

/// Cuts of a stream of this length: whole, byte by byte, every cut in two, and one with empty chunks.
pub fn cuts_of(len: usize) -> Vec<Vec<usize>> {
    let mut cuts = vec![vec![], (1..len).collect(), vec![0, 0, len, len]];
    cuts.extend((1..len).map(|at| vec![at]));
    cuts
}

/// The bytes in chunks of these sizes, over and over.
pub fn cycled<'b>(mut bytes: &'b [u8], sizes: &[usize]) -> Vec<&'b [u8]> {
    let mut chunks = Vec::new();
    for size in sizes.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (chunk, rest) = bytes.split_at(bytes.len().min(*size));
        chunks.push(chunk);
        bytes = rest;
    }
    chunks
}

/// The index of the chunk with which the first `after_byte` bytes have arrived.
pub fn chunk_of(after_byte: usize, chunks: &[&[u8]]) -> usize {
    let mut end = 0;
    let reaches = |chunk: &&[u8]| {
        end += chunk.len();
        end >= after_byte
    };
    chunks.iter().position(reaches).unwrap_or(usize::MAX)
}
