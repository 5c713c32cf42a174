//! What differs between browsers and other platforms: threads, the time of day and random numbers.

pub use self::this::MaybeSend;
pub(super) use self::this::{DECODES_BODIES, seed, time_of_day};

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
mod this {
    use core::hash::{BuildHasher, Hasher};
    use std::hash::RandomState;
    use std::time::SystemTime;

    /// Whether a `Content-Encoding` says nothing of the body that arrives.
    pub(crate) const DECODES_BODIES: bool = false;

    /// `Send`, except in browsers, whose promises stay in one thread.
    pub trait MaybeSend: Send {}

    impl<T: Send + ?Sized> MaybeSend for T {}

    /// Different for each client, since the standard library seeds its hashers so.
    pub(crate) fn seed() -> u64 {
        RandomState::new().build_hasher().finish()
    }

    /// What the dates in headers are compared with.
    pub(crate) fn time_of_day() -> SystemTime {
        SystemTime::now()
    }
}

// The standard library has constant seeds here, and panics if it is asked for the time.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod this {
    use std::time::SystemTime;

    use web_time::web::SystemTimeExt;

    /// Browsers decode bodies and keep the header.
    pub(crate) const DECODES_BODIES: bool = true;

    /// `Send`, except in browsers, whose promises stay in one thread.
    pub trait MaybeSend {}

    impl<T: ?Sized> MaybeSend for T {}

    pub(crate) fn seed() -> u64 {
        js_sys::Math::random().to_bits()
    }

    pub(crate) fn time_of_day() -> SystemTime {
        web_time::SystemTime::now().to_std()
    }
}
