//! Writes the golden vectors to `fuzz/corpus/KIND/`, as seeds for the targets. `scripts/fuzz` runs it.

use std::error::Error;
use std::fs;
use std::path::Path;

use esse_fuzz::seeds::seeds;

fn main() -> Result<(), Box<dyn Error>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for seed in seeds()? {
        let folder = corpus.join(seed.kind);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(&seed.name), &seed.bytes)?;
    }
    Ok(())
}
