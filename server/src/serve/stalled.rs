//! How a subscriber learns that its client took nothing for too long.
//!
//! A subscriber lies deep in the body of a response, in boxes of the application's framework. It
//! cannot be reached there, but it is dropped with the body, on the same thread.

use std::cell::Cell;

thread_local! {
    static DROPPING: Cell<bool> = const { Cell::new(false) };
}

/// Drops the body of a response whose client took nothing for too long.
pub(crate) fn drop_stalled<B>(body: B) {
    let _reset = Reset;
    DROPPING.set(true);
    drop(body);
}

/// Whether what is dropped now is dropped for that reason.
pub(crate) fn is_stalled() -> bool {
    DROPPING.get()
}

/// Also if the application panics while its body is dropped.
struct Reset;

impl Drop for Reset {
    fn drop(&mut self) {
        DROPPING.set(false);
    }
}
