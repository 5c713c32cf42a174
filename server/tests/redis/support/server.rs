//! A redis-server, for one test.

use std::collections::HashMap;
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use esse_server::redis::RedisLog;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::time::sleep;

use super::Seen;
use crate::common::program::installed;
use crate::common::soon;
use esse_testkit::bound;

/// The key of the stream.
pub(crate) const KEY: &str = "news";

/// Killed when dropped, and then its files are deleted.
pub(crate) struct Redis {
    child: Child,
    port: u16,
    dir: TempDir,
}

/// An entry as Redis stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) id: String,
    pub(crate) event: String,
    pub(crate) data: String,
    pub(crate) audience: Option<String>,
}

impl Redis {
    /// `None`, and a line about it, if it is not installed.
    pub(crate) async fn start() -> Option<Self> {
        installed("redis-server")?;
        loop {
            let (port, dir) = (free_port(), TempDir::new().unwrap());
            let child = spawn(port, dir.path());
            let mut redis = Self { child, port, dir };
            if redis.answers().await {
                return Some(redis);
            }
        }
    }

    /// Kills it at once, as in a crash.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn hang(&self) {
        kill_process(Pid::from_child(&self.child), Signal::STOP).unwrap();
    }

    pub(crate) fn go_on(&self) {
        kill_process(Pid::from_child(&self.child), Signal::CONT).unwrap();
    }

    pub(crate) async fn start_again(&mut self) {
        self.child = spawn(self.port, self.dir.path());
        while !self.answers().await {
            self.child = spawn(self.port, self.dir.path());
        }
    }

    /// Starts without what it kept.
    pub(crate) async fn start_afresh(&mut self) {
        self.dir = TempDir::new().unwrap();
        self.start_again().await;
    }

    /// Returns `false` if it has ended, because another process was faster to take the port.
    async fn answers(&mut self) -> bool {
        soon(async {
            while self.child.try_wait().unwrap().is_none() {
                if self.is_itself().await.unwrap_or(false) {
                    return true;
                }
                sleep(Duration::from_millis(10)).await;
            }
            false
        })
        .await
    }

    /// Waits until it has loaded what it kept.
    async fn is_itself(&self) -> redis::RedisResult<bool> {
        let mut connection = self.try_connect().await?;
        let info: String = command_of("INFO").query_async(&mut connection).await?;
        let own = format!("process_id:{}\r\n", self.child.id());
        Ok(info.contains(&own) && info.contains("\r\nloading:0\r\n"))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    pub(crate) fn client(&self) -> redis::Client {
        redis::Client::open(self.url()).unwrap()
    }

    pub(crate) fn log(&self) -> RedisLog {
        RedisLog::new(self.client(), KEY)
    }

    async fn try_connect(&self) -> redis::RedisResult<MultiplexedConnection> {
        // Other programs use the disk and the processor too, so Redis may be slow.
        let patient = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        let client = self.client();
        let connection = client.get_multiplexed_async_connection_with_config(&patient);
        connection.await
    }

    pub(crate) async fn connect(&self) -> MultiplexedConnection {
        self.try_connect().await.unwrap()
    }

    /// Runs one command, written as in redis-cli.
    pub(crate) async fn run<T: FromRedisValue>(&self, command: &str) -> T {
        let mut connection = self.connect().await;
        let command = command_of(command);
        command.query_async(&mut connection).await.unwrap()
    }

    /// Runs them in one transaction.
    pub(crate) async fn run_as_one(&self, commands: &[String]) {
        let mut all = redis::pipe();
        all.atomic();
        for command in commands {
            all.add_command(command_of(command));
        }
        all.exec_async(&mut self.connect().await).await.unwrap();
    }

    /// Adds an event with this data. Returns its ID.
    pub(crate) async fn add(&self, data: &str) -> String {
        self.run(&format!("XADD {KEY} * data {data}")).await
    }

    /// Waits until this many feeds have begun. They publish whatever is added from then on.
    pub(crate) async fn feeds(&self, count: usize) {
        let blocked = format!("blocked_clients:{count}\r\n");
        asking_until(async || self.run::<String>("INFO clients").await.contains(&blocked)).await;
    }

    /// The connections whose last command has this name.
    pub(crate) async fn connections_of(&self, command: &str) -> Vec<String> {
        let clients: String = self.run("CLIENT LIST").await;
        let command = format!(" cmd={command} ");
        let clients = clients.lines().filter(|client| client.contains(&command));
        let ids = clients.filter_map(|client| client.split(' ').next());
        ids.map(str::to_owned).collect()
    }

    /// Waits until a client has run a command of this name.
    pub(crate) async fn has_run(&self, command: &str) {
        asking_until(async || self.calls_of(command).await > 0).await;
    }

    /// How many times the command was run.
    pub(crate) async fn calls_of(&self, command: &str) -> u64 {
        let counts: String = self.run("INFO commandstats").await;
        let name = format!("cmdstat_{command}:calls=");
        let mut lines = counts.lines();
        let calls = lines.find_map(|line| line.strip_prefix(&name)?.split(',').next());
        calls.map_or(0, |calls| calls.parse().unwrap())
    }

    /// How many times Redis has read from a connection.
    pub(crate) async fn reads(&self) -> usize {
        let stats: String = self.run("INFO stats").await;
        let mut lines = stats.lines();
        let reads = lines.find_map(|line| line.strip_prefix("total_reads_processed:"));
        reads.unwrap().trim().parse().unwrap()
    }

    /// Everything in the stream.
    pub(crate) async fn stored(&self) -> Vec<Stored> {
        let entries: Vec<(String, HashMap<String, String>)> =
            self.run(&format!("XRANGE {KEY} - +")).await;
        let stored = entries.into_iter().map(|(id, mut fields)| Stored {
            id,
            event: fields.remove("event").unwrap_or("message".to_owned()),
            data: fields.remove("data").unwrap(),
            audience: fields.remove("audience"),
        });
        stored.collect()
    }
}

impl Stored {
    /// What clients see of it.
    pub(crate) fn seen(self) -> Seen {
        Seen {
            id: self.id,
            event: self.event,
            data: self.data,
        }
    }
}

/// Asks again and again until it is so.
pub(crate) async fn asking_until(so: impl AsyncFn() -> bool) {
    soon(async {
        while !so().await {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

fn command_of(words: &str) -> Cmd {
    let mut command = Cmd::new();
    for word in words.split(' ') {
        command.arg(word);
    }
    command
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn spawn(port: u16, dir: &Path) -> Child {
    let log = File::create(dir.join("log")).unwrap();
    bound("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        // With less than that, acknowledged entries may be lost when it is killed.
        .args(["--appendonly", "yes", "--appendfsync", "always"])
        .args(["--save", "", "--dir"])
        .arg(dir)
        .stdout(log)
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
