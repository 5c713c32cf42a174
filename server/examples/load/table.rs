//! Markdown tables, and the numbers in them.

use std::fmt;

/// The first columns hold names, the others numbers.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    names: usize,
}

impl Table {
    pub(crate) fn new<'h>(names: usize, head: impl IntoIterator<Item = &'h str>) -> Self {
        Self {
            rows: vec![head.into_iter().map(str::to_owned).collect()],
            names,
        }
    }

    pub(crate) fn row(&mut self, cells: &[String]) {
        self.rows.push(cells.to_vec());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, row) in self.rows.iter().enumerate() {
            writeln!(f, "| {} |", row.join(" | "))?;
            if number == 0 {
                let lines = (0..row.len()).map(|at| if at < self.names { "---" } else { "---:" });
                writeln!(f, "|{}|", lines.collect::<Vec<_>>().join("|"))?;
            }
        }
        Ok(())
    }
}

/// Three significant digits: `12345`, `123`, `12.3`, `1.23`, `0.123`.
pub(crate) fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.9995 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

/// The number, bold where the goal is met.
pub(crate) fn against(value: f64, goal: f64) -> String {
    let text = number(value);
    if value <= goal {
        return format!("**{text}**");
    }
    text
}

/// The middle one; the mean of the middle two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let (Some(low), Some(high)) = (
        values.get(values.len().saturating_sub(1) / 2),
        values.get(values.len() / 2),
    ) else {
        return f64::NAN;
    };
    f64::midpoint(*low, *high)
}

/// A count as a number to reckon with.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

/// 1000 for ten hundred, 10,000 for ten thousand.
pub(crate) fn count(number: usize) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let (thousands, rest) = digits.split_at(digits.len() - 3);
    format!("{thousands},{rest}")
}
