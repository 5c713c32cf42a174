//! CORS preflight requests, which browsers send before a request that a page of another origin makes
//! with a body of JSON or a `Last-Event-ID`.
//!
//! Standard: Fetch, [CORS-preflight request](https://fetch.spec.whatwg.org/#cors-preflight-request).

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderName, HeaderValue, ORIGIN,
};
use http::{HeaderMap, Method};

/// What a request asks for, and the header that grants it.
const GRANTS: [(HeaderName, HeaderName); 2] = [
    (ACCESS_CONTROL_REQUEST_METHOD, ACCESS_CONTROL_ALLOW_METHODS),
    (ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_ALLOW_HEADERS),
];

/// The headers of the answer if this is a preflight request: whatever it asks for is granted, since
/// any page may read a recording.
pub(crate) fn granted(method: &Method, headers: &HeaderMap) -> Option<HeaderMap> {
    let is_preflight = method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    is_preflight.then(|| {
        let any = (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        let asked = GRANTS.into_iter();
        let granted = asked.filter_map(|(asked, grant)| Some((grant, headers.get(asked)?.clone())));
        granted.chain([any]).collect()
    })
}
