//! What the command prints when the server is ready: where it is, and what that means.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::server::Server;
use crate::server::network;

/// The lines; the first one is always `Duplex is at http://…/`.
pub(super) fn lines(server: &Server) -> String {
    let plain = server.address();
    let mut lines = format!("Duplex is at http://{}/\n", at_home(plain));
    if let Some(secure) = server.tls_address() {
        line(&mut lines, format_args!("with TLS at https://{}/", at_home(secure)));
    }
    if !plain.ip().is_loopback() {
        beyond_this_machine(&mut lines, plain);
    }
    lines
}

fn line(lines: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _infallible = writeln!(lines, "  {text}");
}

/// An address at which this machine reaches it.
fn at_home(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    };
    SocketAddr::new(ip, address.port())
}

fn beyond_this_machine(lines: &mut String, address: SocketAddr) {
    let reachable = if address.ip().is_unspecified() { network::addresses() } else { vec![address.ip()] };
    // Those of the other family are not listened at, or not surely.
    for ip in reachable.into_iter().filter(|ip| ip.is_ipv4() || address.is_ipv6()) {
        line(lines, format_args!("others on the same network open http://{}/", SocketAddr::new(ip, address.port())));
    }
    line(
        lines,
        format_args!(
            "Every machine that reaches this one can use it: it echoes what they send, keeps a run's bytes in memory \
             for a while for those who know the run's id, and has no passwords. Ctrl-C ends it; --listen 127.0.0.1:{} \
             keeps it to this machine.",
            address.port()
        ),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::Config;

    async fn lines_of(listen: &str) -> String {
        let server = Server::bind(Config::new(listen.parse().expect("an address"))).await.expect("it starts");
        lines(&server)
    }

    #[tokio::test]
    async fn at_home_one_line_is_enough() {
        let lines = lines_of("127.0.0.1:0").await;
        assert!(lines.starts_with("Duplex is at http://127.0.0.1:"), "{lines}");
        assert_eq!(lines.lines().count(), 1, "{lines}");
    }

    #[tokio::test]
    async fn beyond_this_machine_it_says_what_that_means() {
        let lines = lines_of("0.0.0.0:0").await;
        assert!(lines.starts_with("Duplex is at http://127.0.0.1:"), "{lines}");
        assert!(lines.contains("Every machine that reaches this one"), "{lines}");
        for ip in network::addresses().into_iter().filter(IpAddr::is_ipv4) {
            assert!(lines.contains(&format!("http://{ip}:")), "{lines}");
        }
    }
}
