//! The attacks, and what is published beside them.

use std::time::Duration;

use crate::measure::BYTES;
use crate::protocol::{Attack, Client, Pace, micros};
use crate::request::topic;
use crate::servers::Limits;

/// The topic of the honest subscriber.
pub(super) const HONEST: &str = "head";
/// Data of the events that fill a history.
pub(super) const FILLING: usize = 64 * 1024;
/// How long an attack takes in a quick check.
pub(super) const SMOKE: Duration = Duration::from_millis(250);
/// How long slow clients may take in a quick check.
const SMOKE_PATIENCE: Duration = Duration::from_millis(500);
/// How many connections there may be, if one address takes all of them.
pub(super) const ALL: usize = 2000;
/// How many one address may have, if that is limited.
const OF_ONE_ADDRESS: usize = 100;
const TOPICS: usize = 4000;
/// As much as a hub keeps.
const KEPT: usize = 32 * 1024 * 1024;
const MIB: usize = 1024 * 1024;

/// How large the attacks are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Size {
    /// As in the table.
    Full(Duration),
    /// A tenth, with short time limits.
    Smoke,
}

/// An attack.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) attack: Attack,
    pub(super) limits: Limits,
    /// Events that are published beforehand.
    pub(super) filling: usize,
    pub(super) beside: Vec<Pace>,
    /// Whether a new subscriber gets in.
    pub(super) lets_in: bool,
    /// Whether to look for connections that are held.
    pub(super) is_held: bool,
}

impl Case {
    /// The attack, if the honest subscriber got this many events before.
    pub(super) fn attack(&self, events: usize) -> Attack {
        let client = match self.attack.client {
            Client::StallInReplay { .. } => Client::StallInReplay {
                newest: (events + self.filling) as u64,
            },
            other => other,
        };
        Attack {
            client,
            ..self.attack
        }
    }
}

impl Size {
    fn time(self) -> Duration {
        match self {
            Self::Full(time) => time,
            Self::Smoke => SMOKE,
        }
    }

    fn of(self, number: usize) -> usize {
        match self {
            Self::Full(_) => number,
            Self::Smoke => number / 10,
        }
    }

    /// How many there are with this many a second.
    fn in_time(self, each_second: u64) -> usize {
        let number = micros(self.time()) * each_second / 1_000_000;
        usize::try_from(number).unwrap_or(usize::MAX)
    }

    /// `connections` of them, spread over this share of the time.
    fn case(self, name: &'static str, client: Client, connections: usize, share: f64) -> Case {
        let connections = self.of(connections);
        let patience = match self {
            Self::Full(_) => None,
            Self::Smoke => Some(SMOKE_PATIENCE),
        };
        Case {
            name,
            attack: Attack {
                client,
                connections,
                every: micros(self.time().mul_f64(share)) / connections as u64,
            },
            limits: Limits {
                patience,
                ..Limits::default()
            },
            filling: 0,
            beside: Vec::new(),
            lets_in: true,
            is_held: false,
        }
    }

    /// Large events, one every `every` microseconds.
    fn beside(self, bytes: usize, every: u64) -> Vec<Pace> {
        vec![Pace::during(self.time(), "payload", every, bytes)]
    }
}

pub(super) fn cases(size: Size) -> Vec<Case> {
    let newest = 0;
    let topics = Pace {
        topics: (0..TOPICS).map(topic).collect(),
        ..Pace::of("", TOPICS, micros(size.time()) / TOPICS as u64, BYTES)
    };
    let one_address = size.case("one address takes all", Client::Hold, 3000, 0.6);
    vec![
        Case {
            filling: KEPT / FILLING,
            beside: size.beside(MIB, 25_000),
            is_held: true,
            // The last one comes before the last event, or it would not stall.
            ..size.case("staggered stalls", Client::Stall, 200, 0.9)
        },
        Case {
            filling: KEPT / FILLING,
            beside: size.beside(FILLING, 10_000),
            is_held: true,
            ..size.case(
                "stalls in replay",
                Client::StallInReplay { newest },
                500,
                0.8,
            )
        },
        Case {
            filling: KEPT / FILLING,
            ..size.case(
                "random last event IDs",
                Client::Resume,
                size.in_time(1000),
                1.0,
            )
        },
        Case {
            beside: vec![topics.clone()],
            ..size.case("no attack: 100 readers", Client::Read, 100, 0.5)
        },
        Case {
            beside: vec![topics],
            ..size.case(
                "the same, 4,000 topics each",
                Client::Topics(TOPICS),
                100,
                0.5,
            )
        },
        Case {
            is_held: true,
            ..size.case("slow heads", Client::SlowHead, 500, 0.2)
        },
        Case {
            is_held: true,
            ..size.case("head, a byte, FIN", Client::Finish, 1000, 0.2)
        },
        size.case(
            "5,000 connects a second",
            Client::Vanish,
            size.in_time(5000),
            1.0,
        ),
        Case {
            limits: Limits {
                connections: Some(size.of(ALL)),
                ..one_address.limits
            },
            lets_in: false,
            ..one_address
        },
        Case {
            limits: Limits {
                connections: Some(size.of(ALL)),
                per_address: Some(size.of(OF_ONE_ADDRESS)),
                ..Limits::default()
            },
            ..size.case("the same, 100 for each", Client::Hold, 3000, 0.6)
        },
    ]
}
