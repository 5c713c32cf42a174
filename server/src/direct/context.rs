//! What all connections of a listener share. Nothing in it belongs to one of them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use esse_encoder::Frame;
use http::{Request, Response};
use tokio::time::Instant;

use super::framing::Batch;
use super::metrics::Counts;
use super::refusal::Refusal;
use crate::hub::Hub;
use crate::subscribe::Subscribe;

/// How many bytes are read at once.
const READ: usize = 16 * 1024;

type OnRequest = dyn Fn(&Hub, &Request<()>) -> Result<Response<Subscribe>, Refusal> + Send + Sync;

/// What the application has set.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) hub: Hub,
    pub(crate) on_request: Arc<OnRequest>,
    pub(crate) head_bytes: usize,
    pub(crate) head_fields: usize,
    pub(crate) head_within: Duration,
    pub(crate) stalled_after: Duration,
    pub(crate) close_within: Duration,
    pub(crate) max_connections: usize,
    pub(crate) begin_with: Frame,
}

pub(crate) struct ServeContext {
    pub(crate) settings: Settings,
    pub(crate) counts: Arc<Counts>,
    pub(crate) buffer: Box<[u8]>,
    pub(crate) batch: Batch,
    /// Set once the hub is closed.
    pub(crate) ends_at: Option<Instant>,
}

impl ServeContext {
    pub(crate) fn new(settings: Settings, counts: Arc<Counts>) -> Self {
        Self {
            settings,
            counts,
            buffer: vec![0; READ].into(),
            batch: Batch::default(),
            ends_at: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("head_bytes", &self.head_bytes)
            .field("head_fields", &self.head_fields)
            .field("head_within", &self.head_within)
            .field("stalled_after", &self.stalled_after)
            .field("close_within", &self.close_within)
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}
