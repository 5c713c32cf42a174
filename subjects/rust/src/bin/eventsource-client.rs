//! esse subject: the crate eventsource-client, over a transport that answers with the chunks: its
//! parser alone is not public.

use std::future::ready;

use bytes::Bytes;
use esse_subjects::{AND_COMMENTS, Feed, Got, Subject, drive};
use eventsource_client::{Client, ClientBuilder, Error, ReconnectOptions, SSE};
use futures_util::StreamExt;
use launchdarkly_sdk_transport::{ByteStream, HttpTransport, ResponseFuture};

#[derive(Clone)]
struct Answer(Feed);

impl HttpTransport for Answer {
    fn request(&self, _: http::Request<Option<Bytes>>) -> ResponseFuture {
        let chunks: ByteStream = Box::pin(self.0.clone().map(|Ok(chunk)| Ok(chunk)));
        Box::pin(ready(Ok(http::Response::new(chunks))))
    }
}

fn parse(chunks: Vec<Bytes>, got: &mut Got) -> Result<(), String> {
    let feed = Feed::new(chunks);
    let client = ClientBuilder::for_url("http://localhost")
        .map_err(|error| error.to_string())?
        .reconnect(ReconnectOptions::reconnect(false).build())
        .build_with_transport(Answer(feed.clone()));
    drive(&feed, client.stream(), |event, after| {
        match event {
            Ok(SSE::Event(event)) => {
                let retry = event.retry.map(std::time::Duration::from_millis);
                got.note(event.id.unwrap_or_default(), retry);
                got.event(event.event_type, event.data, after);
            }
            // The standard gives a comment no value; the vectors leave its first space out.
            Ok(SSE::Comment(comment)) => got.comments.push(comment.strip_prefix(' ').unwrap_or(&comment).to_owned()),
            Ok(SSE::Connected(_)) | Err(Error::Eof | Error::UnexpectedEof) => {}
            Err(error) => return Err(format!("{error:?}")),
        }
        Ok(())
    })
}

fn main() {
    Subject::parser("eventsource-client", AND_COMMENTS, parse).serve();
}
