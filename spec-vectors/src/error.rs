//! What can be wrong with a file of vectors.

use std::fmt;

/// An embedded file that is not of the shape that its schema demands.
///
/// It says who is at fault: always this crate's data, never the caller.
///
/// ```
/// use esse_vectors::{Reason, VectorError};
///
/// let error = VectorError {
///     file: "parse/bom.json",
///     id: Some("bom/then-lf".to_owned()),
///     reason: Reason::Hex { digits: "fg".to_owned() },
/// };
/// assert_eq!(error.to_string(), "parse/bom.json: bom/then-lf: \"fg\" is not pairs of hexadecimal digits");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VectorError {
    /// The file, from the folder of the vectors.
    pub file: &'static str,
    /// The vector, where the fault lies in one.
    pub id: Option<String>,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with a file of vectors.
///
/// ```
/// use esse_vectors::Reason;
///
/// let reason = Reason::NoteDiffers { flag: "BomLineEnd".to_owned() };
/// assert_eq!(reason.to_string(), "the note for BomLineEnd differs from that of another file");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The file is not JSON, or not of the right shape.
    Json {
        /// What the JSON reader says, with line and column.
        message: String,
    },
    /// Text that should be pairs of hexadecimal digits is not.
    Hex {
        /// The text.
        digits: String,
    },
    /// A parse vector has none, or more than one, of `input`, `inputHex` and `chunksHex`.
    Inputs {
        /// How many it has.
        given: usize,
    },
    /// Two files define a flag, and not in the same words.
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
                    "{given} of input, inputHex and chunksHex are given, not one"
                )
            }
            Self::NoteDiffers { flag } => {
                write!(f, "the note for {flag} differs from that of another file")
            }
        }
    }
}

impl std::error::Error for VectorError {}
