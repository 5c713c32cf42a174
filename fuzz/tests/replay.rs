//! Every property on the seeds, the regressions, and the corpus if there is one.

use std::path::{Path, PathBuf};
use std::{fs, io};

use esse_fuzz::PROPERTIES;
use esse_fuzz::replay::replay;
use esse_fuzz::seeds::seeds;

/// There are more seeds of each kind than this.
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
fn a_seed_is_a_stream_a_block_or_lines() {
    let seeds = seeds().unwrap();
    let read = |kind: &str, name: &str| {
        let mut of_kind = seeds.iter().filter(|seed| seed.kind == kind);
        let seed = of_kind.find(|seed| seed.name == name);
        seed.unwrap_or_else(|| panic!("{kind}/{name}"))
            .bytes
            .clone()
    };
    assert!(read("streams", "bom-then-lf").starts_with(b"\xEF\xBB\xBF\n"));
    assert_eq!(read("blocks", "encode-data-cr-at-end"), b"data: a\r\xFF");
    let lines = read("lines", "encode-data-cr-at-end");
    assert_eq!(lines.split(|byte| *byte == b'\n').count(), 3);
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
        if folder.is_dir() {
            for name in names_in(&folder)? {
                assert!(readme.contains(&format!("`{property}/{name}`")), "{name}");
            }
        }
    }
    Ok(())
}

/// The inputs that libFuzzer collected on this machine, if it has run.
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
