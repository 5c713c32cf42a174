//! Runs all subjects in interleaved rounds, within a budget of time.

use std::time::{Duration, Instant};

/// How often each subject runs, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The most rounds.
    pub rounds: usize,
    /// The time for one subject and cell. Once it is used up, three rounds are enough.
    pub budget: Duration,
    /// A run that takes longer is given up.
    pub cap: Duration,
}

/// The time of a subject.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Time {
    /// Nanoseconds, the least of the rounds, which other load on the machine affects least.
    Least(f64),
    /// It was given up after this time.
    Over(Duration),
}

/// Something to measure: runs once, at most until the deadline, and returns the time it took.
pub(crate) type Run<'r> = Box<dyn FnMut(Instant) -> Duration + 'r>;

impl Time {
    pub(crate) fn nanoseconds(self) -> Option<f64> {
        match self {
            Self::Least(time) => Some(time),
            Self::Over(_) => None,
        }
    }
}

impl Plan {
    /// Runs all of them once, then again: round after round, so that other load on the machine
    /// affects all alike. The first round is a warm-up, and counts only if it used up the budget.
    pub(crate) fn measure(&self, runs: &mut [Run<'_>]) -> Vec<Time> {
        let warm: Vec<Duration> = runs.iter_mut().map(|run| self.run(run)).collect();
        let rounds: Vec<usize> = warm.iter().map(|time| self.rounds_for(*time)).collect();
        let mut times: Vec<Vec<Duration>> = vec![Vec::new(); runs.len()];
        for round in 0..self.rounds {
            for (subject, run) in runs.iter_mut().enumerate() {
                if round < rounds[subject] {
                    times[subject].push(self.run(run));
                }
            }
        }
        let times = times.into_iter().zip(warm);
        times.map(|(times, warm)| self.time(&times, warm)).collect()
    }

    fn run(&self, run: &mut Run<'_>) -> Duration {
        run(Instant::now() + self.cap)
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn rounds_for(&self, warm: Duration) -> usize {
        if warm > self.budget {
            return 0;
        }
        let fitting = self.budget.as_secs_f64() / warm.as_secs_f64().max(1e-9);
        (fitting as usize).max(3).min(self.rounds)
    }

    fn time(&self, times: &[Duration], warm: Duration) -> Time {
        let least = times.iter().min().copied().unwrap_or(warm);
        if least > self.cap {
            return Time::Over(self.cap);
        }
        Time::Least(least.as_secs_f64() * 1e9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Plan = Plan {
        rounds: 9,
        budget: Duration::from_millis(40),
        cap: Duration::from_secs(1),
    };

    fn measure(times: &[u64]) -> Vec<Time> {
        let run = |ms: u64| Box::new(move |_| Duration::from_millis(ms)) as Run<'_>;
        PLAN.measure(&mut times.iter().copied().map(run).collect::<Vec<_>>())
    }

    #[test]
    fn one_over_the_cap_is_given_up() {
        let times = measure(&[2, 500, 2000]);
        assert_eq!(times[0], Time::Least(2e6));
        assert_eq!(times[1], Time::Least(5e8));
        assert_eq!(times[2], Time::Over(PLAN.cap));
    }

    #[test]
    fn the_least_is_taken_without_the_warm_up() {
        let mut taken = [1, 9, 7, 3, 4]
            .map(Duration::from_millis)
            .into_iter()
            .cycle();
        let run = Box::new(|_| taken.next().unwrap_or_default()) as Run<'_>;
        let plan = Plan { rounds: 4, ..PLAN };
        assert_eq!(plan.measure(&mut [run]), [Time::Least(3e6)]);
    }

    #[test]
    fn rounds_fit_the_budget() {
        let rounds = [1, 10, 30, 41].map(|ms| PLAN.rounds_for(Duration::from_millis(ms)));
        assert_eq!(rounds, [9, 4, 3, 0]);
    }
}
