//! Numbers with three significant digits.

/// `1234`, `123`, `12.3`, `1.23`, `0.123`.
pub(crate) fn significant(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.9995 => 2,
        size if size >= 0.099_95 => 3,
        size if size >= 0.009_995 => 4,
        _ => 5,
    };
    format!("{value:.decimals$}")
}

/// `2.34×`.
pub(crate) fn ratio(value: f64) -> String {
    format!("{}×", significant(value))
}

/// A size as a number to count with.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn float(size: usize) -> f64 {
    size as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_whatever_the_size() {
        let numbers = [12345.6, 99.96, 9.999, 1.0, 0.12345, 0.01234].map(significant);
        assert_eq!(numbers, ["12346", "100", "10.0", "1.00", "0.123", "0.0123"]);
        assert_eq!(ratio(2.0), "2.00×");
    }
}
