//! Recordings among the inputs, and their errors in the words of this program.

use std::io::{self, BufReader, Cursor, Read};

use esse_replay::{Recording, RecordingError, RecordingReader};

use crate::input::Input;
use crate::stop::Stop;

/// What an input is.
pub(crate) enum Form {
    Recording(Box<RecordingReader<BufReader<Box<dyn Read>>>>, String),
    /// Anything else, with the bytes that were looked at.
    Bytes(Input),
}

/// Reads no more than is needed to see whether it is a recording.
pub(crate) fn form_of(mut input: Input) -> Result<Form, Stop> {
    const MARK: &[u8] = Recording::MARK;
    let mut start = Vec::new();
    while start.len() < MARK.len() && MARK.starts_with(&start) {
        let mut buffer = [0; MARK.len()];
        match input.reader.read(&mut buffer[start.len()..]) {
            Ok(0) => break,
            Ok(read) => {
                let from = start.len();
                start.extend_from_slice(&buffer[from..from + read]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Stop::file(&input.name, &error)),
        }
    }
    let is_recording = start == MARK;
    let name = input.name;
    let reader: Box<dyn Read> = Box::new(Cursor::new(start).chain(input.reader));
    if !is_recording {
        return Ok(Form::Bytes(Input { name, reader }));
    }
    let reader = RecordingReader::new(BufReader::new(reader));
    let reader = reader.map_err(|error| stop(&name, &error))?;
    Ok(Form::Recording(Box::new(reader), name))
}

/// What is wrong with the recording of this name.
pub(crate) fn stop(name: &str, error: &RecordingError) -> Stop {
    match error {
        RecordingError::Read(error) => Stop::file(name, error),
        RecordingError::Invalid { line, what } => Stop::BadInput(format!("{name}:{line}: {what}")),
        error => Stop::BadInput(format!("{name}: {error}")),
    }
}
