//! The bytes of a response, and the pauses between them.

use std::time::Duration;

use esse_vectors::connect::{End, Framing, Piece, Response};

/// A step of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// These bytes are sent together.
    Send(Vec<u8>),
    /// Nothing is sent for this time.
    Pause(Duration),
}

/// What a server does to send a response: a head if the response has a status line, and the body in
/// its framing (RFC 9112, 6 and 7). Bytes between two pauses are one step, and the last step sends:
/// nothing if a pause comes last. `fill` gets the name and the value of each header, and returns the
/// value to send. What follows the body ([`Response::end`]) is left to the caller.
///
/// ```
/// use esse_behaviour::connect::{Step, steps};
/// use esse_vectors::connect::Response;
///
/// let json = r#"{"statusLine": "HTTP/1.1 200 OK", "pieces": ["data: a\n\n"]}"#;
/// let response: Response = serde_json::from_str(json)?;
/// let sent = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ndata: a\n\n";
/// assert_eq!(steps(&response, &|_, value| value.to_owned()), [Step::Send(sent.to_vec())]);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn steps(response: &Response, fill: &dyn Fn(&str, &str) -> String) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut bytes = head(response, fill);
    for piece in &response.pieces {
        match piece {
            Piece::Bytes(piece) => push(&mut bytes, piece, response.framing),
            Piece::Pause(time) => {
                steps.push(Step::Send(std::mem::take(&mut bytes)));
                steps.push(Step::Pause(*time));
            }
        }
    }
    let has_last_chunk = response.framing == Framing::Chunked && response.end == End::Clean;
    if has_last_chunk {
        bytes.extend(b"0\r\n\r\n");
    }
    steps.push(Step::Send(bytes));
    steps
}

fn head(response: &Response, fill: &dyn Fn(&str, &str) -> String) -> Vec<u8> {
    let Some(status_line) = &response.status_line else {
        return Vec::new();
    };
    let mut lines = vec![status_line.clone(), "Connection: close".to_owned()];
    let headers = response.headers.iter();
    lines.extend(headers.map(|(name, value)| format!("{name}: {}", fill(name, value))));
    match response.framing {
        Framing::Close => {}
        Framing::Chunked => lines.push("Transfer-Encoding: chunked".to_owned()),
        Framing::Length => lines.push(format!("Content-Length: {}", length(response))),
    }
    format!("{}{}\r\n\r\n", response.before, lines.join("\r\n")).into_bytes()
}

/// The length that is announced: more than there is if the body is to be cut off.
fn length(response: &Response) -> usize {
    let lengths = response.pieces.iter().map(|piece| match piece {
        Piece::Bytes(bytes) => bytes.len(),
        Piece::Pause(_) => 0,
    });
    lengths.sum::<usize>() + usize::from(response.end == End::Cut)
}

fn push(bytes: &mut Vec<u8>, piece: &[u8], framing: Framing) {
    if framing == Framing::Chunked {
        bytes.extend(format!("{:x}\r\n", piece.len()).bytes());
        bytes.extend(piece);
        bytes.extend(b"\r\n");
    } else {
        bytes.extend(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(json: &str) -> Vec<Step> {
        let response: Response = serde_json::from_str(json).unwrap();
        steps(&response, &|name, value| format!("{name}={value}"))
    }

    fn send(text: &str) -> Step {
        Step::Send(text.as_bytes().to_vec())
    }

    #[test]
    fn the_head_says_what_the_framing_needs() {
        for (json, expected) in [
            (
                r#"{"statusLine": "HTTP/1.0 200 OK", "headers": [["A", "x"], ["B", "y"]], "before": "b"}"#,
                "bHTTP/1.0 200 OK\r\nConnection: close\r\nA: A=x\r\nB: B=y\r\n\r\n",
            ),
            (
                r#"{"statusLine": "S", "framing": "chunked", "pieces": ["0123456789"]}"#,
                "S\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n",
            ),
            (
                r#"{"statusLine": "S", "framing": "chunked", "pieces": ["a"], "end": "cut"}"#,
                "S\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
            ),
            (
                r#"{"statusLine": "S", "framing": "length", "pieces": ["ab"], "end": "cut"}"#,
                "S\r\nConnection: close\r\nContent-Length: 3\r\n\r\nab",
            ),
            (r#"{"pieces": ["raw"]}"#, "raw"),
            ("{}", ""),
        ] {
            assert_eq!(sent(json), [send(expected)]);
        }
    }

    #[test]
    fn pauses_part_the_bytes_and_the_last_step_sends() {
        let json = r#"{"statusLine": "S", "framing": "length", "pieces": ["ab", {"pauseMs": 1}, "c", "d", {"pauseMs": 2}]}"#;
        let head = "S\r\nConnection: close\r\nContent-Length: 4\r\n\r\nab";
        let pause = |time| Step::Pause(Duration::from_millis(time));
        let expected = [send(head), pause(1), send("cd"), pause(2), send("")];
        assert_eq!(sent(json), expected);
    }
}
