//! Streams the tokens of an answer, in the shape of `OpenAI`'s chat completions, and lets running
//! answers finish when it is stopped. The model is a parrot.
//!
//! ```text
//! cargo run --release -p esse-server --features axum,serve --example llm
//! curl -N 'http://127.0.0.1:8080/v1/chat/completions?prompt=Polly+wants+a+cracker'
//! curl -N http://127.0.0.1:8080/v1/chat/completions -H 'content-type: application/json' \
//!      -d '{"stream":true,"messages":[{"role":"user","content":"Polly wants a cracker"}]}'
//! ```

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use clap::Parser;
use esse_encoder::{Block, Frame};
use esse_server::{Hub, Sink, serve};
use futures_util::{Stream, StreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::signal::ctrl_c;
use tokio::time::{sleep, timeout};

/// Streams the tokens of a model that repeats its prompt.
#[derive(Parser)]
#[command(name = "llm")]
struct Args {
    /// Port to listen on, or 0 for a free one; the address is printed
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Milliseconds from one token to the next
    #[arg(long, default_value_t = 50)]
    pace: u64,
    /// Seconds that running answers get to finish, when the server is stopped
    #[arg(long, default_value_t = 10)]
    drain: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("llm: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run(args: &Args) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", args.port)).await?;
    let service = Arc::new(Service {
        hub: Hub::new(),
        stopping: AtomicBool::new(false),
        answers: AtomicU64::new(0),
        pace: Duration::from_millis(args.pace),
    });
    let app = axum::Router::new()
        .route("/v1/chat/completions", get(by_query).post(by_body))
        .with_state(Arc::clone(&service));
    let address = listener.local_addr()?;
    let (stopping, drain) = (Arc::clone(&service), Duration::from_secs(args.drain));
    let server = serve(listener, app).hub(&service.hub).until(async move {
        let _ = ctrl_c().await;
        // New requests are refused, running answers have `drain` to finish, and the rest are cut
        // off with an error.
        stopping.finish_within(drain).await;
    });
    // Ctrl-C is caught before the address is printed.
    let print = async { println!("listening on http://{address}") };
    tokio::join!(biased; server.into_future(), print).0?;
    // The reader of this output may have gone.
    let _ = writeln!(io::stdout(), "stopped");
    Ok(())
}

struct Service {
    hub: Hub,
    stopping: AtomicBool,
    answers: AtomicU64,
    pace: Duration,
}

impl Service {
    async fn finish_within(&self, time: Duration) {
        self.stopping.store(true, Ordering::SeqCst);
        self.hub.drain();
        if timeout(time, self.hub.emptied()).await.is_err() {
            let error = error_json("the server was stopped before the answer was complete");
            self.hub.close_with(&Block::event(error.to_string()));
        }
    }

    /// The stream of an answer. It ends early if the client goes or the hub is closed.
    fn answer(&self, prompt: &str) -> Response {
        if self.stopping.load(Ordering::SeqCst) {
            let error = error_json("the server is being stopped");
            let retry = [(RETRY_AFTER, "5")];
            return (StatusCode::SERVICE_UNAVAILABLE, retry, Json(error)).into_response();
        }
        let number = self.answers.fetch_add(1, Ordering::Relaxed);
        let chunks = tokens(prompt, self.pace).map(move |delta| chunk(number, &delta));
        let done = stream::iter([Block::event("[DONE]").to_frame()]);
        Sink::new(self.hub.guard(chunks.chain(done))).into_response()
    }
}

#[derive(Deserialize)]
struct Ask {
    prompt: String,
}

async fn by_query(State(service): State<Arc<Service>>, Query(ask): Query<Ask>) -> Response {
    service.answer(&ask.prompt)
}

#[derive(Deserialize)]
struct ChatRequest {
    messages: Vec<Message>,
    #[serde(default)]
    stream: bool,
}

#[derive(Deserialize)]
struct Message {
    content: String,
}

async fn by_body(
    State(service): State<Arc<Service>>,
    request: Result<Json<ChatRequest>, JsonRejection>,
) -> Response {
    let request = match request {
        Ok(Json(request)) => request,
        Err(error) => return refused(&error.body_text()),
    };
    match request.messages.last() {
        _ if !request.stream => refused("this server only streams: set \"stream\": true"),
        None => refused("messages is empty"),
        Some(message) => service.answer(&message.content),
    }
}

fn refused(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(error_json(why))).into_response()
}

fn error_json(why: &str) -> Value {
    json!({ "error": { "message": why } })
}

/// The deltas of one answer: the role, each word, and the end.
fn tokens(prompt: &str, pace: Duration) -> impl Stream<Item = Value> + use<> {
    let words: Vec<_> = prompt.split_inclusive(' ').map(str::to_owned).collect();
    let words = words.into_iter().map(|word| json!({ "content": word }));
    let deltas = [json!({ "role": "assistant" })]
        .into_iter()
        .chain(words)
        .chain([json!({})]);
    stream::iter(deltas).then(move |delta| async move {
        sleep(pace).await;
        delta
    })
}

/// One chunk of a chat completion. An empty delta marks the last one.
fn chunk(number: u64, delta: &Value) -> Frame {
    let over = delta.as_object().is_some_and(serde_json::Map::is_empty);
    let chunk = json!({
        "id": format!("chatcmpl-{number}"),
        "object": "chat.completion.chunk",
        "model": "parrot",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": over.then_some("stop") }],
    });
    Block::event(chunk.to_string()).to_frame()
}
