//! What is looked at. Each function takes what came back, and adds a line or more to the report.
// | file | its one job |
// |---|---|
// | head.rs | the head of the response |
// | stream.rs | the body: its bytes, and when they came |
// | ids.rs | the IDs, and what a client gets that comes back with one |
// | compression.rs | what compression does to the stream |
// | cors.rs | whether pages of other origins may read it |

mod compression;
mod cors;
mod head;
mod ids;
mod stream;

pub(super) use compression::compression;
pub(super) use cors::{ORIGIN, cors};
pub(super) use head::head;
pub(super) use ids::{ids, place, resume, unknown_id};
pub(super) use stream::{keep_alive, stream};
