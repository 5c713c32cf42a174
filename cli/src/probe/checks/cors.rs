//! Whether pages of other origins may read the stream (Fetch, "CORS protocol").

use http::HeaderName;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN,
};

use crate::probe::exchange::Exchange;
use crate::probe::report::Report;

/// The origin that the probe says it is from.
pub(in crate::probe) const ORIGIN: &str = "https://probe.invalid";

/// `read` is the response to a GET with an `Origin`, `preflight` that to an OPTIONS that asks for
/// `Last-Event-ID`.
pub(in crate::probe) fn cors(
    read: &Exchange,
    preflight: Result<&Exchange, &String>,
    report: &mut Report,
) {
    let Some(origin) = read.header(ACCESS_CONTROL_ALLOW_ORIGIN) else {
        report.ok("cors", "only pages of its own origin can read the stream");
        return;
    };
    if origin != "*" && origin != ORIGIN {
        report.ok("cors", format!("pages of {origin} can read the stream"));
        return;
    }
    if origin == "*" && read.header(ACCESS_CONTROL_ALLOW_CREDENTIALS).is_some() {
        report.warning(
            "cors",
            "Access-Control-Allow-Credentials with the origin `*`: browsers refuse this",
            "name the origin, or leave out the credentials",
        );
        return;
    }
    let cure = "answer OPTIONS with 204 and Access-Control-Allow-Headers: Last-Event-ID";
    let seen = match preflight {
        Ok(preflight) if !preflight.status.is_success() => {
            format!("OPTIONS is answered with {}", preflight.status)
        }
        Ok(preflight) if preflight.header(ACCESS_CONTROL_ALLOW_ORIGIN).is_none() => {
            "OPTIONS is answered without Access-Control-Allow-Origin".to_owned()
        }
        Ok(preflight) if !allows(preflight, "last-event-id") => {
            "OPTIONS does not allow Last-Event-ID".to_owned()
        }
        Ok(_) => {
            return report.ok(
                "cors",
                "pages of every origin can read the stream, and resume",
            );
        }
        Err(why) => format!("OPTIONS is not answered: {why}"),
    };
    report.warning(
        "cors",
        format!("{seen}: pages of other origins that connect with fetch() cannot resume"),
        cure,
    );
}

fn allows(preflight: &Exchange, header: &str) -> bool {
    let name: HeaderName = ACCESS_CONTROL_ALLOW_HEADERS;
    let values = preflight.headers.get_all(name).iter();
    let mut names = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    names.any(|name| {
        let name = name.trim();
        name == "*" || name.eq_ignore_ascii_case(header)
    })
}
