//! Markdown tables with even columns.

use std::fmt;

/// A table. Its first columns hold names, the others numbers.
#[derive(Debug)]
pub struct Table {
    names: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with this head, whose first `names` columns are aligned to the left.
    pub fn new<H: Into<String>>(names: usize, head: impl IntoIterator<Item = H>) -> Self {
        let head = head.into_iter().map(Into::into).collect();
        Self {
            names,
            rows: vec![head],
        }
    }

    /// Adds a row.
    pub fn row(&mut self, name: impl Into<String>, cells: impl IntoIterator<Item = String>) {
        let row = std::iter::once(name.into()).chain(cells);
        self.rows.push(row.collect());
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        let widths = cells.map(|cell| cell.chars().count());
        widths.max().unwrap_or_default().max(2)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, row) in self.rows.iter().enumerate() {
            for (column, cell) in row.iter().enumerate() {
                let width = self.width(column);
                if column < self.names {
                    write!(f, "| {cell:<width$} ")?;
                } else {
                    write!(f, "| {cell:>width$} ")?;
                }
            }
            writeln!(f, "|")?;
            if number == 0 {
                for column in 0..row.len() {
                    let dashes = "-".repeat(self.width(column) + 1);
                    let end = if column < self.names { "-" } else { ":" };
                    write!(f, "|{dashes}{end}")?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_even() {
        let mut table = Table::new(1, ["parser", "1 B"]);
        table.row("esse", ["12.3".into()]);
        assert_eq!(
            table.to_string(),
            "| parser |  1 B |\n|--------|-----:|\n| esse   | 12.3 |\n"
        );
    }
}
