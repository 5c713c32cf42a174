//! What the drivers of clients share: the first line, and what the environment asks for.

use std::collections::BTreeMap;
use std::env::var;
use std::future::pending;
use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use crate::protocol::version;
use crate::say;

/// Says what a crate is, and which options it has.
pub fn start(name: &str, options: &[&str]) {
    say(&json!({ "name": name, "language": "Rust", "implementationVersion": version(name), "options": options }));
}

/// The time that a variable asks for, if it is set.
pub fn milliseconds(name: &str) -> Option<Duration> {
    Some(Duration::from_millis(var(name).ok()?.parse().ok()?))
}

/// Waits until the suite asks to close the client, or for ever.
pub async fn sleep_until_close() {
    match milliseconds("SSE_CLOSE_AFTER_MS") {
        Some(time) => sleep(time).await,
        None => pending().await,
    }
}

/// Method, body and headers of the request.
pub fn request(url: &str) -> reqwest::RequestBuilder {
    let method = var("SSE_METHOD").map_or(Ok(reqwest::Method::GET), |method| method.parse());
    let mut request = reqwest::Client::new().request(method.expect("a method"), url);
    if let Ok(body) = var("SSE_BODY") {
        request = request.body(body);
    }
    let headers = var("SSE_HEADERS").unwrap_or_else(|_| "{}".to_owned());
    let headers: BTreeMap<String, String> = serde_json::from_str(&headers).expect("an object");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request
}
