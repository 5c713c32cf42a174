//! Random streams through a browser and the parser. What differs is filed under the deviations that predict
//! it, or made as small as possible and shown as new.

use std::collections::BTreeMap;

use esse_behaviour::connect::event_types;
use esse_conformance::subject::{Builtin, Subject};
use esse_testkit::Random;

use super::describe::describe;
use super::hostile;
use super::model::Reading;
use super::probe::{Probe, Seen};
use super::session::{Session, Stopped};
use super::vectors::{LONG_PAUSE, PAUSE, pieces};
use super::verdict::{Verdict, judge};

/// Streams sent before the first are judged.
const AT_ONCE: usize = 2000;
/// Differences that are made small, in one run.
const SHRUNK: usize = 8;
/// Rounds of making one smaller.
const ROUNDS: usize = 64;

/// The results of random streams.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// How many streams browser and parser read in the same way.
    pub agree: usize,
    /// How many were read otherwise, by the deviations that predict it.
    pub deviate: BTreeMap<Vec<String>, usize>,
    /// How many were read otherwise, and nothing predicts it.
    pub unknown: usize,
    /// The first of these, made small.
    pub shown: Vec<String>,
}

/// Makes random streams and compares what the browser and the parser of this project make of them.
/// Calls `progress` with the number of streams that are done.
///
/// # Errors
/// If the browser ends, stands still, or takes too long.
///
/// ```no_run
/// use std::time::Duration;
/// use esse_matrix::certify::{Engine, Session, differ};
///
/// let mut session = Session::open(Engine::Firefox, None, Duration::from_secs(600))?;
/// let differences = differ(&mut session, 20_000, 1, &mut |_| {})?;
/// assert_eq!(differences.unknown, 0);
/// # Ok::<(), esse_matrix::certify::Stopped>(())
/// ```
pub fn differ(
    session: &mut Session,
    count: usize,
    seed: u64,
    progress: &mut dyn FnMut(usize),
) -> Result<Differences, Stopped> {
    let mut random = Random::new(seed);
    let mut differences = Differences::default();
    let mut before = 0;
    while before < count {
        let probes: Vec<Probe> = (0..AT_ONCE.min(count - before))
            .map(|_| random_probe(&mut random))
            .collect();
        let results = session.run(probes.clone(), &mut |done| progress(before + done))?;
        before += probes.len();
        for (probe, seen) in probes.into_iter().zip(results) {
            file(session, probe, &seen, &mut differences)?;
        }
    }
    Ok(differences)
}

fn random_probe(random: &mut Random) -> Probe {
    let (stream, cut) = hostile::stream(random);
    probe(pieces(&stream, &cut))
}

fn probe(chunks: Vec<Vec<u8>>) -> Probe {
    Probe {
        names: event_types(&chunks.concat()),
        chunks,
        pause: PAUSE,
        ..Probe::default()
    }
}

fn file(
    session: &mut Session,
    probe: Probe,
    seen: &Seen,
    differences: &mut Differences,
) -> Result<(), Stopped> {
    let mut verdict = verdict(seen, &probe, session);
    if is_new(&verdict) {
        // Pieces may have arrived as one.
        verdict = once_more(session, &probe)?.1;
    }
    match verdict {
        Verdict::Agrees => differences.agree += 1,
        Verdict::Deviates(quirks) => {
            let names = quirks.iter().map(ToString::to_string).collect();
            *differences.deviate.entry(names).or_default() += 1;
        }
        Verdict::Outdated(_) | Verdict::Unknown => {
            differences.unknown += 1;
            if differences.shown.len() < SHRUNK {
                differences.shown.push(smallest(session, probe)?);
            }
        }
    }
    Ok(())
}

fn verdict(seen: &Seen, probe: &Probe, session: &Session) -> Verdict {
    judge(seen, probe, &[right(probe)], session.profile())
}

/// What the parser makes of it.
fn right(probe: &Probe) -> Reading {
    let chunks: Vec<&[u8]> = probe.chunks.iter().map(Vec::as_slice).collect();
    match Builtin::new().parse(&chunks, None) {
        Ok(parsed) => Reading::of(parsed, &Reading::default()),
        // The built-in pair always answers.
        Err(_) => Reading::default(),
    }
}

fn is_new(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Outdated(_) | Verdict::Unknown)
}

fn once_more(session: &mut Session, probe: &Probe) -> Result<(Seen, Verdict), Stopped> {
    let probe = Probe {
        pause: LONG_PAUSE,
        ..probe.clone()
    };
    let seen = session.run(vec![probe.clone()], &mut |_| {})?;
    let seen = seen.into_iter().next().unwrap_or_default();
    let verdict = verdict(&seen, &probe, session);
    Ok((seen, verdict))
}

/// Leaves out ever smaller parts as long as the difference stays. All ways of a round go at once.
fn smallest(session: &mut Session, mut current: Probe) -> Result<String, Stopped> {
    let mut part = current.chunks.concat().len() / 2;
    for _ in 0..ROUNDS {
        let candidates = smaller(&current.chunks, part).into_iter().map(probe);
        let candidates: Vec<Probe> = candidates.collect();
        let seen = session.run(candidates.clone(), &mut |_| {})?;
        let differs = candidates
            .into_iter()
            .zip(&seen)
            .find(|(probe, seen)| is_new(&verdict(seen, probe, session)));
        match differs {
            Some((probe, _)) => current = probe,
            None if part <= 1 => break,
            None => part /= 2,
        }
        part = part.clamp(1, current.chunks.concat().len().max(1));
    }
    let (seen, verdict) = once_more(session, &current)?;
    let right = [right(&current)];
    let cut = format!("{} pieces", current.chunks.len());
    Ok(describe(
        &cut,
        &verdict,
        &seen,
        &current,
        &right,
        session.profile(),
    ))
}

/// The stream in one piece, and without each part of this length.
fn smaller(chunks: &[Vec<u8>], part: usize) -> Vec<Vec<Vec<u8>>> {
    let length: usize = chunks.iter().map(Vec::len).sum();
    let whole = (chunks.len() > 1).then(|| vec![chunks.concat()]);
    let starts = (0..length).step_by(part.max(1));
    let parts = starts.map(|start| without(chunks, start..(start + part.max(1)).min(length)));
    whole.into_iter().chain(parts).collect()
}

fn without(chunks: &[Vec<u8>], part: std::ops::Range<usize>) -> Vec<Vec<u8>> {
    let (mut at, mut chunks) = (0.., chunks.to_vec());
    for chunk in &mut chunks {
        chunk.retain(|_| !at.next().is_some_and(|at| part.contains(&at)));
    }
    chunks.retain(|chunk| !chunk.is_empty());
    chunks
}
