//! The process of the attackers: many connections that do what no well-behaved client does.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Builder;
use tokio::time::{interval, sleep, timeout};

use crate::process::Process;
use crate::protocol::{Attack, Client, Taken, ToAttackers, received, send};
use crate::request::{request, shrink, topic};

/// How long to wait for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a client that resumes reads.
const MOMENT: Duration = Duration::from_millis(100);
/// The client with number n resumes this many events before the newest, or fewer.
const REPLAYED: u64 = 400;
/// The last parts of the addresses of attackers.
const SEVERAL: [u8; 8] = [2, 3, 4, 5, 6, 7, 8, 9];
const BUFFER: usize = 16 * 1024;

/// That process, as the measuring process sees it.
pub(crate) struct Attackers(Process);

impl Attackers {
    pub(crate) fn start() -> io::Result<Self> {
        Ok(Self(Process::start(&["attack"], &[])?))
    }

    pub(crate) fn begin(&mut self, address: SocketAddr, attack: Attack) -> io::Result<()> {
        self.0.ask(&ToAttackers::Begin { address, attack })
    }

    pub(crate) fn taken(&mut self) -> io::Result<Taken> {
        self.0.ask(&ToAttackers::Taken)
    }
}

/// Obeys the parent process until it closes the pipe.
pub(crate) fn run() -> io::Result<()> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let tally = Arc::new(Tally::default());
    for command in received() {
        match command? {
            ToAttackers::Begin { address, attack } => {
                runtime.spawn(begin(address, attack, tally.clone()));
                send(&())?;
            }
            ToAttackers::Taken => send(&tally.read())?,
        }
    }
    runtime.shutdown_background();
    Ok(())
}

#[derive(Debug, Default)]
struct Tally {
    connected: AtomicU64,
    failed: AtomicU64,
    bytes: AtomicU64,
}

impl Tally {
    fn read(&self) -> Taken {
        Taken {
            connected: self.connected.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    fn arrived(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

async fn begin(address: SocketAddr, attack: Attack, tally: Arc<Tally>) {
    let mut ticks = interval(Duration::from_micros(attack.every.max(1)));
    for number in 0..attack.connections {
        ticks.tick().await;
        let tally = tally.clone();
        tokio::spawn(async move {
            let connecting = timeout(PATIENCE, connect(address, attack.client, number));
            let Ok(Ok(stream)) = connecting.await else {
                tally.failed.fetch_add(1, Ordering::Relaxed);
                return;
            };
            tally.connected.fetch_add(1, Ordering::Relaxed);
            // The end of a connection is not an error here.
            let _ = act(attack.client, stream, number, &tally).await;
        });
    }
}

/// Not from the address of the honest subscribers. Connections that close at once come from several,
/// so that there are ports enough.
async fn connect(address: SocketAddr, client: Client, number: usize) -> io::Result<TcpStream> {
    let host = match client {
        Client::Vanish | Client::Resume => SEVERAL[number % SEVERAL.len()],
        Client::Stall
        | Client::StallInReplay { .. }
        | Client::Read
        | Client::Topics(_)
        | Client::SlowHead
        | Client::Finish
        | Client::Hold => SEVERAL[0],
    };
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::new(127, 0, 0, host), 0).into())?;
    if matches!(client, Client::Stall | Client::StallInReplay { .. }) {
        shrink(&SockRef::from(&socket))?;
    }
    socket.connect(address).await
}

async fn act(client: Client, stream: TcpStream, number: usize, tally: &Tally) -> io::Result<()> {
    let number = number as u64;
    match client {
        Client::Stall => stall(stream, &request(None, None), tally).await,
        Client::StallInReplay { newest } => {
            let id = newest.saturating_sub(number % REPLAYED);
            stall(stream, &request(None, Some(&id.to_string())), tally).await
        }
        Client::Resume => {
            let id = RandomState::new().hash_one(number);
            let request = request(Some("quiet"), Some(&id.to_string()));
            timeout(MOMENT, read(stream, request.as_bytes(), tally)).await?
        }
        Client::Read => read(stream, request(None, None).as_bytes(), tally).await,
        Client::Topics(count) => {
            let topics: Vec<_> = (0..count).map(topic).collect();
            let request = request(Some(&topics.join(",")), None);
            read(stream, request.as_bytes(), tally).await
        }
        Client::SlowHead => slow_head(stream, tally).await,
        Client::Finish => finish(stream, tally).await,
        Client::Vanish => Ok(()),
        Client::Hold => read(stream, request(Some("quiet"), None).as_bytes(), tally).await,
    }
}

/// Counts what has arrived, and leaves it in the socket.
async fn stall(mut stream: TcpStream, request: &str, tally: &Tally) -> io::Result<()> {
    stream.write_all(request.as_bytes()).await?;
    let (mut before, mut buffer) = (0, vec![0; BUFFER]);
    loop {
        let arrived = stream.peek(&mut buffer).await?;
        tally.arrived(arrived.saturating_sub(before));
        before = arrived;
        sleep(MOMENT).await;
    }
}

/// Reads to the end.
async fn read(mut stream: TcpStream, request: &[u8], tally: &Tally) -> io::Result<()> {
    stream.write_all(request).await?;
    read_on(&mut stream, tally).await
}

async fn read_on(stream: &mut (impl AsyncReadExt + Unpin), tally: &Tally) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            bytes => tally.arrived(bytes),
        }
    }
}

async fn slow_head(mut stream: TcpStream, tally: &Tally) -> io::Result<()> {
    let (mut input, mut output) = stream.split();
    let write = async {
        for byte in request(None, None).bytes() {
            output.write_all(&[byte]).await?;
            sleep(Duration::from_secs(1)).await;
        }
        io::Result::Ok(())
    };
    tokio::select! {
        read = read_on(&mut input, tally) => read,
        Err(error) = write => Err(error),
    }
}

async fn finish(mut stream: TcpStream, tally: &Tally) -> io::Result<()> {
    stream.write_all(request(None, None).as_bytes()).await?;
    stream.write_all(b"x").await?;
    stream.shutdown().await?;
    read_on(&mut stream, tally).await
}
