//! How many connections there may be, in all and from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Lets connections in while there is room.
#[derive(Debug)]
pub(crate) struct Gate {
    in_all: usize,
    per_address: usize,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    count: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A place inside, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    gate: Arc<Gate>,
    address: IpAddr,
}

/// Why there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// So many are open in all.
    InAll(usize),
    /// So many are open from this address.
    Address(usize),
}

impl Gate {
    /// A gate for so many connections.
    pub(crate) fn new(in_all: usize, per_address: usize) -> Arc<Self> {
        Arc::new(Self { in_all, per_address, inside: Mutex::default() })
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a connection in.
    ///
    /// # Errors
    /// When there is no room.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Result<Place, Full> {
        let address = network_of(address);
        let mut inside = self.inside();
        if inside.count >= self.in_all {
            return Err(Full::InAll(self.in_all));
        }
        let of_address = inside.by_address.entry(address).or_default();
        if *of_address >= self.per_address {
            return Err(Full::Address(self.per_address));
        }
        *of_address += 1;
        inside.count += 1;
        Ok(Place { gate: Arc::clone(self), address })
    }
}

/// Whom an address belongs to: an IPv4 address is one's own, of an IPv6 address the network, of which everybody has
/// a whole one (RFC 6177).
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.gate.inside();
        inside.count -= 1;
        if let Some(count) = inside.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                inside.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn address(last: u8) -> IpAddr {
        Ipv4Addr::new(192, 0, 2, last).into()
    }

    #[test]
    fn there_is_room_for_so_many_in_all_and_from_one_address() {
        let gate = Gate::new(3, 2);
        let first = gate.enter(address(1)).expect("room");
        let _second = gate.enter(address(1)).expect("room");
        assert_eq!(gate.enter(address(1)).err(), Some(Full::Address(2)));
        let _third = gate.enter(address(2)).expect("room");
        assert_eq!(gate.enter(address(3)).err(), Some(Full::InAll(3)));
        drop(first);
        assert!(gate.enter(address(1)).is_ok());
    }

    #[test]
    fn an_address_is_the_same_in_both_its_forms_and_is_forgotten_with_its_last_connection() {
        let gate = Gate::new(10, 1);
        let place = gate.enter(address(1)).expect("room");
        let mapped = Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped().into();
        assert_eq!(gate.enter(mapped).err(), Some(Full::Address(1)));
        drop(place);
        assert!(gate.inside().by_address.is_empty());
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let gate = Gate::new(10, 1);
        let enter = |text: &str| gate.enter(text.parse().expect("an address"));
        let _place = enter("2001:db8::1").expect("room");
        assert!(enter("2001:db8::2:3").is_err());
        assert!(enter("2001:db8:0:1::1").is_ok());
    }
}
