use std::fmt;

/// A Markdown table, its columns made even. The first holds names, the others numbers.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: impl IntoIterator<Item = String>) -> Self {
        Self {
            rows: vec![head.into_iter().collect()],
        }
    }

    pub(crate) fn row(&mut self, name: impl Into<String>, cells: impl IntoIterator<Item = String>) {
        let name = std::iter::once(name.into());
        self.rows.push(name.chain(cells).collect());
    }

    fn widths(&self) -> Vec<usize> {
        let width = |row: &Vec<String>, column: usize| {
            row.get(column).map_or(0, |cell| cell.chars().count())
        };
        (0..self.rows[0].len())
            .map(|column| self.rows.iter().map(|row| width(row, column)).max())
            .map(|widest| widest.unwrap_or(0).max(2))
            .collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        for (number, row) in self.rows.iter().enumerate() {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                match column {
                    0 => write!(f, "| {cell:<width$} ")?,
                    _ => write!(f, "| {cell:>width$} ")?,
                }
            }
            writeln!(f, "|")?;
            if number == 0 {
                write!(f, "|{}", "-".repeat(widths[0] + 2))?;
                let numbers = widths.iter().skip(1);
                numbers
                    .into_iter()
                    .try_for_each(|width| write!(f, "|{}:", "-".repeat(width + 1)))?;
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
        let mut table = Table::new(["parser".into(), "1 B".into()]);
        table.row("esse", ["12.3".into()]);
        assert_eq!(
            table.to_string(),
            "| parser |  1 B |\n|--------|-----:|\n| esse   | 12.3 |\n"
        );
    }
}
