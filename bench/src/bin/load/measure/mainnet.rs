//! A burst such as the attestations of a slot, beside topics with few events.

use std::time::Duration;
use std::{io, thread};

use esse_bench::numbers::{float, significant};
use esse_bench::table::Table;

use super::{Plan, check, count, medians};
use crate::protocol::{Counts, Pace};
use crate::servers::{Limits, Setup};
use crate::session::{Crowd, Session};

/// Topics of the Beacon API. The burst is of the first.
const TOPICS: [&str; 24] = [
    "attestation",
    "head",
    "attester_slashing",
    "block",
    "block_gossip",
    "bls_to_execution_change",
    "chain_reorg",
    "contribution_and_proof",
    "data_column_sidecar",
    "execution_payload",
    "execution_payload_bid",
    "execution_payload_gossip",
    "fast_confirmation",
    "finalized_checkpoint",
    "head_v2",
    "light_client_finality_update",
    "light_client_optimistic_update",
    "payload_attestation_message",
    "payload_attributes",
    "proposer_preferences",
    "proposer_slashing",
    "single_attestation",
    "voluntary_exit",
    "blob_sidecar",
];
const BURST: &str = TOPICS[0];
const HEAD: &str = TOPICS[1];
/// Events of the burst: batches, a millisecond apart.
const BATCHES: usize = 1001;
const BATCH: usize = 30;
/// Data of an event of 614 bytes, with its type and its ID.
const BYTES: usize = 563;
/// Events of `head`, in a second.
const HEADS: usize = 200;
/// Events of all other topics together, in a second.
const OTHERS: usize = 220;
const READERS: usize = 20;
/// How often to look whether the last event has arrived.
const PAUSE: Duration = Duration::from_millis(500);

/// Prints the tables.
pub(crate) fn mainnet(plan: &Plan) -> io::Result<()> {
    let head = ["server", "quiet, ms", "in the burst, ms", "ratio"];
    let mut latency = Table::new(1, [&head[..], &["received"]].concat());
    let head = ["server", "received, fewest", "most", "lost, of each"];
    let more = ["lost, as the server says", "disconnected"];
    let mut readers = Table::new(1, [&head[..], &more].concat());
    let burst = Burst {
        batches: BATCHES,
        heads: HEADS,
    };
    for (name, setup) in servers() {
        let results: Vec<_> = (0..plan.rounds)
            .map(|_| run(&setup, &burst).map(Figures::all))
            .collect::<io::Result<_>>()?;
        let [quiet, busy, heads, fewest, most, missed, disconnected] = medians(&results);
        let lost = float(burst.events()) - f64::midpoint(fewest, most);
        let figures = [quiet, busy, busy / quiet].map(significant);
        let received = format!("{heads:.0} of {HEADS}");
        latency.row(name, figures.into_iter().chain([received]));
        let missed = missed / float(READERS);
        let figures = [fewest, most, lost, missed, disconnected];
        readers.row(name, figures.map(|figure| format!("{figure:.0}")));
    }
    println!("### A slot of mainnet\n");
    println!(
        "{} events of 614 bytes are published in one second, beside {OTHERS} of 22 other topics and \
        {HEADS} of `head`. {READERS} readers want everything. The hub and `serve` are as they are \
        by default; the peer is axum's `Sse` over a broadcast channel of 16 events for each topic. \
        One reader wants only `head`: the 99th percentile from the call that publishes to its \
        read, and how many events it received.\n\n{latency}",
        count(BATCHES * BATCH),
    );
    println!(
        "The readers of everything: events that each received of {}, that each lost, and how many \
        readers were disconnected.\n\n{readers}",
        count(burst.events())
    );
    Ok(())
}

/// Checks that nobody loses anything, except with the peer, which says how much.
pub(crate) fn smoke() -> io::Result<()> {
    let burst = Burst {
        batches: 50,
        heads: 40,
    };
    let events = burst.events() as u64;
    let all = READERS as u64 * events + burst.heads as u64;
    for (name, setup) in servers() {
        let Figures {
            heads,
            readers,
            missed,
            ..
        } = run(&setup, &burst)?;
        let what = format!("mainnet, {name}: events");
        check(&what, &(heads + readers.all + missed), &all)?;
        check(&what, &readers.disconnected, &0)?;
        if matches!(setup, Setup::Node(_)) {
            check(&what, &missed, &0)?;
        }
    }
    Ok(())
}

fn servers() -> [(&'static str, Setup); 2] {
    let limits = Limits::default();
    [
        ("peer", Setup::PeerNode),
        ("esse-serve", Setup::Node(limits)),
    ]
}

/// What is published in the second.
struct Burst {
    batches: usize,
    heads: usize,
}

impl Burst {
    fn paces(&self) -> [Pace; 3] {
        let others = TOPICS[2..].iter().map(|topic| (*topic).to_owned());
        [
            Pace {
                batch: BATCH,
                ..Pace::of(BURST, self.batches, 1000, BYTES)
            },
            self.quiet(),
            Pace {
                topics: others.collect(),
                ..Pace::of("", OTHERS, 4500, BYTES)
            },
        ]
    }

    /// Of `head` alone.
    fn quiet(&self) -> Pace {
        Pace::of(HEAD, self.heads, 5000, BYTES)
    }

    fn events(&self) -> usize {
        let paces = self.paces();
        paces.iter().map(|pace| pace.times * pace.batch).sum()
    }
}

struct Figures {
    /// The 99th percentile for the reader of `head`, in nanoseconds.
    quiet: u64,
    busy: u64,
    /// What it received in the burst.
    heads: u64,
    /// What the others received in the burst.
    readers: Counts,
    missed: u64,
}

impl Figures {
    fn all(self) -> [f64; 7] {
        [
            float(self.quiet) / 1e6,
            float(self.busy) / 1e6,
            float(self.heads),
            float(self.readers.fewest),
            float(self.readers.most),
            float(self.missed),
            float(self.readers.disconnected),
        ]
    }
}

fn run(setup: &Setup, burst: &Burst) -> io::Result<Figures> {
    let mut session = Session::start_with(setup)?;
    let (mut everything, mut head) = (Crowd::start()?, Crowd::start()?);
    let all = TOPICS.join(",");
    everything.connect(session.address(), Some(&all), READERS, 0)?;
    head.connect(session.address(), Some(HEAD), 1, 0)?;
    session.pace(burst.quiet())?;
    let before = quiet_again(&mut everything)?;
    let quiet = head.latencies()?.p99;
    let heads = head.counts()?.all;
    let missed = session.usage()?.missed;
    for pace in burst.paces() {
        session.pace(pace)?;
    }
    let mut readers = quiet_again(&mut everything)?;
    readers.fewest -= before.fewest;
    readers.most -= before.most;
    readers.all -= before.all;
    Ok(Figures {
        quiet,
        busy: head.latencies()?.p99,
        heads: head.counts()?.all - heads,
        readers,
        missed: session.usage()?.missed - missed,
    })
}

/// What readers have received, once nothing has arrived for a while.
fn quiet_again(crowd: &mut Crowd) -> io::Result<Counts> {
    let mut last = crowd.counts()?;
    loop {
        thread::sleep(PAUSE);
        let now = crowd.counts()?;
        if now == last && now.all > 0 {
            return Ok(now);
        }
        last = now;
    }
}
