//! A client for one answer of an LLM, without reconnecting: it checks the status
//! and the content type, ends with `[DONE]`, and tells an answer that is whole from one that was
//! cut off.
//!
//!     cargo run -p esse --example llm_client --features stream -- http://localhost:8000/

use std::error::Error;
use std::time::Duration;

use esse::parser::{EventStream, check_response};
use futures_util::TryStreamExt;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, Response};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: llm_client URL")?;
    read_answer(&url, Duration::from_secs(60), |token| print!("{token}")).await
}

/// Hands out the data of each event.
///
/// # Errors
/// Why the answer is not whole.
pub async fn read_answer(
    url: &str,
    silence: Duration,
    mut token: impl FnMut(&str),
) -> Result<(), Box<dyn Error>> {
    // This time-out counts bytes, so keep-alive comments are life. One around `try_next` would
    // count events.
    let client = Client::builder().read_timeout(silence).build()?;
    let request = client.get(url).header(ACCEPT, "text/event-stream");
    let response = checked(request.send().await?).await?;

    let mut events = EventStream::new(response.bytes_stream());
    while let Some(event) = events.try_next().await? {
        match (&*event.event_type, &*event.data) {
            ("error", data) => return Err(format!("the server reports an error: {data}").into()),
            (_, "[DONE]") => return Ok(()),
            (_, data) => token(data),
        }
    }
    Err(match events.unfinished() {
        rest if rest.had_data() => "the answer was cut off inside an event".into(),
        _ => "the answer ended before [DONE]".into(),
    })
}

/// Returns the response if it is an event stream, and otherwise an error with the start of its body.
async fn checked(mut response: Response) -> Result<Response, Box<dyn Error>> {
    let content_type = response.headers().get(CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let Err(mut refused) = check_response(response.status().as_u16(), content_type) else {
        return Ok(response);
    };
    while let Some(bytes) = response.chunk().await? {
        if !refused.push_body(&bytes) {
            break;
        }
    }
    Err(refused.into())
}
