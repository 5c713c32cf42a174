//! The clients. Each reads until the stream ends, and prints its events and seconds of CPU.

use std::error::Error;
use std::io;

use esse_bench::numbers::float;
use esse_client::parser::{Chunk, Parser};
use esse_client::{EventSource, Policy};
use esse_parser::EventStream;
use eventsource_client::{Client as _, ClientBuilder, ReconnectOptions, SSE};
use futures_util::StreamExt;
use launchdarkly_sdk_transport::HyperTransport;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::Client;

type Seen = Result<u64, Box<dyn Error>>;

pub(crate) fn run(client: Client, url: &str) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let before = cpu()?;
    let seen = runtime.block_on(async {
        match client {
            Client::Raw => raw(url).await,
            Client::Stream => stream(url).await,
            Client::Esse => esse(url).await,
            Client::EsseBorrowed => esse_borrowed(url).await,
            Client::ReqwestEventsource => reqwest_eventsource(url).await,
            Client::LaunchDarkly => eventsource_client(url).await,
        }
    });
    let seen = seen.map_err(|error| io::Error::other(error.to_string()))?;
    println!("{seen} {}", cpu()? - before);
    Ok(())
}

async fn raw(url: &str) -> Seen {
    let response = reqwest::get(url).await?;
    let (mut chunks, mut parser, mut seen) = (response.bytes_stream(), Parser::new(), 0);
    while let Some(bytes) = chunks.next().await {
        let bytes = bytes?;
        let mut chunk = Chunk::new(&bytes);
        while let Some(event) = parser.next_event(&mut chunk)? {
            seen += u64::from(!event.data.is_empty());
        }
    }
    Ok(seen)
}

async fn stream(url: &str) -> Seen {
    let response = reqwest::get(url).await?;
    let (mut events, mut seen) = (EventStream::new(response.bytes_stream()), 0);
    while let Some(event) = events.next().await {
        seen += u64::from(!event?.data.is_empty());
    }
    Ok(seen)
}

async fn esse(url: &str) -> Seen {
    let source = EventSource::get(reqwest::Client::new(), url)?;
    let (mut events, mut seen) = (source.policy(Policy::once()).events(), 0);
    while let Some(event) = events.next().await {
        seen += u64::from(!event?.data.is_empty());
    }
    Ok(seen)
}

async fn esse_borrowed(url: &str) -> Seen {
    let source = EventSource::get(reqwest::Client::new(), url)?;
    let (mut events, mut seen) = (source.policy(Policy::once()).events(), 0);
    while let Some(chunk) = events.next_chunk().await {
        let mut chunk = chunk?;
        while let Some(event) = chunk.next_event() {
            seen += u64::from(!event.data.is_empty());
        }
    }
    Ok(seen)
}

async fn reqwest_eventsource(url: &str) -> Seen {
    use reqwest_eventsource::{Error, Event, EventSource};

    let (mut source, mut seen) = (EventSource::get(url), 0);
    while let Some(event) = source.next().await {
        match event {
            Ok(Event::Message(message)) => seen += u64::from(!message.data.is_empty()),
            Ok(Event::Open) => {}
            Err(Error::StreamEnded) => source.close(),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(seen)
}

async fn eventsource_client(url: &str) -> Seen {
    let once = ReconnectOptions::reconnect(false).build();
    let client = ClientBuilder::for_url(url)?.reconnect(once);
    let client = client.build_with_transport(HyperTransport::new()?);
    let (mut stream, mut seen) = (client.stream(), 0);
    while let Some(item) = stream.next().await {
        match item {
            Ok(SSE::Event(event)) => seen += u64::from(!event.data.is_empty()),
            Ok(_) => {}
            Err(eventsource_client::Error::Eof) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(seen)
}

/// Seconds of CPU that this process has taken.
fn cpu() -> io::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let time = usage.user_time() + usage.system_time();
    Ok(float(time.num_microseconds()) / 1e6)
}
