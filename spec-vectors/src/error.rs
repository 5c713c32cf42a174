//! `VectorError`: an embedded file that does not match its schema.

use std::fmt;

/// An embedded file that does not match its schema. This is a fault of this crate, never of the
/// caller.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VectorError {
    /// The path of the file in the crate.
    pub file: &'static str,
    /// The vector, if the fault is in one.
    pub id: Option<String>,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with a file of vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The file is not JSON, or does not match its schema.
    Json {
        /// The message of the JSON parser, with line and column.
        message: String,
    },
    /// A text is not pairs of hexadecimal digits.
    Hex {
        /// The text.
        digits: String,
    },
    /// A parse vector does not have exactly one of `input`, `inputHex` and `chunksHex`.
    Inputs {
        /// How many of them it has.
        given: usize,
    },
    /// Two files define the same flag differently.
    NoteDiffers {
        /// The flag.
        flag: String,
    },
}

impl fmt::Display for VectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        if let Some(id) = &self.id {
            write!(f, "{id}: ")?;
        }
        write!(f, "{}", self.reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { message } => f.write_str(message),
            Self::Hex { digits } => write!(f, "{digits:?} is not pairs of hexadecimal digits"),
            Self::Inputs { given } => {
                write!(
                    f,
                    "expected one of `input`, `inputHex`, `chunksHex`, but found {given}"
                )
            }
            Self::NoteDiffers { flag } => {
                write!(
                    f,
                    "the note for {flag} differs from the one in another file"
                )
            }
        }
    }
}

impl std::error::Error for VectorError {}

#[cfg(test)]
mod tests {
    use super::{Reason, VectorError};

    #[test]
    fn errors_name_file_vector_and_fault() {
        let digits = "fg".to_owned();
        let flag = "BomLineEnd".to_owned();
        for (id, reason, message) in [
            (
                Some("bom/x"),
                Reason::Hex { digits },
                "f: bom/x: \"fg\" is not pairs of hexadecimal digits",
            ),
            (
                None,
                Reason::NoteDiffers { flag },
                "f: the note for BomLineEnd differs from the one in another file",
            ),
        ] {
            let id = id.map(str::to_owned);
            let error = VectorError {
                file: "f",
                id,
                reason,
            };
            assert_eq!(error.to_string(), message);
        }
    }
}
