//! The matrix: a row for each implementation and role, a cell for each section of the standard.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::read::{Failure, File, Probed, Subject, Vector};
use crate::Stop;

/// What is shown.
#[derive(Default)]
pub(super) struct Matrix {
    pub(super) parsers: Vec<Row>,
    pub(super) encoders: Vec<Row>,
    pub(super) probes: Vec<Probed>,
    pub(super) skipped: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// One implementation in one role.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) language: String,
    pub(super) version: String,
    pub(super) homepage: String,
    pub(super) cells: BTreeMap<String, Cell>,
}

/// One section of the standard.
#[derive(Default)]
pub(super) struct Cell {
    /// Vectors that were answered, rightly or wrongly.
    pub(super) asked: usize,
    pub(super) wrong: Vec<Wrong>,
    /// Vectors that were not answered in time, or not sent because the subject is too slow.
    pub(super) too_slow: usize,
}

/// A vector that failed.
pub(super) struct Wrong {
    pub(super) id: String,
    pub(super) reason: Option<String>,
    pub(super) failure: Failure,
}

impl Matrix {
    pub(super) fn read(files: &[PathBuf]) -> Result<Self, Stop> {
        let mut matrix = Self::default();
        for path in files {
            let bytes = fs::read(path).map_err(|error| Stop::file(path, error))?;
            let file = serde_json::from_slice(&bytes)
                .map_err(|error| Stop::file(path, format_args!("not a report: {error}")))?;
            matrix.add(file);
        }
        matrix.sort();
        Ok(matrix)
    }

    /// Adds what a file has.
    pub(super) fn add(&mut self, file: File) {
        self.probes.extend(file.probes);
        for mut subject in file.subjects {
            for vector in std::mem::take(&mut subject.vectors) {
                let rows = match vector.role.as_str() {
                    "encode" => &mut self.encoders,
                    _ => &mut self.parsers,
                };
                if vector.outcome != "skipped" {
                    let cells = &mut Row::of(&subject, rows).cells;
                    let section = section(&vector.spec).to_owned();
                    cells.entry(section).or_default().add(vector);
                }
            }
        }
    }

    /// The best first.
    pub(super) fn sort(&mut self) {
        for rows in [&mut self.parsers, &mut self.encoders] {
            rows.sort_by_key(|row| (row.wrong(), row.name.to_lowercase()));
        }
    }

    pub(super) fn probe(&self, row: &Row) -> Option<&Probed> {
        self.probes
            .iter()
            .find(|probe| probe.name == row.name && probe.language == row.language)
    }
}

impl Row {
    /// The row of an implementation, which is added if it is not there yet.
    fn of<'r>(subject: &Subject, rows: &'r mut Vec<Self>) -> &'r mut Self {
        let is_it = |row: &Self| row.name == subject.name && row.language == subject.language;
        let at = rows.iter().position(is_it).unwrap_or(rows.len());
        if at == rows.len() {
            rows.push(Self {
                name: subject.name.clone(),
                language: subject.language.clone(),
                version: subject.implementation_version.clone(),
                homepage: subject.homepage.clone(),
                cells: BTreeMap::new(),
            });
        }
        &mut rows[at]
    }

    /// The address that the name links to. A package URL (`pkg:npm/..`) is not an address.
    pub(super) fn link(&self) -> Option<&str> {
        let homepage = self.homepage.as_str();
        let is_link = homepage.starts_with("https://") || !homepage.contains(':');
        (is_link && !homepage.is_empty()).then_some(homepage)
    }

    pub(super) fn asked(&self) -> usize {
        self.cells.values().map(|cell| cell.asked).sum()
    }

    pub(super) fn wrong(&self) -> usize {
        self.all_wrong().count()
    }

    pub(super) fn right(&self) -> usize {
        self.asked() - self.wrong()
    }

    /// How many were right but late.
    pub(super) fn late(&self) -> usize {
        self.all_wrong().filter(|wrong| wrong.failure.late).count()
    }

    /// How many there was no answer for. They do not count as asked, so that no score depends on the
    /// speed of the machine.
    pub(super) fn too_slow(&self) -> usize {
        self.cells.values().map(|cell| cell.too_slow).sum()
    }

    /// How many ended the process, or were not answered in time.
    pub(super) fn lost(&self) -> usize {
        self.all_wrong().filter(|wrong| wrong.failure.lost).count()
    }

    pub(super) fn all_wrong(&self) -> impl Iterator<Item = &Wrong> {
        self.cells.values().flat_map(|cell| &cell.wrong)
    }

    /// Each reason with the number of vectors that fail for it, the most first.
    pub(super) fn reasons(&self) -> Vec<(&str, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for reason in self.all_wrong().flat_map(Wrong::reasons) {
            *counts.entry(reason).or_default() += 1;
        }
        let mut reasons: Vec<_> = counts.into_iter().collect();
        reasons.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
        reasons
    }
}

impl Cell {
    fn add(&mut self, vector: Vector) {
        match (vector.outcome.as_str(), vector.failure) {
            ("timedOut" | "slow" | "notRun", _) => self.too_slow += 1,
            (_, None) => self.asked += 1,
            (_, Some(failure)) => {
                self.asked += 1;
                self.wrong.push(Wrong {
                    id: vector.id,
                    reason: vector.reason,
                    failure,
                });
            }
        }
    }
}

impl Wrong {
    /// A file of known failures separates the reasons of one vector with semicolons.
    pub(super) fn reasons(&self) -> impl Iterator<Item = &str> {
        let unknown = if self.failure.lost {
            "the process ended, or its answer made no sense"
        } else {
            "not explained yet"
        };
        self.reason.as_deref().unwrap_or(unknown).split("; ")
    }
}

/// All sections of some rows.
pub(super) fn sections(rows: &[Row]) -> Vec<&str> {
    let mut sections: Vec<&str> = rows
        .iter()
        .flat_map(|row| row.cells.keys().map(String::as_str))
        .collect();
    sections.sort_unstable();
    sections.dedup();
    sections
}

/// The first two parts of a place in the standard.
fn section(spec: &str) -> &str {
    let end = spec.match_indices('/').nth(1);
    end.map_or(spec, |(at, _)| &spec[..at])
}
