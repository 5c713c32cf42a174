//! What publishing costs, against the number of subscribers.

use std::io;

use super::{BYTES, KEEP, Plan, interleave, middle};
use crate::process::Session;
use crate::servers::Server;
use crate::table::{Table, count, float, median, number};

const SUBSCRIBERS: [usize; 5] = [1, 10, 100, 1000, 10_000];

/// Of one event, in microseconds: the call, its CPU, and until the last subscriber has it.
struct Figures {
    call: f64,
    cpu: f64,
    last: f64,
}

/// Prints the table.
pub(crate) fn publish(plan: &Plan) -> io::Result<()> {
    // Each round is a median by itself.
    let plan = &Plan {
        rounds: plan.rounds.min(2),
        ..plan.clone()
    };
    let mut table = Table::new(
        2,
        [
            "subscribers",
            "server",
            "call, µs",
            "its CPU, µs",
            "for each, ns",
            "to the last delivery, µs",
        ],
    );
    let most = plan.subscribers.iter().max().copied().unwrap_or_default();
    for subscribers in SUBSCRIBERS.into_iter().filter(|count| *count <= most) {
        for (server, figures) in interleave(plan, |server| run(server, subscribers))? {
            let cpu = middle(&figures, |one| one.cpu);
            table.row(&[
                count(subscribers),
                server.name().into(),
                number(middle(&figures, |one| one.call)),
                number(cpu),
                number(cpu * 1000.0 / float(subscribers as u64)),
                number(middle(&figures, |one| one.last)),
            ]);
        }
    }
    println!(
        "### Publishing\n\nOne event of {BYTES} bytes: the call that publishes it, and from its begin to the read of the subscriber that gets it last.\n\n{table}"
    );
    Ok(())
}

fn run(server: Server, subscribers: usize) -> io::Result<Figures> {
    let mut session = Session::start(server, KEEP)?;
    session.connect(subscribers, 0)?;
    let rounds = if subscribers > 1000 { 10 } else { 50 };
    let mut figures = Vec::new();
    for _ in 0..rounds {
        let published = session.publish(1, BYTES)?;
        let last = session.delivered()?;
        figures.push(Figures {
            call: float(published.took) / 1e3,
            cpu: float(published.cpu) / 1e3,
            last: float(last.saturating_sub(published.at)) / 1e3,
        });
    }
    let of = |figure: fn(&Figures) -> f64| median(figures.iter().map(figure).collect());
    Ok(Figures {
        call: of(|one| one.call),
        cpu: of(|one| one.cpu),
        last: of(|one| one.last),
    })
}
