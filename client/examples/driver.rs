//! `driver URL` runs the client for a program that judges clients, and prints what a user would see,
//! one JSON object a line. The variables of the environment whose names begin with `SSE_` say how. A
//! line `restart` on standard input drops the connection and makes another.

use std::env::var;
use std::error::Error;
use std::io::{BufRead, Write};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use esse_client::parser::Limits;
use esse_client::{Ended, EventSource, Handle, Item, Policy, Replay, Resume};
use futures_util::StreamExt;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method, Request};
use serde_json::{Map, Value, json};

/// Its options, as [the protocol](../../behaviour/README.md) names them.
const OPTIONS: &str = "method headers once persistent resuming retryMs lastEventId replay idleMs \
    maxEvent closeAfterMs hook terminal restartAfterEvents comments";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: driver URL")?;
    say(&json!({
        "name": "esse-client",
        "language": "Rust",
        "implementationVersion": env!("CARGO_PKG_VERSION"),
        "options": OPTIONS.split_whitespace().collect::<Vec<_>>(),
    }));
    let client = reqwest::Client::builder().redirect(esse_client::reqwest::same_origin());
    let resume = Resume::after(var("SSE_LAST_EVENT_ID").unwrap_or_default());
    let mut source =
        EventSource::request(client.build()?, request(&url)?).resume(policy()?, resume);
    let (has_hook, resumes) = (
        var("SSE_HOOK").is_ok(),
        var("SSE_MODE").is_ok_and(|mode| mode == "resuming"),
    );
    if has_hook || resumes {
        source = source.on_attempt(move |attempt, mut request| {
            if has_hook {
                let number = HeaderValue::from(attempt.number);
                request.headers_mut().insert("x-attempt", number);
            }
            if resumes && attempt.last_event_id_header.is_some() {
                *request.method_mut() = Method::GET;
                *request.body_mut() = Bytes::new();
                request.headers_mut().remove(CONTENT_TYPE);
            }
            async { Ok(request) }
        });
    }
    if let Ok(data) = var("SSE_TERMINAL") {
        source = source.terminal(move |event| event.data == data);
    }
    obey(source.handle())?;
    while let Some(item) = source.next().await {
        say(&described(item));
    }
    if let Some(reason) = source.closed() {
        say(&json!({ "closed": reason.to_string() }));
    }
    std::future::pending().await // so that it can be seen that nothing follows
}

fn request(url: &str) -> Result<Request<Bytes>, Box<dyn Error>> {
    let method = var("SSE_METHOD").unwrap_or_else(|_| "GET".to_owned());
    let body = Bytes::from(var("SSE_BODY").unwrap_or_default());
    let mut request = Request::builder().method(&*method).uri(url).body(body)?;
    let headers = var("SSE_HEADERS").unwrap_or_else(|_| "{}".to_owned());
    for (name, value) in serde_json::from_str::<Map<String, Value>>(&headers)? {
        let value = value.as_str().ok_or("a header is not text")?;
        let name = HeaderName::try_from(name)?;
        request
            .headers_mut()
            .insert(name, HeaderValue::from_str(value)?);
    }
    Ok(request)
}

fn policy() -> Result<Policy, Box<dyn Error>> {
    let has_terminal = var("SSE_TERMINAL").is_ok();
    let mut policy = match var("SSE_MODE").as_deref() {
        Ok("once") => Policy::once().has_terminal(has_terminal),
        Ok("persistent") => Policy::persistent(),
        Ok("resuming") => Policy::resuming().has_terminal(has_terminal),
        _ => Policy::standard(),
    };
    if var("SSE_REPLAY").is_ok_and(|replay| replay == "always") {
        policy = policy.replay(Replay::Always);
    }
    if let Ok(time) = var("SSE_RETRY_MS") {
        policy = policy.reconnection_time(Duration::from_millis(time.parse()?));
    }
    if let Ok(time) = var("SSE_IDLE_MS") {
        let time = Some(Duration::from_millis(time.parse()?));
        policy = policy.idle_timeout(time).head_timeout(time);
    }
    let most = Limits::DEFAULT.data;
    let data = var("SSE_MAX_EVENT").map_or(Ok(most), |bytes| bytes.parse())?;
    let limits = Limits::DEFAULT.with_data(data).with_comment(most);
    Ok(policy.limits(limits).items(true))
}

fn obey(handle: Handle) -> Result<(), Box<dyn Error>> {
    if let Ok(time) = var("SSE_CLOSE_AFTER_MS") {
        let (time, handle) = (Duration::from_millis(time.parse()?), handle.clone());
        thread::spawn(move || {
            thread::sleep(time);
            handle.close();
        });
    }
    thread::spawn(move || {
        let lines = std::io::stdin().lock().lines().map_while(Result::ok);
        lines
            .filter(|line| line == "restart")
            .for_each(|_| handle.restart());
    });
    Ok(())
}

fn described(item: Result<Item, Ended>) -> Value {
    match item {
        Ok(Item::Open(_)) => json!({ "open": true }),
        Ok(Item::Event(event)) => json!({
            "type": event.event_type,
            "data": event.data,
            "lastEventId": event.last_event_id,
        }),
        Ok(Item::Reconnecting(news)) => json!({ "error": news.cause.to_string() }),
        Ok(Item::Comment(text)) => json!({ "comment": text }),
        Ok(Item::Skipped(error)) => json!({ "told": error.to_string() }),
        Err(error) => json!({ "told": error.to_string() }),
        Ok(_) => Value::Null,
    }
}

fn say(value: &Value) {
    if !value.is_null() {
        let mut out = std::io::stdout().lock();
        // If nobody reads any more, nobody needs to know.
        let _ = writeln!(out, "{value}").and_then(|()| out.flush());
    }
}
