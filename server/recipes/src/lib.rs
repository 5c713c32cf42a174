//! What stands for the rest of an application in the recipes: events to publish, an address, and a
//! signal to stop.
#![forbid(unsafe_code)]

use std::time::Duration;
use std::{env, io, thread};

use bytes::Bytes;
use esse_encoder::{Block, EventType};
use esse_server::{
    Hub, IdCounter, KEEP_ALIVE_INTERVAL, Sink, Topics, UnfinishedEvent, last_event_id, response,
};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use tokio::net::{TcpListener, TcpSocket};

/// The topics that there are.
pub const TOPICS: [&str; 2] = ["block", "head"];

/// How long a server waits for its responses to end, after it was stopped.
pub const DRAIN_WITHIN: Duration = Duration::from_secs(5);

/// A hub that publishes each line of the standard input: a topic, a space, and the data. A line
/// without a space is answered with the number of subscribers.
pub fn hub() -> Hub {
    let hub = Hub::new();
    let publisher = hub.clone();
    // Not a task: the runtime would wait for the next line before the program could end.
    thread::spawn(move || publish_lines(&publisher));
    hub
}

fn publish_lines(hub: &Hub) {
    let ids = IdCounter::new();
    for line in io::stdin().lines().map_while(Result::ok) {
        let Some((topic, data)) = line.split_once(' ') else {
            println!("{} subscribers", hub.metrics().open);
            continue;
        };
        let published = EventType::new(topic.to_owned()).map(|topic| {
            let block = Block::event(data).event_type(topic).id(ids.next_id());
            hub.publish(block)
        });
        if !matches!(published, Ok(Ok(()))) {
            eprintln!("not published: {line}");
        }
    }
}

/// Listens on 127.0.0.1, at the port that is the first argument, or at a free one. Prints the
/// address.
///
/// # Errors
/// If the port is not a number, or is taken.
pub fn listen() -> io::Result<TcpListener> {
    let port = env::args().nth(1).map_or(Ok(0), |port| port.parse());
    let port = port.map_err(io::Error::other)?;
    let socket = TcpSocket::new_v4()?;
    // A restarted server does not wait for connections of the one before.
    socket.set_reuseaddr(true)?;
    // The connections inherit this, so no framework needs a setting for it.
    socket.set_nodelay(true)?;
    socket.bind(([127, 0, 0, 1], port).into())?;
    let listener = socket.listen(1024)?;
    println!("http://{}/events", listener.local_addr()?);
    Ok(listener)
}

/// The response to `GET /events?topics=block,head`, in the types of the crates `http` and
/// `http-body`: an event stream, or status 400 if the query does not name topics.
pub fn respond(
    hub: &Hub,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Response<UnsyncBoxBody<Bytes, UnfinishedEvent>> {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let topics = pairs.find(|(name, _)| name == "topics");
    match Topics::parse(&topics.unwrap_or_default().1, &TOPICS) {
        Ok(topics) => {
            let id = last_event_id(headers).or_query(query);
            let subscriber = hub.subscribe().topics(topics).last_event_id(id).open();
            response(Sink::new(subscriber).boxed_unsync())
        }
        Err(error) => {
            let text = error.to_string().map_err(|never| match never {});
            let mut response = Response::new(text.boxed_unsync());
            *response.status_mut() = StatusCode::BAD_REQUEST;
            response
        }
    }
}

/// Keeps the streams of the hub alive until Ctrl-C or SIGTERM, and then drains the hub. `serve` does
/// both by itself. The signals do not end the program any more once this has returned.
///
/// # Errors
/// If the signals cannot be caught.
pub fn keep_alive_until_stopped(
    hub: &Hub,
) -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let hub = hub.clone();
    let keep_alives = hub.keep_alive(keep_alive_interval(), tokio::time::sleep);
    let stopped = stopped()?;
    Ok(async move {
        tokio::select! {
            () = keep_alives => {}
            () = stopped => {}
        }
        hub.drain();
    })
}

/// The variable `KEEP_ALIVE_MS`, or the default.
pub fn keep_alive_interval() -> Duration {
    let millis = env::var("KEEP_ALIVE_MS").ok();
    let millis = millis.and_then(|millis| millis.parse().ok());
    millis.map_or(KEEP_ALIVE_INTERVAL, Duration::from_millis)
}

#[cfg(unix)]
fn stopped() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn stopped() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut ctrl_c = tokio::signal::windows::ctrl_c()?;
    Ok(async move { drop(ctrl_c.recv().await) })
}
