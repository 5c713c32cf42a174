//! `parse`: bytes per second for each corpus and chunk size.

use crate::commands::{Options, header, sort_column, usual_chunks};
use crate::measure::{Cell, best_peer, column};
use crate::numbers::{float, ratio, significant};
use crate::peers::Kind;
use crate::rounds::Time;
use crate::table::Table;
use crate::{ChunkSize, Corpus, Sample, Verdict};

/// Measures and prints; with `summary`, one table of ratios alone.
pub fn run(options: &Options, summary: bool) {
    println!("{}", header());
    let sizes = options.chunks(&usual_chunks());
    let grids = options.corpora().into_iter();
    let grids = grids.map(|corpus| Grid::measure(corpus, &sizes, options));
    if summary {
        print_summary(&sizes, grids);
    } else {
        grids.for_each(|grid| grid.print());
    }
}

fn print_summary(sizes: &[ChunkSize], grids: impl Iterator<Item = Grid>) {
    let grids: Vec<Grid> = grids.collect();
    let mut table = table("corpus", sizes);
    for grid in &grids {
        table.row(
            grid.corpus.name(),
            grid.columns.iter().map(|cells| summary(cells)),
        );
    }
    println!(
        "The speed of `esse`, borrowed, over that of the fastest peer whose events are right."
    );
    println!("\n{table}");
    for grid in &grids {
        grid.print_differences();
    }
}

fn summary(cells: &[Cell]) -> String {
    match (ratio_to_best(cells, "esse"), best_peer(cells)) {
        (Some(ratio), Some(best)) => format!("{ratio} ({})", best.subject.name),
        _ => "–".into(),
    }
}

/// What was measured on one corpus.
struct Grid {
    corpus: Corpus,
    bytes: usize,
    events: usize,
    sizes: Vec<ChunkSize>,
    /// For each chunk size, all subjects in one order.
    columns: Vec<Vec<Cell>>,
}

impl Grid {
    fn measure(corpus: Corpus, sizes: &[ChunkSize], options: &Options) -> Self {
        let sample = corpus.sample(options.bytes());
        let mut grid = Self {
            corpus,
            bytes: sample.bytes.len(),
            events: sample.events.len(),
            sizes: sizes.to_vec(),
            columns: sizes
                .iter()
                .map(|size| measure(&sample, *size, options))
                .collect(),
        };
        grid.sort();
        grid
    }

    /// Esse as listed, peers by speed, then the limits.
    fn sort(&mut self) {
        let by = &self.columns[sort_column(&self.sizes)];
        let mut order: Vec<usize> = (0..by.len()).collect();
        order.sort_by(|a, b| {
            sort_key(&by[*a])
                .partial_cmp(&sort_key(&by[*b]))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        for cells in &mut self.columns {
            *cells = order.iter().map(|place| cells[*place].clone()).collect();
        }
    }

    fn print(&self) {
        let (mebibytes, each) = (float(self.bytes) / float(1 << 20), self.bytes / self.events);
        println!(
            "### {}: {} MiB, {} events of {each} bytes\n",
            self.corpus.name(),
            significant(mebibytes),
            self.events
        );
        println!("{}", self.speeds());
        if self.corpus == Corpus::Tiny {
            println!("Nanoseconds per event:\n\n{}", self.times_per_event());
        }
        self.print_differences();
    }

    fn speeds(&self) -> Table {
        let mut table = table("GB/s, by chunk size", &self.sizes);
        self.rows(&mut table, |time| significant(float(self.bytes) / time));
        for name in ["esse", "esse String", "esse Bytes"] {
            let ratios = self.columns.iter().map(|cells| ratio_to_best(cells, name));
            table.row(format!("{name} / best peer"), ratios.map(or_dash));
        }
        let ratios = self
            .columns
            .iter()
            .map(|cells| ratio_of(cells, "esse", "lines + utf8"));
        table.row("esse / (lines + utf8)", ratios.map(or_dash));
        table
    }

    fn times_per_event(&self) -> Table {
        let mut table = table("ns per event", &self.sizes);
        self.rows(&mut table, |time| significant(time / float(self.events)));
        table
    }

    fn rows(&self, table: &mut Table, show: impl Fn(f64) -> String) {
        for (place, cell) in self.columns[0].iter().enumerate() {
            let cells = self.columns.iter().map(|cells| shown(&cells[place], &show));
            table.row(cell.subject.name, cells);
        }
    }

    /// Prints the first difference of each peer. Stars in the table mark the others.
    fn print_differences(&self) {
        let mut shown = Vec::new();
        for (size, cells) in self.sizes.iter().zip(&self.columns) {
            for cell in cells {
                let name = cell.subject.name;
                if let Verdict::Differs(how) = &cell.verdict
                    && !shown.contains(&name)
                {
                    shown.push(name);
                    println!(
                        "\\* {name} on {}, chunks: {size}: {how}.\n",
                        self.corpus.name()
                    );
                }
            }
        }
    }
}

fn measure(sample: &Sample, size: ChunkSize, options: &Options) -> Vec<Cell> {
    let name = sample.corpus.map(Corpus::name).unwrap_or_default();
    eprintln!("{name}, chunks: {size}");
    column(&options.subjects(), sample, size, &options.plan())
}

fn table(first: &str, sizes: &[ChunkSize]) -> Table {
    let first = std::iter::once(first.to_owned());
    Table::new(1, first.chain(sizes.iter().map(ToString::to_string)))
}

fn sort_key(cell: &Cell) -> (u8, f64) {
    match cell.subject.kind {
        Kind::Esse => (0, 0.0),
        Kind::Peer => (1, cell.nanoseconds().unwrap_or(f64::MAX)),
        Kind::Limit => (2, 0.0),
    }
}

fn shown(cell: &Cell, show: impl Fn(f64) -> String) -> String {
    let number = match cell.time {
        Time::Median(time) => show(time),
        Time::Over(cap) => format!("> {} s", significant(cap.as_secs_f64())),
    };
    match cell.verdict {
        Verdict::Differs(_) => format!("{number}*"),
        Verdict::Exact | Verdict::Late => number,
    }
}

fn ratio_to_best(cells: &[Cell], name: &str) -> Option<String> {
    ratio_of(cells, name, best_peer(cells)?.subject.name)
}

/// How many times as fast the one is as the other.
fn ratio_of(cells: &[Cell], one: &str, other: &str) -> Option<String> {
    let time = |name| {
        let named = cells.iter().find(|cell| cell.subject.name == name);
        named.and_then(Cell::nanoseconds)
    };
    Some(ratio(time(other)? / time(one)?))
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "–".into())
}
