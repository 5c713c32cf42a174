//! How many connections there may be, in all and from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use http::StatusCode;

use crate::sync::Mutex;

/// How many connections over a limit are answered at the same time. Further ones are closed at once.
const REFUSED: usize = 64;

#[derive(Debug)]
pub(crate) struct Limits(Mutex<Open>);

#[derive(Debug)]
struct Open {
    total: usize,
    per_address: Option<usize>,
    served: usize,
    refused: usize,
    /// Those that are served, if there is a limit for each address.
    of_address: HashMap<IpAddr, usize>,
}

/// Counts a connection until it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    limits: Arc<Limits>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Served(Option<IpAddr>),
    Refused,
}

/// What becomes of a new connection.
#[derive(Debug)]
pub(crate) enum Admission {
    Serve(Permit),
    Refuse(Permit, StatusCode),
    Close,
}

impl Limits {
    pub(crate) fn new(total: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Open {
            total,
            per_address: None,
            served: 0,
            refused: 0,
            of_address: HashMap::new(),
        })))
    }

    pub(crate) fn set_total(&self, limit: usize) {
        self.0.lock().total = limit;
    }

    /// To be set before the first connection.
    pub(crate) fn set_per_address(&self, limit: usize) {
        self.0.lock().per_address = Some(limit);
    }

    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Admission {
        let mut open = self.0.lock();
        let limit = open.per_address;
        let address = limit.map(|limit| (network(address), limit));
        let status = match address {
            _ if open.served >= open.total => StatusCode::SERVICE_UNAVAILABLE,
            Some((address, limit)) if open.of(address) >= limit => StatusCode::TOO_MANY_REQUESTS,
            _ => {
                let address = address.map(|(address, _)| address);
                open.enter(address);
                return Admission::Serve(self.permit(Kind::Served(address)));
            }
        };
        if open.refused >= REFUSED {
            return Admission::Close;
        }
        open.refused += 1;
        Admission::Refuse(self.permit(Kind::Refused), status)
    }

    /// The connections that are open, including those being refused.
    pub(crate) fn open(&self) -> usize {
        let open = self.0.lock();
        open.served + open.refused
    }

    fn permit(self: &Arc<Self>, kind: Kind) -> Permit {
        let limits = Arc::clone(self);
        Permit { limits, kind }
    }
}

impl Open {
    fn of(&self, address: IpAddr) -> usize {
        self.of_address.get(&address).copied().unwrap_or(0)
    }

    fn enter(&mut self, address: Option<IpAddr>) {
        self.served += 1;
        if let Some(address) = address {
            *self.of_address.entry(address).or_default() += 1;
        }
    }

    fn leave(&mut self, kind: Kind) {
        let address = match kind {
            Kind::Refused => {
                self.refused -= 1;
                return;
            }
            Kind::Served(address) => address,
        };
        self.served -= 1;
        let Some(address) = address else { return };
        if let Some(count) = self.of_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.of_address.remove(&address);
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.limits.0.lock().leave(self.kind);
    }
}

/// One client usually has a whole IPv6 network of 64 bits, so that counts as one address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(limits: &Arc<Limits>, address: &str) -> Result<Permit, Option<StatusCode>> {
        match limits.admit(address.parse().unwrap()) {
            Admission::Serve(permit) => Ok(permit),
            Admission::Refuse(permit, status) => {
                std::mem::forget(permit);
                Err(Some(status))
            }
            Admission::Close => Err(None),
        }
    }

    #[test]
    fn an_address_has_its_own_limit() {
        let limits = Limits::new(4);
        limits.set_per_address(2);
        for [first, second] in [
            ["10.0.0.1", "::ffff:10.0.0.1"],
            ["2001:db8::1", "2001:db8::2:3:4"],
        ] {
            let permits = [first, second].map(|address| admitted(&limits, address).unwrap());
            let refused = admitted(&limits, first).unwrap_err();
            assert_eq!(refused, Some(StatusCode::TOO_MANY_REQUESTS));
            assert!(admitted(&limits, "2001:db8:0:1::1").is_ok());
            drop(permits);
            assert!(admitted(&limits, second).is_ok());
        }
        assert!(limits.0.lock().of_address.is_empty());
    }

    #[test]
    fn all_addresses_share_the_total() {
        let limits = Limits::new(1);
        let permit = admitted(&limits, "10.0.0.1").unwrap();
        for _ in 0..REFUSED {
            let refused = admitted(&limits, "10.0.0.2").unwrap_err();
            assert_eq!(refused, Some(StatusCode::SERVICE_UNAVAILABLE));
        }
        assert_eq!(admitted(&limits, "10.0.0.2").unwrap_err(), None);
        assert_eq!(limits.open(), 1 + REFUSED);
        drop(permit);
        assert!(admitted(&limits, "10.0.0.2").is_ok());
    }
}
