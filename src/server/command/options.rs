//! The options of the command, and the configuration that they amount to.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, ValueEnum};
use tracing_subscriber::filter::LevelFilter;

use super::{Process, process};
use crate::server::link;
use crate::server::{Certificate, Config, Page, TapLimits, Tls};
use crate::wire::{DEFAULT_ADDRESS, Link};

/// The port for TLS unless told otherwise.
const TLS_PORT: u16 = 9443;

/// The echo server of Duplex. It serves the page that makes HTTP and WebSocket visible, and gives
/// back whatever is sent to it over either, so that there is real traffic to look at.
///
/// Start it, then open the address that it prints in a browser. Press Ctrl-C to end it.
///
/// For a class: `duplex --listen 0.0.0.0:9000` prints the address that everybody on the same network
/// can open.
#[derive(Debug, Parser)]
#[command(name = "duplex", version)]
pub(super) struct Options {
    /// Where to listen. With 127.0.0.1 only this machine can use it; with 0.0.0.0 every machine that
    /// reaches this one can. Port 0 takes any free port.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = DEFAULT_ADDRESS, value_parser = address)]
    listen: SocketAddr,

    /// The folder with the built page; `cargo xtask dist` makes it. A program that has the page within
    /// itself uses that unless told otherwise.
    #[arg(long, value_name = "FOLDER")]
    page: Option<PathBuf>,

    /// Serve the echo endpoints alone, without the page.
    #[arg(long, conflicts_with = "page")]
    no_page: bool,

    #[command(flatten)]
    tls: TlsOptions,

    /// One more port behind an emulated link: its name, its round-trip time in ms, and perhaps how much
    /// that varies and how much it carries, as in mobile=100ms,20ms,1.5Mbit/s. May be given several times;
    /// without it there are cable=20ms, mobile=100ms and satellite=600ms.
    #[arg(long, value_name = "NAME=RTT[,JITTER][,RATE]", value_parser = link::parse, help_heading = "Emulated links")]
    link: Vec<Link>,

    /// Open no ports behind emulated links.
    #[arg(long, conflicts_with = "link", help_heading = "Emulated links")]
    no_links: bool,

    #[command(flatten)]
    limits: Limits,

    /// Let only pages of this origin use the endpoints, beside the server's own page, as in
    /// https://course.example. May be given several times; without it every page may.
    #[arg(long, value_name = "ORIGIN", value_parser = origin, help_heading = "Who may use it")]
    origin: Vec<String>,

    /// The server is behind a proxy (a TLS terminator, a hosting service): what it sees of connections is
    /// the proxy's, so it keeps and tells nothing of them.
    #[arg(long, help_heading = "Who may use it")]
    behind_proxy: bool,

    /// Agree to permessage-deflate (compression) on every WebSocket that offers it. Without this only
    /// those do whose address asks for it with deflate=1.
    #[arg(long)]
    deflate: bool,

    /// How much to tell on standard error: off, error, warn, info, debug or trace. What is sent and
    /// echoed is never told.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub(super) log: LevelFilter,

    /// How the log is written: for people, or as one JSON object a line for programs.
    #[arg(long, value_name = "FORM", value_enum, default_value_t = LogFormat::Text)]
    pub(super) log_format: LogFormat,

    /// End when the process with this id has ended, on Unix (for build tools).
    #[arg(long, value_name = "PID", value_parser = process)]
    pub(super) exit_with: Option<Process>,
}

/// How a log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "TLS (https and wss, with HTTP/2)")]
struct TlsOptions {
    /// Speak TLS too, with a certificate that is made at the start. A browser warns before it opens the
    /// page; good for a try at home.
    #[arg(long, conflicts_with_all = ["tls_cert", "tls_key"])]
    tls_self_signed: bool,

    /// Speak TLS too, with this certificate: a file in PEM, those that it was issued by included.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The certificate's private key: a file in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Where to listen for TLS; without it, at port 9443 of the address of --listen.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    tls_listen: Option<SocketAddr>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct Limits {
    /// The largest request body, in bytes or with a unit (KiB, MiB); a larger one gets a 413.
    #[arg(long, value_name = "SIZE", default_value = "16MiB", value_parser = size)]
    max_body: u64,

    /// The largest WebSocket message, in bytes or with a unit; a larger one gets a close 1009.
    #[arg(long, value_name = "SIZE", default_value = "16MiB", value_parser = size)]
    max_message: u64,

    /// Open connections in all; one more gets a 503.
    #[arg(long, value_name = "COUNT", default_value_t = 16_384)]
    max_connections: usize,

    /// Open connections from one address (a class behind one router has one); one more gets a 503.
    #[arg(long, value_name = "COUNT", default_value_t = 8_192)]
    max_per_address: usize,

    /// Seconds that a request's head may take; then the connection is closed.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    head_time: Duration,

    /// Seconds that a request's body may take, beside one second for each 8 KiB of it; then the request gets
    /// a 408.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    body_time: Duration,

    /// Seconds that a connection may be silent. Then one of HTTP is closed, and a WebSocket is sent a
    /// ping.
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    idle_time: Duration,

    /// Seconds that a WebSocket may take to answer the ping; then it is closed.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pong_time: Duration,

    /// How many raw bytes are kept in all, for those who ask for a run's transcript; 0 keeps none.
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = size)]
    tap: u64,

    /// How many raw bytes of one connection are kept.
    #[arg(long, value_name = "SIZE", default_value = "256KiB", value_parser = size)]
    tap_per_connection: u64,
}

