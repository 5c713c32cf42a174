//! The connections to Redis.

use std::fmt;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError,
    RedisResult, ServerErrorKind, cmd,
};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::sync::Mutex;

/// How long Redis may take to accept a connection, or to answer. After that the connection is given
/// up, because Redis may be gone without closing it.
const PATIENCE: Duration = Duration::from_secs(5);

type Connecting = Shared<BoxFuture<'static, RedisResult<MultiplexedConnection>>>;

/// How many pages may be on their way at once. When all clients reconnect at the same time, they
/// should not delay each other until they time out.
const PAGES_AT_ONCE: usize = 16;

/// One shared connection, which is replaced when it breaks, and connections that are not shared.
pub(super) struct Link {
    client: Client,
    /// Shared while it is being made, so that concurrent commands make one attempt.
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

    /// Waits for a turn to read pages. The turn ends when the permit is dropped.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.turns.acquire().await.ok()
    }

    /// Runs the command once. After an error it may still have been run.
    pub(super) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        self.on_connection(async |connection| command.query_async(connection).await)
            .await
    }

    /// Runs the commands once, in one round trip. After an error some of them may have been run.
    pub(super) async fn run_all(&self, commands: &Pipeline) -> RedisResult<()> {
        self.on_connection(async |connection| commands.query_async(connection).await)
            .await
    }

    /// After some errors the next command needs another connection, and if there is none it always
    /// does.
    async fn on_connection<T>(
        &self,
        run: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let connecting = self.living().await;
        let mut connection = match connecting.clone().await {
            Ok(connection) => connection,
            Err(error) => {
                self.forget(&connecting);
                return Err(error);
            }
        };
        let result = run(&mut connection).await;
        if result.as_ref().err().is_some_and(breaks) {
            self.forget(&connecting);
        }
        result
    }

    /// The shared connection, or another one if that is known to be dead. Redis closes a connection
    /// that was idle for long (`timeout`), and then nothing that is sent on it arrives.
    async fn living(&self) -> Connecting {
        let connecting = self.connecting();
        if !is_dead(connecting.clone()).await {
            return connecting;
        }
        self.forget(&connecting);
        self.connecting()
    }

    /// A connection that is not shared, for commands that block for up to this long.
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

    /// Drops the broken connection, unless it was already replaced.
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

/// Whether the connection was there and is closed. A `PING` is sent on it, for which this does not
/// wait: if it cannot even be handed over, nothing else can.
async fn is_dead(connecting: Connecting) -> bool {
    let Ok(mut connection) = connecting.await else {
        return false;
    };
    let mut ping = cmd("PING");
    ping.set_no_response(true);
    let sent: RedisResult<()> = ping.query_async(&mut connection).await;
    sent.is_err()
}

/// Whether another connection may do better. After an error in the response it would not.
fn breaks(error: &RedisError) -> bool {
    error.kind() != ErrorKind::Server(ServerErrorKind::ResponseError)
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}
