//! The process of the subscribers: one thread and one epoll over raw sockets, which only read and
//! count. This keeps its share of the measured time small.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::{mem, thread};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token, Waker};
use socket2::{Domain, Socket, Type};

use crate::payload::{now, times};
use crate::protocol::{Counts, Latencies, ToSubscribers, received, send};
use crate::request::{read_head, request, shrink};

/// Connections that may be opening at the same time.
const CONNECTING: usize = 64;
const COMMANDS: Token = Token(usize::MAX);

/// Obeys the parent process until it closes the pipe.
pub(crate) fn run() -> io::Result<()> {
    let poll = Poll::new()?;
    // Kept here, because a waker that is dropped may take its last signal along.
    let waker = Arc::new(Waker::new(poll.registry(), COMMANDS)?);
    let commands = listen(waker.clone());
    let mut crowd = Crowd {
        poll,
        subscribers: Vec::new(),
        buffer: vec![0; 256 * 1024],
        events: 0,
        awaited: None,
        disconnected: 0,
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
fn listen(waker: Arc<Waker>) -> Receiver<io::Result<ToSubscribers>> {
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
    receiver
}

struct Crowd {
    poll: Poll,
    subscribers: Vec<Subscriber>,
    buffer: Vec<u8>,
    /// The events so far, and the number of them that the parent process waits for.
    events: u64,
    awaited: Option<u64>,
    disconnected: u64,
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
                topics,
                last_event_id,
                subscribers,
                stalled,
            } => {
                let request = request(topics.as_deref(), last_event_id.as_deref());
                self.connect(address, &request, subscribers, stalled)
            }
            ToSubscribers::Await { events } => {
                self.awaited = Some(events);
                Ok(())
            }
            ToSubscribers::Latencies => self.send_latencies(),
            ToSubscribers::Counts => self.send_counts(),
        }
    }

    /// Connects all of them, a few at a time, and reads the response heads.
    fn connect(
        &mut self,
        address: SocketAddr,
        request: &str,
        count: usize,
        stalled: usize,
    ) -> io::Result<()> {
        for first in (0..count).step_by(CONNECTING) {
            let few: Vec<_> = (first..count.min(first + CONNECTING))
                .map(|number| {
                    let socket = open(address, request, number < stalled)?;
                    Ok((socket, number))
                })
                .collect::<io::Result<_>>()?;
            for (mut socket, number) in few {
                let first = read_head(&mut socket)?;
                self.add(socket, number < stalled)?;
                self.arrived(self.subscribers.len() - 1, &first);
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
        let mut buffer = mem::take(&mut self.buffer);
        let done = self.read_all(number, &mut buffer);
        self.buffer = buffer;
        done
    }

    fn read_all(&mut self, number: usize, buffer: &mut [u8]) -> io::Result<()> {
        loop {
            let stream = &mut self.subscribers[number].stream;
            let length = match stream.read(buffer) {
                Ok(length @ 1..) => length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Ok(0) | Err(_) => {
                    self.disconnected += 1;
                    return self.poll.registry().deregister(stream);
                }
            };
            self.arrived(number, &buffer[..length]);
            if length < buffer.len() {
                return Ok(());
            }
        }
    }

    /// Counts the events of a piece.
    fn arrived(&mut self, number: usize, piece: &[u8]) {
        let mut at = None;
        for time in times(piece) {
            let at = *at.get_or_insert_with(now);
            self.subscribers[number].events += 1;
            self.events += 1;
            self.last = at;
            self.latencies
                .extend(time.map(|time| at.saturating_sub(time)));
        }
    }

    fn answer(&mut self) -> io::Result<()> {
        if self.awaited.is_some() && self.disconnected > 0 {
            return Err(io::Error::other("a subscriber was disconnected"));
        }
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
        send(&Counts {
            fewest: counts.clone().min().unwrap_or_default(),
            most: counts.max().unwrap_or_default(),
            all: self.events,
            disconnected: self.disconnected,
        })
    }
}

fn open(address: SocketAddr, request: &str, stalled: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    if stalled {
        shrink(&(&socket).into())?;
    }
    socket.connect(&address.into())?;
    (&socket).write_all(request.as_bytes())?;
    Ok(socket)
}
