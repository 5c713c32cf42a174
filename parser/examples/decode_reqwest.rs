//! Prints the tokens of an LLM answer as they arrive, up to `[DONE]`.
//!
//!     cargo run -p esse-parser --example decode_reqwest --features stream -- http://localhost:8000/

use std::error::Error;
use std::time::Duration;

use esse_parser::EventStream;
use futures_util::TryStreamExt;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, Response, StatusCode};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: decode_reqwest URL")?;
    // Every byte counts for this time-out, keep-alive comments too. A time-out around `try_next`
    // would see only events.
    let client = Client::builder()
        .read_timeout(Duration::from_secs(60))
        .build()?;
    let request = client.get(url).header(ACCEPT, "text/event-stream");
    let response = request.send().await?;
    // Without this check an error page is an event stream without events.
    if response.status() != StatusCode::OK || !is_event_stream(&response) {
        return Err(format!("{}: {}", response.status(), response.text().await?).into());
    }

    let mut events = EventStream::new(response.bytes_stream());
    while let Some(event) = events.try_next().await? {
        match (&*event.event_type, &*event.data) {
            ("error", data) => return Err(format!("the server reports an error: {data}").into()),
            (_, "[DONE]") => return Ok(()),
            (_, data) => println!("{data}"),
        }
    }
    Err("the stream ended before [DONE]".into())
}

fn is_event_stream(response: &Response) -> bool {
    let value = response.headers().get(CONTENT_TYPE);
    let text = value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("text/event-stream")
}
