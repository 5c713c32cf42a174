//! Numbers as the tables show them, with three significant digits.

/// `1234`, `123`, `12.3`, `1.23`, `0.123`.
pub fn significant(value: f64) -> String {
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
pub fn ratio(value: f64) -> String {
    format!("{}×", significant(value))
}

/// A count, to calculate with.
#[allow(clippy::cast_precision_loss)]
pub fn float(count: impl TryInto<u64>) -> f64 {
    count.try_into().unwrap_or(u64::MAX) as f64
}

/// The value in the middle, or the mean of the two in the middle; NaN if there are none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        len if len % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
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
