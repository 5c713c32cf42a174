//! The same, with nodes that are separate processes.

use std::env;
use std::io::{self, BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use esse_server::redis::RedisLog;

use crate::common::or_return;
use crate::support::{KEY, Node, Random, Redis, Seen, Stored};

const URL: &str = "ESSE_TEST_REDIS_URL";
const ANSWER: &str = "seen ";

/// A node, in the process that [`Process::start`] made. For each line `<last event ID> <count>` it
/// connects a client, and prints what the client reads.
#[tokio::test(flavor = "multi_thread")]
async fn node_of_its_own() {
    let Ok(url) = env::var(URL) else { return };
    let log = RedisLog::new(redis::Client::open(url).unwrap(), KEY);
    let node = Node::start(&log.page_size(5));
    for line in io::stdin().lines() {
        let line = line.unwrap();
        let (id, count) = line.split_once(' ').unwrap();
        let mut client = node.connect(Some(id));
        for seen in client.take(count.parse().unwrap()).await {
            println!("\n{ANSWER}{} {} {}", seen.id, seen.event, seen.data);
        }
    }
}

struct Process {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(redis: &Redis) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "processes::node_of_its_own", "--nocapture"])
            .env(URL, redis.url())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            child,
            input,
            output,
        }
    }

    fn read(&mut self, last_event_id: &str, count: usize) -> Vec<Seen> {
        writeln!(self.input, "{last_event_id} {count}").unwrap();
        let lines = self.output.by_ref().map(Result::unwrap);
        let answers = lines.filter_map(|line| line.strip_prefix(ANSWER).map(seen));
        answers.take(count).collect()
    }
}

fn seen(line: &str) -> Seen {
    let mut words = line.split(' ').map(str::to_owned);
    let mut word = || words.next().unwrap();
    Seen {
        id: word(),
        event: word(),
        data: word(),
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn client_that_moves_between_processes_loses_nothing() {
    let redis = or_return!(Redis::start().await);
    let mut processes = [Process::start(&redis), Process::start(&redis)];
    redis.feeds(2).await;
    let first = redis.add("0").await;
    let (mut seen, mut last) = (Vec::new(), first);
    let mut random = Random::new(7);
    let mut added = 0;
    for round in 0..60 {
        for _ in 0..random.below(20) {
            added += 1;
            redis.add(&added.to_string()).await;
        }
        if round == 30 {
            processes[0] = Process::start(&redis);
        }
        let count = random.below(added - seen.len() + 1);
        let process = &mut processes[random.below(2)];
        seen.extend(tokio::task::block_in_place(|| process.read(&last, count)));
        last = seen.last().map_or(last, |event| event.id.clone());
    }
    let stored = redis.stored().await.into_iter().map(Stored::seen);
    let expected: Vec<_> = stored.skip(1).take(seen.len()).collect();
    assert!(seen.len() > 100);
    assert_eq!(seen, expected);
}
