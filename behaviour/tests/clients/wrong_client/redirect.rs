//! Resolves the target of a redirect (Fetch, 4.4).

/// The target of a redirect.
pub(crate) enum Target {
    /// A path of the same origin.
    Here(String),
    /// The authority and path of another one.
    Other(String, String),
    /// Not a URL, or not one of HTTP.
    Unusable,
}

pub(crate) fn resolved(target: &str, authority: &str, path: &str) -> Target {
    if let Some(rest) = target.strip_prefix("http://") {
        let (other, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        // An IPv6 address that has no end.
        if other.contains('[') && !other.contains(']') {
            return Target::Unusable;
        }
        return if other == authority {
            Target::Here(target.to_owned())
        } else {
            Target::Other(other.to_owned(), target.to_owned())
        };
    }
    if target.starts_with('/') {
        return Target::Here(target.to_owned());
    }
    let scheme = target.split_once(':');
    if scheme.is_some_and(|(scheme, _)| scheme.chars().all(char::is_alphanumeric)) {
        return Target::Unusable;
    }
    let folder = path.rfind('/').map_or("/", |slash| &path[..=slash]);
    Target::Here(format!("{folder}{target}"))
}
