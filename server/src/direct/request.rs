//! A request from its head: what HTTP/1.1 and HTTP/1.0 allow, except what two readers could
//! understand in two ways.

use http::header::{CONTENT_LENGTH, HOST, HeaderMap, TRANSFER_ENCODING};
use http::uri::Authority;
use http::{HeaderName, HeaderValue, Method, Request, Uri, Version};

use super::bad_head::BadHead;

/// The request with this head, which may have at most this many fields.
pub(crate) fn request(head: &[u8], fields: usize) -> Result<Request<()>, BadHead> {
    let mut slots = vec![httparse::EMPTY_HEADER; fields];
    let mut parsed = httparse::Request::new(&mut slots);
    if let Err(error) = parsed.parse(head) {
        return Err(malformed(error, head, fields));
    }
    let (Some(method), Some(target)) = (parsed.method, parsed.path) else {
        return Err(BadHead::Malformed(httparse::Error::Token));
    };
    let mut request = Request::new(());
    *request.version_mut() = match parsed.version {
        Some(0) => Version::HTTP_10,
        _ => Version::HTTP_11,
    };
    *request.headers_mut() = headers(parsed.headers)?;
    check_host(&request)?;
    check_body(request.headers())?;
    *request.method_mut() = read_only(method)?;
    *request.uri_mut() = uri(target)?;
    Ok(request)
}

fn malformed(error: httparse::Error, head: &[u8], fields: usize) -> BadHead {
    match error {
        httparse::Error::TooManyHeaders => BadHead::TooManyFields { limit: fields },
        httparse::Error::Version if has_other_version(head) => BadHead::Version,
        other => BadHead::Malformed(other),
    }
}

/// Whether the request line has three words, the last of them `HTTP/` and a digit.
fn has_other_version(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| matches!(byte, b'\r' | b'\n'));
    let line = lines.find(|line| !line.is_empty()).unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ').skip(2);
    let number = words.next().and_then(|word| word.strip_prefix(b"HTTP/"));
    let is_version = number.is_some_and(|number| number.first().is_some_and(u8::is_ascii_digit));
    is_version && words.next().is_none()
}

fn headers(parsed: &[httparse::Header<'_>]) -> Result<HeaderMap, BadHead> {
    let mut headers = HeaderMap::with_capacity(parsed.len());
    for field in parsed {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| BadHead::Field)?;
        let value = HeaderValue::from_bytes(field.value).map_err(|_| BadHead::Field)?;
        headers
            .try_append(name, value)
            .map_err(|_| BadHead::Field)?;
    }
    Ok(headers)
}

/// RFC 9112, section 3.2: exactly one in HTTP/1.1, at most one in HTTP/1.0. It may be empty.
fn check_host(request: &Request<()>) -> Result<(), BadHead> {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if request.version() == Version::HTTP_10 => Ok(()),
        (None, _) => Err(BadHead::NoHost),
        (Some(host), None) if is_host(host.as_bytes()) => Ok(()),
        _ => Err(BadHead::Host),
    }
}

fn is_host(host: &[u8]) -> bool {
    host.is_empty() || (Authority::try_from(host).is_ok() && !host.contains(&b'@'))
}

/// RFC 9112, section 6: requests with a body are refused.
fn check_body(headers: &HeaderMap) -> Result<(), BadHead> {
    if headers.contains_key(TRANSFER_ENCODING) {
        return Err(BadHead::TransferEncoding);
    }
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    match (lengths.next(), lengths.next()) {
        (None, _) => Ok(()),
        (Some(length), None) => check_length(length.as_bytes()),
        _ => Err(BadHead::ContentLength),
    }
}

fn check_length(length: &[u8]) -> Result<(), BadHead> {
    if length.is_empty() || !length.iter().all(u8::is_ascii_digit) {
        return Err(BadHead::ContentLength);
    }
    if length.iter().any(|digit| *digit != b'0') {
        return Err(BadHead::Body);
    }
    Ok(())
}

fn read_only(method: &str) -> Result<Method, BadHead> {
    match method {
        "GET" => Ok(Method::GET),
        "HEAD" => Ok(Method::HEAD),
        _ => Err(BadHead::Method),
    }
}

/// RFC 9112, section 3.2: a path, or a whole URL as proxies send it. No fragment.
fn uri(target: &str) -> Result<Uri, BadHead> {
    let uri: Uri = target.parse().map_err(|_| BadHead::Target)?;
    let of_scheme = uri.scheme_str();
    let is_url = of_scheme.is_some_and(|scheme| scheme == "http" || scheme == "https");
    if target.contains('#') || !(target.starts_with('/') || is_url) {
        return Err(BadHead::Target);
    }
    Ok(uri)
}

#[cfg(test)]
mod tests;
