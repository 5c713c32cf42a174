//! An event whose data is a file that is larger than memory should be, to readers of different speeds.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use esse_bench::numbers::{float, significant};
use esse_bench::table::Table;
use tempfile::NamedTempFile;

use super::stalled::settled;
use super::{Plan, check};
use crate::payload::MARK;
use crate::request::{read_head, request};
use crate::servers::Setup;
use crate::session::Session;

const GIB: usize = 1024 * 1024 * 1024;
const MIB: usize = 1024 * 1024;

/// The length of a line of the file, with its line break.
const LINE: usize = 4096;

/// How fast each reader reads, in MiB a second; 0 is as fast as it can.
const SPEEDS: [usize; 20] = [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 100, 100, 100, 100, 25, 25, 25, 25, 25,
];

/// What a reader takes at once, in bytes.
const PIECE: usize = 64 * 1024;

/// Prints the table.
pub(crate) fn file(_: &Plan) -> io::Result<()> {
    let file = written(GIB)?;
    let mut table = Table::new(
        1,
        [
            "server",
            "CPU, s",
            "of the loop",
            "growth, MiB",
            "goal, MiB",
        ],
    );
    let loop_ = run(file.path(), true, GIB, &SPEEDS)?;
    let esse = run(file.path(), false, GIB, &SPEEDS)?;
    for (name, measured, goal) in [("a loop", &loop_, "–"), ("esse-serve", &esse, "8")] {
        let figures = [measured.cpu, measured.cpu / loop_.cpu, measured.growth];
        let figures = figures.map(significant);
        table.row(name, figures.into_iter().chain([goal.to_owned()]));
    }
    println!(
        "An event whose data is a file of 1 GiB with a line break every {LINE} bytes, to {} readers: \
        ten as fast as they can, five with 100 MiB a second, five with 25. The loop reads the file \
        anew in a thread for each reader, looks for line breaks, and writes. Growth is the largest \
        one of the server's resident memory.\n\n{table}",
        SPEEDS.len()
    );
    Ok(())
}

/// Checks that every reader gets every byte.
pub(crate) fn smoke() -> io::Result<()> {
    let file = written(MIB)?;
    for is_floor in [true, false] {
        run(file.path(), is_floor, MIB, &[0, 0, 20])?;
    }
    Ok(())
}

/// A file of lines that ends with the mark.
fn written(length: usize) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    let mut line = vec![b'x'; LINE];
    line[LINE - 1] = b'\n';
    for _ in 1..length / LINE {
        file.write_all(&line)?;
    }
    line[LINE - 1] = MARK;
    file.write_all(&line)?;
    file.flush()?;
    Ok(file)
}

struct Measured {
    /// In seconds.
    cpu: f64,
    /// In MiB.
    growth: f64,
}

fn run(path: &Path, is_floor: bool, length: usize, speeds: &[usize]) -> io::Result<Measured> {
    let mut session = Session::start_with(&Setup::File {
        path: path.into(),
        is_floor,
    })?;
    let sockets = speeds.iter().map(|_| open(session.address()));
    let sockets: Vec<_> = sockets.collect::<io::Result<_>>()?;
    let before = settled(&mut session)?;
    let cpu = session.usage()?.cpu;
    let sockets = sockets.into_iter().zip(speeds.iter().copied());
    let readers: Vec<JoinHandle<_>> = sockets
        .map(|(socket, speed)| thread::spawn(move || read(socket, speed * MIB)))
        .collect();
    session.publish(1, 0)?;
    let mut most = before;
    while !readers.iter().all(JoinHandle::is_finished) {
        most = most.max(session.usage()?.resident);
        thread::sleep(Duration::from_millis(50));
    }
    let cpu = session.usage()?.cpu - cpu;
    for reader in readers {
        let read = reader
            .join()
            .map_err(|_| io::Error::other("a reader panicked"))??;
        check("file: bytes of data", &read, &(length - length / LINE + 1))?;
    }
    Ok(Measured {
        cpu: float(cpu) / 1e6,
        growth: float(most - before) / 1024.0,
    })
}

fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let mut socket = TcpStream::connect(address)?;
    socket.write_all(request(None, None).as_bytes())?;
    read_head(&mut socket)?;
    Ok(socket)
}

/// Reads to the mark, so many bytes a second. Returns the bytes of data, without line breaks.
fn read(mut socket: TcpStream, speed: usize) -> io::Result<usize> {
    let (start, mut bytes, mut data) = (Instant::now(), 0, 0);
    let mut buffer = vec![0; PIECE];
    loop {
        let length = socket.read(&mut buffer)?;
        let piece = &buffer[..length];
        data += memchr::memchr_iter(b'x', piece).count();
        if piece.contains(&MARK) {
            return Ok(data + 1);
        }
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes += length;
        if speed > 0 {
            let due = Duration::from_secs_f64(float(bytes) / float(speed));
            thread::sleep(due.saturating_sub(start.elapsed()));
        }
    }
}
