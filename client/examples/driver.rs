//! `driver URL` runs the client for a program that judges clients, as behaviour/README.md describes
//! it: the variables of the environment whose names begin with `SSE_` say how, what a user would see
//! is printed as JSON lines, and a line `restart` on standard input makes another connection.

use std::env::{args, var};
use std::io::{Write, stdin, stdout};
use std::{
    collections::HashMap, error::Error, future::ready, str::FromStr, thread, time::Duration,
};

use bytes::Bytes;
use esse_client::parser::Limits;
use esse_client::{EventSource, Handle, Item, Policy, Replay, Resume};
use futures_util::{FutureExt, StreamExt};
use http::{Method, Request};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    say(&json!({
        "name": "esse-client", "language": "Rust", "implementationVersion": env!("CARGO_PKG_VERSION"),
        "options": ["method", "headers", "once", "persistent", "resuming", "retryMs", "lastEventId",
            "replay", "idleMs", "maxEvent", "closeAfterMs", "hook", "terminal", "restartAfterEvents",
            "comments"],
    }));
    let request = request(&args().nth(1).ok_or("usage: driver URL")?)?;
    let client = reqwest::Client::builder().redirect(esse_client::reqwest::same_origin());
    let resume = Resume::after(var("SSE_LAST_EVENT_ID").unwrap_or_default());
    let mut source = EventSource::request(client.build()?, request).resume(policy()?, resume);
    if var("SSE_HOOK").is_ok() {
        source = source.on_attempt(|attempt, mut request| {
            let headers = request.headers_mut();
            headers.insert("x-attempt", attempt.number.into());
            ready(Ok(request))
        });
    } else if var("SSE_MODE").is_ok_and(|mode| mode == "resuming") {
        source = source.on_attempt(|attempt, mut request| {
            if attempt.last_event_id_header.is_some() {
                *request.method_mut() = Method::GET;
                *request.body_mut() = Bytes::new();
                request.headers_mut().remove("content-type");
            }
            ready(Ok(request))
        });
    }
    let terminal = var("SSE_TERMINAL").ok();
    source = source.terminal(move |event| terminal.as_deref() == Some(event.data));
    obey(source.handle())?;
    while let Some(item) = source.next().await {
        say(&match item {
            Ok(Item::Open(_)) => json!({ "open": true }),
            Ok(Item::Event(event)) => json!({
                "type": event.event_type, "data": event.data, "lastEventId": event.last_event_id
            }),
            Ok(Item::Reconnecting(news)) => json!({ "error": news.cause.to_string() }),
            Ok(Item::Comment(text)) => json!({ "comment": text }),
            Ok(Item::Skipped(error)) => json!({ "told": error.to_string() }),
            Ok(_) => continue,
            Err(error) => json!({ "told": error.to_string() }),
        });
    }
    if let Some(reason) = source.closed() {
        say(&json!({ "closed": reason.to_string() }));
    }
    std::future::pending().await // so that it can be seen that nothing follows
}

fn request(url: &str) -> Result<Request<Bytes>, Box<dyn Error>> {
    let method: Method = option("SSE_METHOD")?.unwrap_or_default();
    let body = Bytes::from(var("SSE_BODY").unwrap_or_default());
    let mut request = Request::builder().method(method).uri(url).body(body)?;
    let headers = var("SSE_HEADERS").unwrap_or("{}".to_owned());
    let headers: HashMap<String, String> = serde_json::from_str(&headers)?;
    *request.headers_mut() = (&headers).try_into()?;
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
    if let Some(time) = option("SSE_RETRY_MS")? {
        policy = policy.reconnection_time(Duration::from_millis(time));
    }
    if let Some(time) = option("SSE_IDLE_MS")?.map(Duration::from_millis) {
        policy = policy.idle_timeout(Some(time)).head_timeout(Some(time));
    }
    let data = option("SSE_MAX_EVENT")?.unwrap_or(Limits::DEFAULT.data);
    let limits = Limits::DEFAULT.with_data(data).with_comment(data);
    Ok(policy.limits(limits).items(true))
}

fn option<T: FromStr<Err: Error + 'static>>(name: &str) -> Result<Option<T>, Box<dyn Error>> {
    Ok(var(name).ok().map(|value| value.parse()).transpose()?)
}

fn obey(handle: Handle) -> Result<(), Box<dyn Error>> {
    if let Some(time) = option("SSE_CLOSE_AFTER_MS")?.map(Duration::from_millis) {
        let handle = handle.clone();
        tokio::spawn(tokio::time::sleep(time).map(move |()| handle.close()));
    }
    thread::spawn(move || {
        let lines = stdin().lines().map_while(Result::ok);
        for _ in lines.filter(|line| line == "restart") {
            handle.restart();
        }
    });
    Ok(())
}

fn say(value: &Value) {
    let _ = writeln!(stdout(), "{value}"); // flushes; nobody may read any more
}
