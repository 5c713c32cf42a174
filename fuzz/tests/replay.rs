//! Every property on the seeds, and on the corpus and the regressions where there are any.

use std::path::{Path, PathBuf};
use std::{fs, io};

use esse_conformance::seeds::seeds;
use esse_fuzz::PROPERTIES;
use esse_fuzz::replay::replay;

/// Of each kind there are more seeds than this.
const SEEDS: usize = 250;

fn folder(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(kind)
}

fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let name =
        |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    fs::read_dir(folder)?.map(name).collect()
}

#[test]
fn the_properties_hold_for_the_seeds() {
    let seeds = seeds().unwrap();
    for property in PROPERTIES {
        let own = seeds.iter().filter(|seed| seed.kind == property.seeds);
        let run = own.map(|seed| (property.check)(&seed.bytes)).count();
        assert!(run > SEEDS, "{}: {run} seeds", property.name);
    }
}

#[test]
fn the_properties_hold_for_the_regressions() -> io::Result<()> {
    for name in names_in(&folder("regressions"))? {
        let property = PROPERTIES.iter().find(|property| property.name == name);
        let Some(property) = property else {
            assert_eq!(name, "README.md");
            continue;
        };
        let replayed = replay(&folder("regressions").join(name), property.check)?;
        assert!(replayed > 0, "{}", property.name);
    }
    Ok(())
}

#[test]
fn every_regression_has_its_sentence() -> io::Result<()> {
    let readme = fs::read_to_string(folder("regressions/README.md"))?;
    for property in PROPERTIES.map(|property| property.name) {
        let folder = folder("regressions").join(property);
        let names = if folder.is_dir() {
            names_in(&folder)?
        } else {
            Vec::new()
        };
        for name in names {
            assert!(readme.contains(&format!("`{property}/{name}`")), "{name}");
        }
    }
    Ok(())
}

/// What libFuzzer gathered here, if it has run here.
#[test]
fn the_properties_hold_for_the_corpus() -> io::Result<()> {
    for property in PROPERTIES {
        let folder = folder("corpus").join(property.name);
        if folder.is_dir() {
            let replayed = replay(&folder, property.check)?;
            println!("{}: {replayed} files", property.name);
        }
    }
    Ok(())
}
