//! `Decimal`: a reconnection time or a numeric ID as text, without an allocation.

const MAX_DIGITS: u8 = 20; // u64::MAX has twenty

#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal {
    digits: [u8; MAX_DIGITS as usize],
    start: u8,
}

impl Decimal {
    pub(crate) const fn new(mut value: u64) -> Self {
        let mut digits = [b'0'; MAX_DIGITS as usize];
        let mut start = MAX_DIGITS;
        loop {
            start -= 1;
            digits[start as usize] += (value % 10) as u8;
            value /= 10;
            if value == 0 {
                return Self { digits, start };
            }
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.digits[usize::from(self.start)..]
    }

    pub(crate) fn as_str(&self) -> &str {
        // Digits are ASCII, so the default is never used.
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn same_as_display() {
        let powers = (0..20).map(|n| 10_u64.pow(n));
        let around = powers.flat_map(|p| [p - 1, p, p + 1]);
        for value in around.chain([7, 1234, u64::MAX - 1, u64::MAX]) {
            assert_eq!(Decimal::new(value).as_str(), value.to_string());
        }
    }
}
