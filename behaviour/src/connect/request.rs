//! Reads a request, and keeps its bytes as they came.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};

/// The most that a request may have, head or body.
const LONGEST: u64 = 1 << 22;

/// A request (RFC 9112, 3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    /// Path and query.
    pub(super) path: String,
    /// Names in lower case, and values as bytes.
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// Reads a request with its body. `None` if the client sends nothing.
    pub(super) fn read(source: impl Read) -> io::Result<Option<Self>> {
        let mut source = BufReader::new(source.take(2 * LONGEST));
        let Some(first) = line(&mut source)? else {
            return Ok(None);
        };
        let first = String::from_utf8_lossy(&first).into_owned();
        let mut parts = first.split(' ');
        let mut request = Self {
            method: parts.next().unwrap_or_default().to_owned(),
            path: parts.next().unwrap_or_default().to_owned(),
            ..Self::default()
        };
        loop {
            let line = line(&mut source)?.ok_or(ErrorKind::UnexpectedEof)?;
            if line.is_empty() {
                break;
            }
            request.headers.push(header(&line));
        }
        request.body = request.read_body(&mut source)?;
        Ok(Some(request))
    }

    /// All values of this header.
    pub(super) fn values<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r [u8]> {
        let headers = self.headers.iter();
        headers
            .filter(move |(other, _)| other == name)
            .map(|(_, value)| value.as_slice())
    }

    fn read_body(&self, source: &mut impl BufRead) -> io::Result<Vec<u8>> {
        if self.values("transfer-encoding").next().is_some() {
            return chunks(source);
        }
        let length = self.values("content-length").next();
        let length = length.map_or(Ok(0), |value| number(value, 10))?;
        read_exactly(source, length)
    }
}

fn header(line: &[u8]) -> (String, Vec<u8>) {
    let colon = line.iter().position(|byte| *byte == b':');
    let (name, value) = line.split_at(colon.unwrap_or(line.len()));
    let value = value.get(1..).unwrap_or_default().trim_ascii();
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    (name, value.to_vec())
}

/// A line without its end. `None` at the end of the input.
fn line(source: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    source.take(LONGEST).read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        return Ok(None);
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(line))
}

/// A body in chunks (RFC 9112, 7.1).
fn chunks(source: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = line(source)?.ok_or(ErrorKind::UnexpectedEof)?;
        let size = number(size.split(|byte| *byte == b';').next().unwrap_or(&size), 16)?;
        body.extend(read_exactly(source, size)?);
        line(source)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn number(digits: &[u8], radix: u32) -> io::Result<u64> {
    let text = std::str::from_utf8(digits.trim_ascii()).map_err(|_| ErrorKind::InvalidData)?;
    let number = u64::from_str_radix(text, radix).map_err(|_| ErrorKind::InvalidData)?;
    if number > LONGEST {
        return Err(ErrorKind::InvalidData.into());
    }
    Ok(number)
}

fn read_exactly(source: &mut impl BufRead, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if source.take(length).read_to_end(&mut bytes)? as u64 == length {
        Ok(bytes)
    } else {
        Err(ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(test)]
mod tests {
    use super::Request;

    fn read(bytes: &[u8]) -> Option<Request> {
        Request::read(bytes).unwrap()
    }

    #[test]
    fn a_request_is_read_with_its_body() {
        let request = b"POST /a?b=c HTTP/1.1\r\nX-Key: \xe2\x80\xa6 \r\nx-key:2\r\nContent-Length: 3\r\n\r\nabcd";
        let request = read(request).unwrap();
        assert_eq!([&*request.method, &*request.path], ["POST", "/a?b=c"]);
        let values: Vec<_> = request.values("x-key").collect();
        assert_eq!(values, [&b"\xe2\x80\xa6"[..], b"2"]);
        assert_eq!(request.body, b"abc");
    }

    #[test]
    fn chunks_are_joined() {
        let request = b"PUT / HTTP/1.1\nTransfer-Encoding: chunked\n\n2\r\nab\r\na;x\r\n0123456789\r\n0\r\n\r\n";
        assert_eq!(read(request).unwrap().body, b"ab0123456789");
    }

    #[test]
    fn what_is_not_whole_is_not_a_request() {
        assert_eq!(read(b""), None);
        for bytes in [
            &b"GET / HTTP/1.1\r\nA: b\r\n"[..],
            b"PUT / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabc",
            b"PUT / HTTP/1.1\r\nContent-Length: x\r\n\r\nabc",
            b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab",
        ] {
            assert!(Request::read(bytes).is_err());
        }
    }
}
