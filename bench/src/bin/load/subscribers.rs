//! The process of the subscribers: one thread and one epoll over raw sockets, which only read and
//! count. This keeps its share of the measured time small.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token, Waker};
use socket2::{Domain, Socket, Type};

use crate::payload::{now, times};
use crate::protocol::{Latencies, ToSubscribers, received, send};

/// Connections that may be opening at the same time.
const CONNECTING: usize = 64;
const COMMANDS: Token = Token(usize::MAX);
const REQUEST: &[u8] = b"GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\
    Cache-Control: no-cache\r\nUser-Agent: load\r\n\r\n";
/// Small buffers, and segments as on Ethernet, so that the kernel holds kilobytes for a stalled
/// socket and not megabytes.
const STALLED_BUFFER: usize = 4096;
const STALLED_SEGMENT: u32 = 1460;

/// Obeys the parent process until it closes the pipe.
pub(crate) fn run() -> io::Result<()> {
    let poll = Poll::new()?;
    let commands = listen(&poll)?;
    let mut crowd = Crowd {
        poll,
        subscribers: Vec::new(),
        buffer: vec![0; 256 * 1024],
        events: 0,
        awaited: None,
        latencies: Vec::new(),
        last: 0,
    };
    let mut ready = Events::with_capacity(1024);
    loop {
        crowd.poll.poll(&mut ready, None)?;
        for event in &ready {
            if event.token() != COMMANDS {
                crowd.read(event.token().0)?;
            }
        }
        loop {
            match commands.try_recv() {
                Ok(command) => crowd.obey(command?)?,
                Err(mpsc::TryRecvError::Empty) => break,
                Err(mpsc::TryRecvError::Disconnected) => return Ok(()),
            }
        }
        crowd.answer()?;
    }
}

/// A thread of its own reads the commands, because standard input blocks.
fn listen(poll: &Poll) -> io::Result<Receiver<io::Result<ToSubscribers>>> {
    let waker = Arc::new(Waker::new(poll.registry(), COMMANDS)?);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for command in received() {
            if sender.send(command).is_err() || waker.wake().is_err() {
                return;
            }
        }
        drop(sender);
        let _ = waker.wake();
    });
    Ok(receiver)
}

struct Crowd {
    poll: Poll,
    subscribers: Vec<Subscriber>,
    buffer: Vec<u8>,
    /// The events so far, and the number of them that the parent process waits for.
    events: u64,
    awaited: Option<u64>,
    latencies: Vec<u64>,
    /// When the last event arrived.
    last: u64,
}

struct Subscriber {
    stream: TcpStream,
    events: u64,
    stalled: bool,
}

impl Crowd {
    fn obey(&mut self, command: ToSubscribers) -> io::Result<()> {
        match command {
            ToSubscribers::Connect {
                address,
                subscribers,
                stalled,
            } => self.connect(address, subscribers, stalled),
            ToSubscribers::Await { events } => {
                self.awaited = Some(events);
                Ok(())
            }
            ToSubscribers::Latencies => self.send_latencies(),
            ToSubscribers::Counts => self.send_counts(),
        }
    }

    /// Connects all of them, a few at a time, and reads the response heads.
    fn connect(&mut self, address: SocketAddr, count: usize, stalled: usize) -> io::Result<()> {
        for first in (0..count).step_by(CONNECTING) {
            let few: Vec<_> = (first..count.min(first + CONNECTING))
                .map(|number| open(address, number < stalled).map(|socket| (socket, number)))
                .collect::<io::Result<_>>()?;
            for (mut socket, number) in few {
                read_head(&mut socket)?;
                self.add(socket, number < stalled)?;
            }
        }
        send(&())
    }

    fn add(&mut self, socket: Socket, stalled: bool) -> io::Result<()> {
        socket.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(socket.into());
        if !stalled {
            let token = Token(self.subscribers.len());
            let registry = self.poll.registry();
            registry.register(&mut stream, token, Interest::READABLE)?;
        }
        self.subscribers.push(Subscriber {
            stream,
            events: 0,
            stalled,
        });
        Ok(())
    }

    /// Reads until the socket is empty. A read that does not fill the buffer was the last.
    fn read(&mut self, number: usize) -> io::Result<()> {
        let subscriber = &mut self.subscribers[number];
        loop {
            let piece = match subscriber.stream.read(&mut self.buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => &self.buffer[..length],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            let mut at = None;
            for time in times(piece) {
                let at = *at.get_or_insert_with(now);
                subscriber.events += 1;
                self.events += 1;
                self.last = at;
                self.latencies
                    .extend(time.map(|time| at.saturating_sub(time)));
            }
            if piece.len() < self.buffer.len() {
                return Ok(());
            }
        }
    }

    fn answer(&mut self) -> io::Result<()> {
        if self.awaited.is_some_and(|awaited| self.events >= awaited) {
            self.awaited = None;
            send(&self.last)?;
        }
        Ok(())
    }

    fn send_latencies(&mut self) -> io::Result<()> {
        self.latencies.sort_unstable();
        let at = |percent: usize| {
            let index = self.latencies.len() * percent / 100;
            self.latencies.get(index).copied().unwrap_or_default()
        };
        let (median, p99) = (at(50), at(99));
        self.latencies.clear();
        send(&Latencies { median, p99 })
    }

    fn send_counts(&self) -> io::Result<()> {
        let readers = self.subscribers.iter().filter(|other| !other.stalled);
        let counts = readers.map(|reader| reader.events);
        let fewest = counts.clone().min().unwrap_or_default();
        let most = counts.max().unwrap_or_default();
        send(&(fewest, most))
    }
}

fn open(address: SocketAddr, stalled: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    if stalled {
        socket.set_recv_buffer_size(STALLED_BUFFER)?;
        socket.set_tcp_mss(STALLED_SEGMENT)?;
    }
    socket.connect(&address.into())?;
    (&socket).write_all(REQUEST)?;
    Ok(socket)
}

/// Reads up to the blank line. No event has been published yet, so none can be lost.
fn read_head(socket: &mut Socket) -> io::Result<()> {
    let (mut head, mut buffer) = (Vec::new(), [0; 1024]);
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        match socket.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => head.extend_from_slice(&buffer[..length]),
        }
    }
    if head.starts_with(b"HTTP/1.1 200 ") {
        return Ok(());
    }
    Err(io::Error::other(
        String::from_utf8_lossy(&head).into_owned(),
    ))
}
