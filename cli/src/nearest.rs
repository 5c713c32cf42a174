//! Suggestions for an ID that does not exist.

/// How many IDs to suggest.
const SUGGESTED: usize = 3;

/// Names the IDs that are the fewest edits away from one that does not exist.
pub(crate) fn nearest<'i>(wrong: &str, ids: impl IntoIterator<Item = &'i str>) -> String {
    let mut ids: Vec<&str> = ids.into_iter().collect();
    ids.sort_by_cached_key(|id| strsim::osa_distance(wrong, id));
    ids.truncate(SUGGESTED);
    format!("the nearest are {}", ids.join(", "))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_pen_finds_what_was_meant() {
        let vectors = esse_vectors::parse_vectors().unwrap();
        for (wrong, right) in [
            ("bom/twic", "bom/twice"),
            ("bom/thenlf", "bom/then-lf"),
            ("nul/id-frist", "nul/id-first"),
        ] {
            let near = nearest(wrong, vectors.iter().map(|vector| vector.id.as_str()));
            assert!(
                near.starts_with(&format!("the nearest are {right}")),
                "{near}"
            );
        }
    }
}
