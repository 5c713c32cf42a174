//! Resolves the target of a redirect (Fetch, 4.4).

/// The target of a redirect.
pub(crate) enum Target {
    /// A path of the same origin.
    Here(String),
    /// The authority and path of another one.
    Other(String, String),
}

pub(crate) fn resolved(target: &str, authority: &str, path: &str) -> Target {
    if let Some(rest) = target.strip_prefix("http://") {
        let (other, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        return if other == authority {
            Target::Here(target.to_owned())
        } else {
            Target::Other(other.to_owned(), target.to_owned())
        };
    }
    if target.starts_with('/') {
        return Target::Here(target.to_owned());
    }
    let folder = path.rfind('/').map_or("/", |slash| &path[..=slash]);
    Target::Here(format!("{folder}{target}"))
}
