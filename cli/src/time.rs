//! A time with its unit, as an argument.

use std::str::FromStr;
use std::time::Duration;

/// A time with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) Duration);

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "use a number and a unit: 500ms, 30s, 10m or 2h".to_owned();
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let number: f64 = digits.parse().map_err(|_| wrong())?;
        let seconds = match &text[digits.len()..] {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        let time = Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())?;
        Ok(Self(time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("1.5m", 90_000),
            ("2h", 7_200_000),
        ] {
            assert_eq!(
                text.parse(),
                Ok(Time(Duration::from_millis(millis))),
                "{text}"
            );
        }
        for wrong in ["", "5", "s", "5 s", "-1s", "1d", "1e400s", "nans"] {
            assert!(wrong.parse::<Time>().is_err(), "{wrong}");
        }
    }
}