impl Options {
    /// The configuration.
    pub(super) fn config(self) -> Config {
        let listen = self.listen;
        let limits = self.limits;
        let tap = TapLimits { per_connection: limits.tap_per_connection, in_all: limits.tap };
        let links = match self.link {
            _ if self.no_links => Vec::new(),
            none if none.is_empty() => link::defaults().to_vec(),
            some => some,
        };
        Config {
            page: page(self.page, self.no_page),
            tls: self.tls.settings(listen),
            links,
            max_body: limits.max_body,
            max_message: limits.max_message,
            max_connections: limits.max_connections,
            max_per_address: limits.max_per_address,
            head_time: limits.head_time,
            body_time: limits.body_time,
            idle_time: limits.idle_time,
            pong_time: limits.pong_time,
            tap: (tap.in_all > 0).then_some(tap),
            behind_proxy: self.behind_proxy,
            origins: self.origin,
            deflate: self.deflate,
            ..Config::new(listen)
        }
    }
}

#[cfg(feature = "embed-page")]
fn page(folder: Option<PathBuf>, no_page: bool) -> Page {
    match folder {
        _ if no_page => Page::None,
        Some(folder) => Page::Folder(folder),
        None => Page::Embedded,
    }
}

#[cfg(not(feature = "embed-page"))]
fn page(folder: Option<PathBuf>, no_page: bool) -> Page {
    if no_page { Page::None } else { Page::Folder(folder.unwrap_or_else(|| "dist".into())) }
}

impl TlsOptions {
    fn settings(self, listen: SocketAddr) -> Option<Tls> {
        let certificate = match (self.tls_cert, self.tls_key) {
            (Some(chain), Some(key)) => Certificate::Files { chain, key },
            _ if self.tls_self_signed => Certificate::SelfSigned,
            _ => return None,
        };
        Some(Tls { listen: self.tls_listen.unwrap_or(SocketAddr::new(listen.ip(), TLS_PORT)), certificate })
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("give an IP address and a port, such as {DEFAULT_ADDRESS} or [::1]:9000"))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| (0.001..=86_400.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "give a number of seconds, up to 86400".to_owned())
}

fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit: Option<u64> = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "k" | "kib" => Some(1 << 10),
        "m" | "mib" => Some(1 << 20),
        "g" | "gib" => Some(1 << 30),
        _ => None,
    };
    let count = digits.trim().parse().ok().zip(unit).and_then(|(count, unit): (u64, _)| count.checked_mul(unit));
    count.ok_or_else(|| "give a number of bytes, such as 65536, 64KiB or 16MiB".to_owned())
}

/// An origin as browsers send it (RFC 6454 §6.1): no path, not even a slash.
fn origin(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_origin = host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ', '*']));
    // Browsers leave out the port that a scheme has of itself.
    let text = text.strip_suffix(if text.starts_with("https") { ":443" } else { ":80" }).unwrap_or(text);
    let wrong = || "give an origin: a scheme, a host, and perhaps a port, such as https://course.example".to_owned();
    is_origin.then(|| text.to_ascii_lowercase()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn config(arguments: &[&str]) -> Config {
        let all = ["duplex"].iter().chain(arguments);
        Options::try_parse_from(all).expect("the arguments are right").config()
    }

    #[test]
    fn the_options_are_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn without_options_the_limits_are_those_of_the_library() {
        let (given, own) = (config(&[]), Config::new(([127, 0, 0, 1], 9000).into()));
        assert_eq!(given.listen, own.listen);
        assert_eq!((given.max_body, given.max_message, given.tap), (own.max_body, own.max_message, own.tap));
        assert_eq!((given.max_connections, given.max_per_address), (own.max_connections, own.max_per_address));
        let times = |config: &Config| [config.head_time, config.body_time, config.idle_time, config.pong_time];
        assert_eq!(times(&given), times(&own));
        assert_eq!(
            given.links.iter().map(|link| link.name.as_str()).collect::<Vec<_>>(),
            ["cable", "mobile", "satellite"]
        );
        assert_eq!(given.tls, None);
    }

    #[test]
    fn tls_is_spoken_beside_plain_http_at_a_port_of_its_own() {
        let tls = config(&["--listen", "0.0.0.0:80", "--tls-self-signed"]).tls.expect("TLS");
        assert_eq!((tls.listen.to_string(), tls.certificate), ("0.0.0.0:9443".to_owned(), Certificate::SelfSigned));
        let files =
            config(&["--tls-cert", "a.pem", "--tls-key", "b.pem", "--tls-listen", "[::1]:443"]).tls.expect("TLS");
        assert_eq!(files.listen.to_string(), "[::1]:443");
        assert!(Options::try_parse_from(["duplex", "--tls-cert", "a.pem"]).is_err(), "a key is missing");
    }

    #[test]
    fn sizes_are_read_with_and_without_units() {
        assert_eq!(size("65536"), Ok(65536));
        assert_eq!(size("16MiB"), Ok(16 << 20));
        assert_eq!(size("2 k"), Ok(2048));
        for wrong in ["", "MiB", "-1", "16MB", "1.5m", "99999999999g"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn origins_are_told_from_other_addresses() {
        assert_eq!(origin("https://Course.example/"), Ok("https://course.example".to_owned()));
        assert_eq!(origin("https://course.example:443"), Ok("https://course.example".to_owned()));
        assert_eq!(origin("http://127.0.0.1:8080"), Ok("http://127.0.0.1:8080".to_owned()));
        for wrong in ["", "*", "course.example", "https://", "https://a/b", "https://*.example", "ftp://a"] {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
    }
}
