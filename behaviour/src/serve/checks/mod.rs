//! The checks, a file for each group.

mod bytes;
mod departure;
mod flush;
mod gap;
mod head;
mod injection;
mod keep_alive;
mod resume;
mod resumed;
mod shutdown;
mod slow;
mod unknown;

use super::check::Check;

const GROUPS: [&[Check]; 11] = [
    head::CHECKS,
    flush::CHECKS,
    bytes::CHECKS,
    injection::CHECKS,
    resume::CHECKS,
    unknown::CHECKS,
    gap::CHECKS,
    slow::CHECKS,
    departure::CHECKS,
    keep_alive::CHECKS,
    shutdown::CHECKS,
];

/// All checks, in the order of the groups.
pub fn checks() -> Vec<&'static Check> {
    GROUPS.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_id_names_one_check_and_begins_with_its_group() {
        let mut seen = BTreeSet::new();
        for check in checks() {
            assert!(seen.insert(check.id), "{} twice", check.id);
            let (group, name) = check.id.split_once('/').unwrap();
            let is_plain = |text: &str| {
                let mut bytes = text.bytes();
                bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            };
            assert!(is_plain(group) && is_plain(name), "{}", check.id);
            assert!(
                check.rule.ends_with('.') && !check.source.is_empty(),
                "{}",
                check.id
            );
        }
    }
}
