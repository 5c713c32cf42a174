//! `esse get --state`.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::get::{PATIENCE, STREAM, Server, get, request, stream};
use crate::program::{command, esse, ran};

#[test]
fn a_file_remembers_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let file = file.to_str().unwrap();
    let server = Server::start(&[stream("data: a\nid: 7\n\n"), stream("data: b\nid: 8\n\n")]);
    for _ in 0..2 {
        assert_eq!(get(&server, &["--state", file, "--count", "1"]).status, 0);
    }
    assert!(!server.request().contains("last-event-id"));
    assert!(server.request().contains("\r\nlast-event-id: 7\r\n"));
    let state = fs::read_to_string(file).unwrap();
    assert!(state.contains(r#""lastEventId":"8","retry":1"#), "{state}");
    let other = esse(&["get", "--state", file, "http://127.0.0.1:1/other"], "");
    assert_eq!(other.status, 2);
    other.has_stderr("belongs to http://127.0.0.1:");
}

/// A link to the file stays one.
#[test]
fn the_file_is_right_when_nobody_reads_any_more_or_it_is_terminated() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("state"), folder.path().join("link"));
    symlink(&file, &link).unwrap();
    for (is_terminated, events) in [(true, 9), (false, 100_000)] {
        let events = (1..=events).map(|id| format!("id: {id}\ndata\n\n"));
        let server = Server::start(&[stream(&events.collect::<String>())]);
        let state = json!({"url": server.url, "lastEventId": ""});
        fs::write(&file, state.to_string()).unwrap();
        let args = ["get", "-q", "--state", link.to_str().unwrap(), &server.url];
        let mut child = command(&args).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        assert_eq!(stdout.lines().take(9).count(), 9);
        if is_terminated {
            kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        }
        assert_eq!(ran(child.wait_with_output().unwrap()).status, 0);
        let state: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let id: u32 = state["lastEventId"].as_str().unwrap().parse().unwrap();
        assert!((9..100_000).contains(&id), "{id}");
    }
    assert!(link.symlink_metadata().unwrap().is_symlink());
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_new_file_is_for_its_owner_and_one_that_is_there_keeps_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let server = Server::start(&[stream("data: a\nid: 7\n\n"), stream("data: b\nid: 8\n\n")]);
    let args = ["--count", "1", "--state", file.to_str().unwrap()];
    assert_eq!(get(&server, &args).status, 0);
    assert_eq!(mode(&file), 0o600);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(get(&server, &args).status, 0);
    assert_eq!(mode(&file), 0o640);
    assert!(fs::read_to_string(&file).unwrap().contains("\"8\""));
}

#[test]
fn a_link_to_a_file_that_is_not_there_yet_stays_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("real")).unwrap();
    let link = folder.path().join("link");
    symlink("real/state", &link).unwrap();
    let server = Server::start(&[stream("data: a\nid: 7\n\n")]);
    let args = ["--count", "1", "--state", link.to_str().unwrap()];
    assert_eq!(get(&server, &args).status, 0);
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert!(folder.path().join("real/state").is_file());

    let cycle = folder.path().join("cycle");
    symlink("cycle", &cycle).unwrap();
    let ran = get(&server, &["--state", cycle.to_str().unwrap()]);
    assert_eq!(ran.status, 2);
    ran.has_stderr("/cycle: ");
}

#[test]
fn a_file_of_the_user_with_a_similar_name_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("state.new");
    fs::write(&own, "mine").unwrap();
    fs::create_dir(folder.path().join("other.new")).unwrap();
    for name in ["state", "other"] {
        let server = Server::start(&[stream("data: a\nid: 7\n\n")]);
        let file = folder.path().join(name);
        let args = ["--count", "1", "--state", file.to_str().unwrap()];
        assert_eq!(get(&server, &args).status, 0);
        assert!(file.is_file());
    }
    assert_eq!(fs::read_to_string(own).unwrap(), "mine");
    let names = fs::read_dir(&folder).unwrap();
    assert_eq!(names.count(), 4, "nothing else is left");
}

#[test]
fn what_is_not_a_regular_file_is_refused_before_the_request() {
    let folder = tempfile::tempdir().unwrap();
    let (pipe, link) = (folder.path().join("pipe"), folder.path().join("link"));
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    symlink(&pipe, &link).unwrap();
    for path in [Path::new("/dev/null"), &pipe, &link, folder.path()] {
        let path = path.to_str().unwrap();
        let ran = esse(&["get", "--state", path, "http://127.0.0.1:1/"], "");
        assert_eq!(ran.status, 2, "{path}");
        ran.has_stderr(&format!("{path} is not a regular file"));
    }
}

#[test]
fn a_file_that_cannot_be_written_is_found_before_the_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no/such/folder/state");
    let server = Server::start(&[stream("data: a\n\n")]);
    let ran = get(&server, &["--once", "--state", file.to_str().unwrap()]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    ran.has_stderr("no/such/folder/state: ");
    let no_request = server.requests.recv_timeout(Duration::from_millis(200));
    assert_eq!(no_request.unwrap_err(), RecvTimeoutError::Timeout);

    let file = folder.path().join("state");
    let args = ["--state", file.to_str().unwrap(), "--for", "100ms"];
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", nobody.local_addr().unwrap());
    assert_eq!(esse(&[&["get"], &args[..], &[&url]].concat(), "").status, 4);
    assert_eq!(
        fs::read_dir(&folder).unwrap().count(),
        0,
        "nothing to remember"
    );
}

#[test]
fn a_file_that_cannot_be_written_any_more_does_not_end_the_stream() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (removed, is_removed) = mpsc::channel();
    thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        request(&mut socket);
        socket.write_all(STREAM.as_bytes()).unwrap();
        socket.write_all(b"id: 1\ndata: a\n\n").unwrap();
        is_removed.recv_timeout(PATIENCE).unwrap();
        for event in ["id: 2\ndata: b\n\n", "id: 3\ndata: c\n\n"] {
            // The file is written once a second.
            thread::sleep(Duration::from_millis(1100));
            socket.write_all(event.as_bytes()).unwrap();
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("place");
    fs::create_dir(&place).unwrap();
    let file = place.join("state");
    let args = ["--once", "-q", "--data", "--state", file.to_str().unwrap()];
    let args = [&["get"], &args[..], &[&url]].concat();
    let mut child = command(&args).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut read = String::new();
    stdout.read_line(&mut read).unwrap();
    // It may be writing the file.
    while fs::remove_dir_all(&place).is_err() {}
    removed.send(()).unwrap();
    stdout.read_to_string(&mut read).unwrap();
    assert_eq!(read, "a\nb\nc\n");
    let ran = ran(child.wait_with_output().unwrap());
    assert_eq!(ran.status, 2);
    ran.has_stderr("place/state: No such file or directory; events go on\n");
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn an_id_that_cannot_be_sent_begins_anew_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let server = Server::start(&[stream("data: a\n\n")]);
    let state = json!({"url": server.url, "lastEventId": "a\u{7}"});
    fs::write(&file, state.to_string()).unwrap();
    let args = ["-q", "--count", "1", "--state", file.to_str().unwrap()];
    let ran = get(&server, &args);
    assert_eq!(ran.status, 0);
    let said = "esse: a header cannot hold the ID in the state file, so the stream begins anew\n";
    assert_eq!(ran.stderr, said);
    assert!(!server.request().contains("last-event-id"));
}
