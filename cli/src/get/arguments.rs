//! The command line of `esse get`.

use std::path::PathBuf;

use esse_client::parser::Limits;
use esse_client::{Cause, Closed, Ended, Replay};

use crate::request::RequestArgs;
use crate::stop;
use crate::time::Time;

const EXAMPLES: &str = r"Examples:
  esse get https://stream.wikimedia.org/v2/stream/recentchange | jq -r .data
  esse get -d @ask.json -H 'content-type: application/json' --bearer API_KEY \
      --until '[DONE]' --data https://api.example.com/v1/chat/completions
  esse get --state seen.json --for 10m https://example.com/events >>events.jsonl";

const AFTER_HELP: &str = r#"It stays connected as the standard says: after each end of the connection it connects
again and goes on after the last event. Unlike a browser, it also tries again after 408, 425, 429,
500, 502, 503, 504 and 529. A request other than GET is sent once.

Output, one line for each event: {"type":"message","data":"hello","lastEventId":""}
The connection is reported on stderr.

Exit status:
  0  it ended as asked for (--count, --for, --until, Ctrl-C, SIGTERM), or as the server wanted
  1  the answer is not an event stream, or an event was over a limit and left out
  2  wrong arguments, a file that cannot be read or written, or output that nobody reads
  3  it was cut off: before --until, or a request that may not be sent twice
  4  no answer came"#;

/// The events of a URL, as JSON lines
#[derive(clap::Args)]
#[command(before_help = EXAMPLES, after_help = AFTER_HELP)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) request: RequestArgs,
    /// End with the first response
    #[arg(long)]
    once: bool,
    /// Send a request other than GET again, to go on after an event with an ID
    #[arg(long, conflicts_with = "once")]
    reconnect: bool,
    /// Remember here where the stream was, and go on there the next time
    #[arg(long, value_name = "FILE", conflicts_with = "last_event_id")]
    pub(super) state: Option<PathBuf>,
    /// Only events of this type; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    pub(super) types: Vec<String>,
    /// End after this many events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: Option<u64>,
    /// End after this time, such as 30s, 10m or 500ms
    #[arg(long = "for", value_name = "TIME")]
    pub(super) duration: Option<Time>,
    /// End with the event that has exactly this data, which --data leaves out
    #[arg(long, value_name = "DATA")]
    pub(super) until: Option<String>,
    /// Connect again after this time without a byte
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub(super) idle: Time,
    /// Write the data of each event alone, and a line break
    #[arg(long)]
    pub(super) data: bool,
    /// Write for people, with JSON indented; in colour unless `NO_COLOR` is not empty
    #[arg(long, conflicts_with = "data")]
    pub(super) pretty: bool,
    /// Say nothing on stderr while all is well
    #[arg(short, long)]
    pub(super) quiet: bool,
    /// The most data that an event may hold, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.data)]
    pub(super) limit_data: usize,
}

impl Args {
    /// Whether the end of the first response is the end.
    pub(super) fn is_once(&self) -> bool {
        self.once || !self.reconnect && self.request.method() != "GET"
    }

    pub(super) fn replay(&self) -> Replay {
        if self.reconnect {
            Replay::WithLastEventId
        } else {
            Replay::Never
        }
    }
}

/// The exit status for an end that is an error.
pub(super) fn status_of(ended: &Ended) -> u8 {
    let Ended::Closed { closed, .. } = ended else {
        return stop::TROUBLE;
    };
    match closed {
        Closed::Refused { .. } | Closed::Compressed { .. } | Closed::Limit(_) => stop::BAD_INPUT,
        Closed::Futile => stop::NO_ANSWER,
        Closed::NotRepeated { cause }
        | Closed::Truncated { cause }
        | Closed::GaveUp { last: cause } => match cause {
            Cause::Unreachable | Cause::NoHead => stop::NO_ANSWER,
            Cause::Refused { .. } => stop::BAD_INPUT,
            _ => stop::CUT_OFF,
        },
        _ => stop::CUT_OFF,
    }
}
