//! Under which addresses this machine can be reached from its network.

use std::net::IpAddr;

/// The addresses of the machine's network interfaces, loopback and link-local ones left out, IPv4 first.
/// Empty when the system does not tell.
pub(crate) fn addresses() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::debug!(%error, "the network interfaces cannot be listed");
        Vec::new()
    });
    let outside = interfaces.into_iter().filter(|interface| !interface.is_loopback() && !interface.is_link_local());
    let mut addresses: Vec<_> = outside.map(|interface| interface.ip()).collect();
    addresses.sort_unstable_by_key(IpAddr::is_ipv6);
    addresses.dedup();
    addresses
}
