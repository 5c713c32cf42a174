//! A proxy in front of Redis that runs commands at the worst moment.

use std::sync::{Arc, Mutex};

use esse_server::redis::RedisLog;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::{KEY, Redis};

/// Runs commands just before Redis is asked about the stream as a whole.
#[derive(Clone)]
pub(crate) struct Meddler {
    redis: Arc<Redis>,
    commands: Arc<Mutex<Vec<String>>>,
}

impl Meddler {
    pub(crate) fn new(redis: Redis) -> Self {
        Self {
            redis: Arc::new(redis),
            commands: Arc::default(),
        }
    }

    pub(crate) fn redis(&self) -> &Redis {
        &self.redis
    }

    /// A log that asks through this proxy.
    pub(crate) async fn log(&self) -> RedisLog {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        tokio::spawn(self.clone().accept(listener));
        RedisLog::new(redis::Client::open(url).unwrap(), KEY)
    }

    /// Runs these commands in one transaction, the next time.
    pub(crate) fn before_the_next(&self, commands: &[String]) {
        *self.commands.lock().unwrap() = commands.to_vec();
    }

    async fn accept(self, listener: TcpListener) {
        while let Ok((client, _)) = listener.accept().await {
            let redis = TcpStream::connect(self.redis.address()).await.unwrap();
            let ((questions, mut to_client), (mut answers, to_redis)) =
                (client.into_split(), redis.into_split());
            tokio::spawn(self.clone().ask(questions, to_redis));
            tokio::spawn(async move { copy(&mut answers, &mut to_client).await });
        }
    }

    async fn ask(self, mut questions: OwnedReadHalf, mut to_redis: OwnedWriteHalf) {
        let mut question = [0; 4096];
        while let Ok(length @ 1..) = questions.read(&mut question).await {
            // They are small, so each arrives whole.
            if question[..length].windows(5).any(|word| word == b"XINFO") {
                let commands = std::mem::take(&mut *self.commands.lock().unwrap());
                self.redis.run_as_one(&commands).await;
            }
            to_redis.write_all(&question[..length]).await.unwrap();
        }
    }
}
