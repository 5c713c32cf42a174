//! How long a server asks to wait: `Retry-After` (RFC 9110, 10.2.3), and `retry-after-ms`, which some
//! APIs send beside it.

use core::time::Duration;
use std::time::SystemTime;

use http::header::{HeaderMap, RETRY_AFTER};

/// The wait from now on; `None` if there is none, or nobody can read it.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let milliseconds = headers.get("retry-after-ms").and_then(|value| {
        let number = value.to_str().ok()?.trim().parse().ok()?;
        Duration::try_from_secs_f64(number).ok()?.checked_div(1000)
    });
    milliseconds.or_else(|| {
        let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
        }
        let date = httpdate::parse_http_date(value).ok()?;
        Some(date.duration_since(now).unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn after(name: &'static str, value: &'static str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        // Sun, 06 Nov 1994 08:49:37 GMT
        retry_after(
            &headers,
            SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777),
        )
    }

    #[test]
    fn seconds_dates_and_milliseconds() {
        let seconds = Duration::from_secs;
        for (name, value, expected) in [
            ("retry-after", "120", Some(seconds(120))),
            ("retry-after", "0", Some(seconds(0))),
            ("retry-after", " 7 ", Some(seconds(7))),
            (
                "retry-after",
                "99999999999999999999",
                Some(seconds(u64::MAX)),
            ),
            (
                "retry-after",
                "Sun, 06 Nov 1994 08:50:37 GMT",
                Some(seconds(60)),
            ),
            (
                "retry-after",
                "Sun, 06 Nov 1994 08:00:00 GMT",
                Some(seconds(0)),
            ),
            ("retry-after", "-1", None),
            ("retry-after", "soon", None),
            ("retry-after", "", None),
            ("retry-after-ms", "1500", Some(Duration::from_millis(1500))),
            ("retry-after-ms", "-1", None),
            ("retry-after-ms", "NaN", None),
        ] {
            assert_eq!(after(name, value), expected, "{name}: {value}");
        }
    }
}
