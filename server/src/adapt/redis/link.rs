//! The connections to Redis.

use std::fmt;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult,
    ServerErrorKind,
};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::sync::Mutex;

/// How long Redis may take to answer, or to be connected to. After that the connection is given
/// up: what holds it may be gone without a word.
const PATIENCE: Duration = Duration::from_secs(5);

type Connecting = Shared<BoxFuture<'static, RedisResult<MultiplexedConnection>>>;

/// How many receivers' pages may be on their way at once: when all come back at the same time, they
/// should not keep each other from getting theirs in time.
const PAGES_AT_ONCE: usize = 16;

/// One connection that is shared, made anew when it breaks; and others that are not.
pub(super) struct Link {
    client: Client,
    /// Shared from before it is there, so that many who wait for it make one attempt.
    current: Mutex<Option<Connecting>>,
    turns: Semaphore,
}

impl Link {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            current: Mutex::new(None),
            turns: Semaphore::new(PAGES_AT_ONCE),
        }
    }

    /// Waits for a receiver's turn to read pages. It lasts until what is returned is dropped.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.turns.acquire().await.ok()
    }

    /// Runs the command once. An error does not say that it was not run.
    pub(super) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        let connecting = self.connecting();
        let result = run_on(connecting.clone(), command).await;
        if result.as_ref().err().is_some_and(breaks) {
            self.forget(&connecting);
        }
        result
    }

    /// A connection of one's own, for commands that block for so long.
    pub(super) async fn connect(&self, block: Duration) -> RedisResult<MultiplexedConnection> {
        connect(&self.client, block).await
    }

    fn connecting(&self) -> Connecting {
        let mut current = self.current.lock();
        let connecting = current.get_or_insert_with(|| {
            let client = self.client.clone();
            async move { connect(&client, Duration::ZERO).await }
                .boxed()
                .shared()
        });
        connecting.clone()
    }

    /// Unless somebody has made another one already.
    fn forget(&self, broken: &Connecting) {
        let mut current = self.current.lock();
        if current
            .as_ref()
            .is_some_and(|current| current.ptr_eq(broken))
        {
            *current = None;
        }
    }
}

async fn connect(client: &Client, block: Duration) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(block + PATIENCE));
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
}

async fn run_on<T: FromRedisValue>(connecting: Connecting, command: &Cmd) -> RedisResult<T> {
    let mut connection = connecting.await?;
    command.query_async(&mut connection).await
}

/// Whether another connection may do better. A replica that was the master may not, for one.
fn breaks(error: &RedisError) -> bool {
    error.kind() != ErrorKind::Server(ServerErrorKind::ResponseError)
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}
