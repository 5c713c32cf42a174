//! `esse get`: the events of a URL.
// | file | its one job |
// |---|---|
// | arguments.rs | the command line |
// | output.rs, pretty.rs | events on stdout |
// | news.rs | the connection on stderr |
// | state.rs | the file that remembers where to go on |

mod arguments;
mod news;
mod output;
mod pretty;
mod state;

use std::pin::pin;
use std::process::ExitCode;
use std::time::{Duration, Instant};

pub(crate) use arguments::Args;
use esse_client::parser::{Limits, OwnedEvent};
use esse_client::{EventSource, Item, Policy, Resume};
use futures_util::StreamExt;
use news::News;
use output::Output;
use state::State;

use crate::over_limit::over_limit;
use crate::request::{self, LAST_EVENT_ID};
use crate::runtime::{self, Ended};
use crate::stop::{self, Stop};

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    runtime::on_one_thread(get(args))
}

async fn get(args: &Args) -> Result<ExitCode, Stop> {
    let request = args.request.to_request()?;
    if args.state.is_some() && request.headers().contains_key(LAST_EVENT_ID) {
        return Err(request::twice("--state"));
    }
    let mut state = State::open(args.state.as_deref(), &args.request.url)?;
    let source = EventSource::request(request::client()?, request);
    let mut source = source.policy(policy(args));
    if let Some(resume) = resume(args, &state) {
        source = source.resume(policy(args), resume);
    }
    if source.connection().attempt().is_id_left_out() {
        stop::say("a header cannot hold the ID in the state file, so the stream begins anew");
    }
    if let Some(last) = args.until.clone() {
        source = source.terminal(move |event| event.data == last);
    }
    let mut shown = Shown {
        args,
        output: Output::new(args),
        news: News::new(args.quiet),
        events: 0,
        is_whole: true,
    };
    let start = Instant::now();
    let mut ended = pin!(runtime::ended(args.duration));
    let end = loop {
        tokio::select! {
            biased;
            ended = &mut ended => break match ended? {
                Ended::ByCtrlC => End::Interrupted,
                Ended::ByTime => End::Asked,
            },
            item = source.next() => match item {
                Some(Ok(item)) => match shown.take(item) {
                    Ok(Take::More) => {}
                    Ok(Take::Last) => break End::Asked,
                    Err(stop) => {
                        // Up to the event before: nobody has got this one.
                        state.save();
                        return state.status(Err(stop));
                    }
                },
                Some(Err(error)) => break End::Failed(error),
                None => break End::OfStream,
            }
        }
        state.note(source.connection());
    };
    state.note(source.connection());
    state.save();
    let closed = source.closed().filter(|_| matches!(end, End::OfStream));
    if let Some(closed) = closed {
        shown.news.say(closed);
    }
    let status = shown.finish(end, start.elapsed(), source.connection().last_event_id());
    state.status(Ok(status))
}

/// How it ended.
enum End {
    /// By Ctrl-C.
    Interrupted,
    /// After as many events or as long as was asked for.
    Asked,
    /// The server or the policy ended it.
    OfStream,
    Failed(esse_client::Ended),
}

/// What follows an item.
enum Take {
    More,
    /// That was the last one.
    Last,
}

fn policy(args: &Args) -> Policy {
    let policy = if args.is_once() {
        Policy::once()
    } else {
        Policy::persistent().replay(args.replay())
    };
    policy
        .limits(Limits::DEFAULT.with_data(args.limit_data))
        .skips_over_limit(true)
        .has_terminal(args.until.is_some() && args.is_once())
        .idle_timeout(Some(args.idle.0))
}

/// Where to go on, unless a header of the request says that.
fn resume(args: &Args, state: &State) -> Option<Resume> {
    match &args.request.last_event_id {
        Some(id) => Some(Resume::after(id)),
        None => state.resume(),
    }
}

/// What goes out, to both sides.
struct Shown<'a> {
    args: &'a Args,
    output: Output,
    news: News,
    events: u64,
    /// No event was left out.
    is_whole: bool,
}

impl Shown<'_> {
    fn take(&mut self, item: Item) -> Result<Take, Stop> {
        match item {
            Item::Event(event) => return self.event(&event),
            Item::Open(head) => self.news.opened(&head),
            Item::Reconnecting(lost) => self.news.lost(&lost),
            Item::Skipped(exceeded) => {
                self.is_whole = false;
                let exceeded = over_limit(&exceeded, "--limit-data", "");
                stop::say(format_args!("left out: {exceeded}"));
            }
            _ => {}
        }
        Ok(Take::More)
    }

    fn event(&mut self, event: &OwnedEvent) -> Result<Take, Stop> {
        let types = &self.args.types;
        if !types.is_empty() && !types.iter().any(|one| *one == event.event_type) {
            return Ok(Take::More);
        }
        let is_terminal = self.args.until.as_ref() == Some(&event.data);
        if is_terminal && self.args.data {
            return Ok(Take::More);
        }
        self.output.write(event)?;
        self.events += 1;
        let is_last = self.args.count == Some(self.events);
        Ok(if is_last { Take::Last } else { Take::More })
    }

    fn finish(&mut self, end: End, took: Duration, last_event_id: &str) -> ExitCode {
        if let End::Interrupted = end {
            self.news.summary(self.events, took, last_event_id);
        }
        match end {
            End::Asked if !self.news.was_opened() => {
                let (why, status) = self.news.without_a_stream();
                stop::say(why);
                ExitCode::from(status)
            }
            End::Failed(ended) => {
                stop::say(news::describe(&ended));
                let status = arguments::status_of(&ended);
                let no_answer = status == stop::CUT_OFF && !self.news.was_opened();
                ExitCode::from(if no_answer { stop::NO_ANSWER } else { status })
            }
            _ if !self.is_whole => ExitCode::from(stop::BAD_INPUT),
            End::Interrupted | End::Asked | End::OfStream => ExitCode::SUCCESS,
        }
    }
}
