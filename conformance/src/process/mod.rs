//! Programs under test, in processes of their own.
//!
//! The system's shell starts each, and whatever it does, it is ended with everything it started. A
//! [`Link`] is a conversation with such a program in JSON lines.

mod link;
mod shell;
mod tail;
mod wait;

pub use self::link::{Broken, Link};
pub(crate) use self::link::{LONGEST_LINE, PATIENCE};
#[cfg(unix)]
pub use self::shell::exit_with_all;
pub use self::shell::{is_no_command, kill, spawn};
pub use self::tail::Tail;
pub use self::wait::exit_status;
