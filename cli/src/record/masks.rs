//! Secrets, which a recording does not keep.

use esse_replay::MASK;

/// Headers and query parameters with these names are secret.
const SECRET: [&str; 13] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "api-key",
    "key",
    "api_key",
    "apikey",
    "token",
    "access_token",
    "signature",
    "sig",
];

/// Headers whose value is a URL, in which there may be secrets.
const URLS: [&str; 3] = ["location", "content-location", "referer"];

/// The names whose values are masked.
pub(super) struct Masks(Vec<String>);

impl Masks {
    /// Those that are always secret, and these.
    pub(super) fn with(more: &[String]) -> Self {
        let known = SECRET.iter().map(ToString::to_string);
        Self(known.chain(more.iter().cloned()).collect())
    }

    pub(super) const fn none() -> Self {
        Self(Vec::new())
    }

    fn hide(&self, name: &str) -> bool {
        self.0
            .iter()
            .any(|secret| secret.eq_ignore_ascii_case(name))
    }

    /// The value of a header, as it is recorded.
    pub(super) fn header(&self, name: &str, value: &[u8]) -> String {
        let value = String::from_utf8_lossy(value);
        if self.hide(name) {
            MASK.to_owned()
        } else if URLS.contains(&name) {
            self.url(&value)
        } else {
            value.into_owned()
        }
    }

    /// A URL, as it is recorded: without user and password, and without the values of secret
    /// parameters.
    pub(super) fn url(&self, url: &str) -> String {
        if self.0.is_empty() {
            return url.to_owned();
        }
        let (whole, fragment) = split(url, '#');
        let (address, query) = split(whole, '?');
        let address = without_user(address);
        address + &self.parameters(query) + &self.parameters(fragment)
    }

    /// Of a query, or of a fragment, in which OAuth returns tokens (RFC 6749, section 4.2.2).
    fn parameters(&self, text: &str) -> String {
        let parameters: Vec<_> = text.split('&').map(|one| self.parameter(one)).collect();
        parameters.join("&")
    }

    fn parameter(&self, parameter: &str) -> String {
        let name = parameter.split('=').next().unwrap_or_default();
        let bare = name.rsplit(['?', '#']).next().unwrap_or_default();
        let mut decoded = form_urlencoded::parse(bare.as_bytes());
        let is_secret = decoded.next().is_some_and(|(name, _)| self.hide(&name));
        if name.len() < parameter.len() && is_secret {
            format!("{name}={MASK}")
        } else {
            parameter.to_owned()
        }
    }
}

/// The text before the mark, and the rest from the mark on.
fn split(text: &str, mark: char) -> (&str, &str) {
    text.split_at(text.find(mark).unwrap_or(text.len()))
}

fn without_user(address: &str) -> String {
    let parts = address.split_once("://");
    let Some((scheme, rest)) = parts else {
        return address.to_owned();
    };
    let (authority, path) = split(rest, '/');
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{MASK}@{host}{path}"),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let masks = Masks::with(&["Session".to_owned()]);
        for (url, masked) in [
            ("https://a.b/c", "https://a.b/c"),
            ("https://a.b/c?d=e&f", "https://a.b/c?d=e&f"),
            ("https://a.b/?key=s&d=e#f", "https://a.b/?key=***&d=e#f"),
            (
                "https://a.b/?d=e&API_KEY=s=t",
                "https://a.b/?d=e&API_KEY=***",
            ),
            ("https://a.b?sig=s&token", "https://a.b?sig=***&token"),
            (
                "https://a.b/?session=s&keys=1",
                "https://a.b/?session=***&keys=1",
            ),
            ("http://u:p@a.b/c@d?e=@", "http://***@a.b/c@d?e=@"),
            ("/c?access_token=s", "/c?access_token=***"),
            ("/c?%6bey=s&api%5Fkey=s", "/c?%6bey=***&api%5Fkey=***"),
            ("/c#access_token=s&d=e", "/c#access_token=***&d=e"),
            ("/c?d#/e?f&token=s?t", "/c?d#/e?f&token=***"),
        ] {
            assert_eq!(masks.url(url), masked);
            assert_eq!(Masks::none().url(url), url);
        }
    }

    #[test]
    fn headers() {
        let masks = Masks::with(&["X-Session".to_owned()]);
        let names = SECRET.iter().chain(&["x-session"]);
        for name in names {
            assert_eq!(masks.header(name, b"s"), MASK, "{name}");
            assert_eq!(Masks::none().header(name, b"s"), "s", "{name}");
        }
        assert_eq!(
            masks.header("content-type", b"text/event-stream"),
            "text/event-stream"
        );
        assert_eq!(masks.header("location", b"/a?key=s"), "/a?key=***");
        assert_eq!(masks.header("x", b"\xff"), "\u{fffd}");
    }
}
