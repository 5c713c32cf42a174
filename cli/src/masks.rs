//! Secrets, which recordings, reports and messages do not keep.

use esse_replay::MASK;

/// A name whose last word is one of these is that of a secret.
const SECRET: [&str; 7] = ["auth", "jwt", "key", "passphrase", "passwd", "pwd", "sig"];

/// A name whose last word ends with one of these is that of a secret, too, such as `accesstoken`.
const SECRET_ENDS: [&str; 9] = [
    "apikey",
    "authorization",
    "cookie",
    "credential",
    "credentials",
    "password",
    "secret",
    "signature",
    "token",
];

/// After one of these words, a key or a token is not a secret.
const HARMLESS: [&str; 10] = [
    "cache",
    "continuation",
    "idempotency",
    "page",
    "partition",
    "primary",
    "public",
    "sort",
    "surrogate",
    "websocket",
];

/// Headers whose value is a URL, in which there may be secrets.
const URLS: [&str; 3] = ["location", "content-location", "referer"];

/// What is masked.
pub(crate) enum Masks<'a> {
    None,
    /// The values of secrets, and of these names.
    With(&'a [String]),
}

/// A URL as reports and messages show it.
pub(crate) fn url(url: &str) -> String {
    Masks::With(&[]).url(url)
}

impl Masks<'_> {
    fn hide(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::With(more) => {
                is_secret(name) || more.iter().any(|secret| secret.eq_ignore_ascii_case(name))
            }
        }
    }

    /// The value of a header, as it is recorded.
    pub(crate) fn header(&self, name: &str, value: &[u8]) -> String {
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
    pub(crate) fn url(&self, url: &str) -> String {
        if let Self::None = self {
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

fn is_secret(name: &str) -> bool {
    let words = words(name);
    let mut words = words.iter().rev();
    let Some(last) = words.next() else {
        return false;
    };
    let is_harmless = words.next().is_some_and(|word| HARMLESS.contains(&&**word));
    let ends_so = |end: &&str| last.ends_with(end);
    !is_harmless && (SECRET.contains(&&**last) || SECRET_ENDS.iter().any(ends_so))
}

/// The words of a name such as `x-api-key`, `api_key`, `apiKey` or `user[key]`, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for char in name.chars() {
        if !char.is_alphanumeric() || was_lower && char.is_uppercase() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (char.is_alphanumeric(), words.last_mut()) {
            word.extend(char.to_lowercase());
        }
        was_lower = char.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The text before the mark, and the rest from the mark on.
fn split(text: &str, mark: char) -> (&str, &str) {
    text.split_at(text.find(mark).unwrap_or(text.len()))
}

/// A relative URL may have a user, too: `//user@host/path`.
fn without_user(address: &str) -> String {
    let parts = address.split_once("//");
    let parts = parts.filter(|(scheme, _)| scheme.is_empty() || scheme.ends_with(':'));
    let Some((scheme, rest)) = parts else {
        return address.to_owned();
    };
    let (authority, path) = split(rest, '/');
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}//{MASK}@{host}{path}"),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let more = ["Session".to_owned()];
        let masks = Masks::With(&more);
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
            ("//u:p@a.b/?token=1", "//***@a.b/?token=***"),
            ("/c//u@d", "/c//u@d"),
            ("/c?access_token=s", "/c?access_token=***"),
            ("/c?%6bey=s&api%5Fkey=s", "/c?%6bey=***&api%5Fkey=***"),
            ("/c#access_token=s&d=e", "/c#access_token=***&d=e"),
            ("/c?d#/e?f&token=s?t", "/c?d#/e?f&token=***"),
        ] {
            assert_eq!(masks.url(url), masked);
            assert_eq!(Masks::None.url(url), url);
        }
    }

    #[test]
    fn headers() {
        let more = ["X-Session".to_owned()];
        let masks = Masks::With(&more);
        for name in ["authorization", "x-goog-api-key", "x-session"] {
            assert_eq!(masks.header(name, b"s"), MASK, "{name}");
            assert_eq!(Masks::None.header(name, b"s"), "s", "{name}");
        }
        assert_eq!(
            masks.header("content-type", b"text/event-stream"),
            "text/event-stream"
        );
        assert_eq!(masks.header("location", b"/a?key=s"), "/a?key=***");
        assert_eq!(masks.header("x", b"\xff"), "\u{fffd}");
    }

    #[test]
    fn a_secret_is_known_by_the_last_word_of_its_name() {
        for name in [
            "authorization",
            "proxy-authorization",
            "cookie",
            "set-cookie",
            "x-api-key",
            "api_key",
            "apiKey",
            "APIKEY",
            "key",
            "sig",
            "signature",
            "token",
            "access_token",
            "accesstoken",
            "x-goog-api-key",
            "openai-api-key",
            "x-auth-token",
            "x-amz-security-token",
            "password",
            "user[password]",
            "client_secret",
            "refresh_token",
            "X-Amz-Signature",
            "X-Amz-Credential",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "",
            "-",
            "max_tokens",
            "token_type",
            "keys",
            "monkey",
            "keyword",
            "idempotency-key",
            "nextPageToken",
            "sec-websocket-key",
            "www-authenticate",
            "content-type",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
