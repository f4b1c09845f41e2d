//! The command `duplex` as users start it.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use crate::harness::RawClient;

fn duplex() -> Command {
    Command::new(env!("CARGO_BIN_EXE_duplex"))
}

/// Runs it to its end, which must be a failure, and returns what it said.
fn refused(arguments: &[&str]) -> String {
    let Output { status, stderr, stdout } = duplex().args(arguments).output().expect("it starts");
    assert!(!status.success(), "{arguments:?}");
    assert!(stdout.is_empty(), "errors go to standard error");
    String::from_utf8(stderr).expect("it is text")
}

/// One that runs, and ends with the test.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut command = duplex();
        command.args(["--listen", "127.0.0.1:0", "--no-page"]).args(arguments).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says where it is");
        let address = line.trim_end().strip_prefix("Duplex is at http://").and_then(|rest| rest.strip_suffix('/'));
        Self { address: address.unwrap_or_else(|| panic!("{line}")).to_owned(), child }
    }

    fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return status;
            }
            assert!(Instant::now() < deadline, "it ends in time");
            std::thread::yield_now();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[tokio::test]
async fn says_where_it_is_and_answers_there() {
    let running = Running::start(&[]);
    let mut client = RawClient::connect(running.address.parse().expect("an address")).await;
    assert_eq!(client.echo("", b"hello").await.body, b"hello");
    let root = client.exchange("GET / HTTP/1.1\r\nHost: test\r\n\r\n", b"").await;
    assert!(root.problem(404).contains("--no-page"));
}

#[tokio::test]
async fn takes_its_limits_from_the_command_line() {
    let running = Running::start(&["--max-body", "1KiB"]);
    let mut client = RawClient::connect(running.address.parse().expect("an address")).await;
    assert_eq!(client.echo("", &[0; 1024]).await.status, 200);
    assert!(client.echo("", &[0; 1025]).await.problem(413).contains("1024 bytes"));
}

#[test]
fn a_port_in_use_is_told_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let said = refused(&["--listen", &address, "--no-page"]);
    assert!(said.contains(&address) && said.contains("already in use") && said.contains("--listen"), "{said}");
}

#[test]
fn a_missing_page_is_told_with_what_makes_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = refused(&["--listen", "127.0.0.1:0", "--page", folder.path().to_str().expect("text")]);
    assert!(said.contains("index.html") && said.contains("cargo xtask dist"), "{said}");
}

#[test]
fn wrong_options_are_told_with_what_would_be_right() {
    for (arguments, right) in [
        (&["--listen", "localhost"][..], "127.0.0.1:9000"),
        (&["--listen", "127.0.0.1:99999"], "127.0.0.1:9000"),
        (&["--max-body", "much"], "16MiB"),
        (&["--log", "loud"], "--log"),
        (&["--no-page", "--page", "dist"], "cannot be used with"),
        (&["--bogus"], "--help"),
        (&["9000"], "--help"),
    ] {
        let said = refused(arguments);
        assert!(said.contains(right), "{arguments:?}: {said}");
    }
}

#[test]
fn help_and_version_are_given() {
    let help = String::from_utf8(duplex().arg("--help").output().expect("it starts").stdout).expect("text");
    for option in ["--listen", "--page", "--no-page", "--max-body", "--max-message", "--log"] {
        assert!(help.contains(option), "{help}");
    }
    let version = duplex().arg("--version").output().expect("it starts").stdout;
    assert_eq!(String::from_utf8_lossy(&version).trim(), format!("duplex {}", env!("CARGO_PKG_VERSION")));
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_in_good_order() {
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let mut running = Running::start(&[]);
        let id = rustix::process::Pid::from_child(&running.child);
        rustix::process::kill_process(id, signal).expect("it runs");
        assert_eq!(running.ended().code(), Some(0));
    }
}

#[cfg(unix)]
#[test]
fn ends_with_the_process_that_it_is_told_to_watch() {
    let mut watched = Command::new("cat").stdin(Stdio::piped()).spawn().expect("there is cat");
    let mut running = Running::start(&["--exit-with", &watched.id().to_string()]);
    assert!(running.child.try_wait().expect("it is our child").is_none());
    drop(watched.stdin.take());
    watched.wait().expect("it is our child");
    assert_eq!(running.ended().code(), Some(0));
}
