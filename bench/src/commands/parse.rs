//! `parse`: the speed of the parsers for each corpus and chunk size, and the ratios between them.

use bytes::Bytes;

use crate::commands::{Options, header, sort_column};
use crate::grid::{Comparison, Grid, Other};
use crate::numbers::{float, significant};
use crate::peers::{Kind, SUBJECTS, Subject};
use crate::table::Table;
use crate::{Corpus, Input, Sample};

/// Measures and prints; with `summary`, only the ratios, one table for each of them.
pub fn run(options: &Options, summary: bool, per_event: bool) {
    println!("{}", header("esse-bench"));
    let (sizes, subjects) = (options.chunks(), options.subjects());
    let comparisons = comparisons(&subjects);
    let mut grids = Vec::new();
    for corpus in options.corpora() {
        eprintln!("{}", corpus.name());
        let sample = corpus.sample(options.bytes());
        let mut grid = Grid::of_parsers(&subjects, &sample, &sizes, &options.plan());
        if !summary {
            print_title(corpus, &sample);
            println!(
                "{}",
                speeds(&mut grid, &sample, sort_column(&sizes), per_event)
            );
            println!("{}", grid.ratios(&comparisons));
            grid.print_differences("chunks: ");
        }
        grids.push((corpus.name(), grid));
    }
    if summary {
        for comparison in &comparisons {
            println!("### {comparison}\n\n{}", table(comparison, &grids));
        }
    }
}

/// Each way to use esse with the best peer that gets chunks of the same type, then of any type.
fn comparisons(subjects: &[Subject]) -> Vec<Comparison> {
    let mut comparisons = Vec::new();
    for subject in subjects {
        if subject.kind != Kind::Esse || subject.is_reference() {
            continue;
        }
        let mut compare = |other| {
            comparisons.push(Comparison {
                row: subject.row(),
                other,
            });
        };
        compare(Other::BestPeer(Some(subject.input)));
        compare(Other::BestPeer(None));
        if subject.input == Bytes::NAME {
            compare(Other::Row("esse String of Bytes".into()));
        } else if subject.name == SUBJECTS[0].name {
            compare(Other::Row("lines + utf8".into()));
        }
    }
    comparisons
}

fn print_title(corpus: Corpus, sample: &Sample) {
    let (bytes, events) = (sample.bytes.len(), sample.events.len());
    println!(
        "### {}: {} MiB, {events} events of {} bytes\n",
        corpus.name(),
        significant(float(bytes) / float(1 << 20)),
        bytes / events
    );
}

fn speeds(grid: &mut Grid, sample: &Sample, by: usize, per_event: bool) -> Table {
    if !per_event {
        return grid.table("GB/s, by chunk", by, |time| significant(1.0 / time));
    }
    for column in &mut grid.columns {
        column.units = float(sample.events.len());
    }
    grid.table("ns per event, by chunk", by, significant)
}

/// One ratio for all corpora.
fn table(comparison: &Comparison, grids: &[(String, Grid)]) -> Table {
    let titles = grids.first().map(|(_, grid)| {
        grid.columns_with_ratios()
            .map(|column| column.title.clone())
    });
    let head = ["corpus".to_owned()].into_iter();
    let mut table = Table::new(1, head.chain(titles.into_iter().flatten()));
    for (corpus, grid) in grids {
        let cells = grid
            .columns_with_ratios()
            .map(|column| grid.ratio(column, comparison));
        table.row(corpus, cells);
    }
    table
}
