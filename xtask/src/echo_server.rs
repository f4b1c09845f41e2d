//! The echo server, from outside: whether one answers, and one of our own for the tests.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process;

/// Where the server listens unless told otherwise.
pub(crate) const DEFAULT_ADDRESS: &str = "127.0.0.1:9000";

/// Where it describes itself (a well-known URI, RFC 8615).
const DISCOVERY_PATH: &str = "/.well-known/duplex";

/// How long a server may take to begin.
const START_LIMIT: Duration = Duration::from_secs(15);

/// How long a server on this machine may take to answer one question.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// How often is asked while an answer is waited for.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// Who is at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occupant {
    /// Nobody takes connections.
    Nobody,
    /// An echo server.
    EchoServer,
    /// Something that is no echo server.
    Somebody,
}

/// Asks who is at an address.
pub(crate) fn occupant(address: &str) -> Occupant {
    let addresses = address.to_socket_addrs().map(Iterator::collect::<Vec<SocketAddr>>).unwrap_or_default();
    for address in &addresses {
        match TcpStream::connect_timeout(address, ANSWER_LIMIT) {
            Err(_) => {}
            Ok(stream) => {
                let is_ours = describes_itself(stream, address).unwrap_or(false);
                return if is_ours { Occupant::EchoServer } else { Occupant::Somebody };
            }
        }
    }
    Occupant::Nobody
}

/// Whether what is at the other end of a connection answers as an echo server does.
fn describes_itself(mut stream: TcpStream, address: &SocketAddr) -> std::io::Result<bool> {
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    stream.set_write_timeout(Some(ANSWER_LIMIT))?;
    write!(stream, "GET {DISCOVERY_PATH} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    // A description has some hundred bytes.
    match stream.take(64 * 1024).read_to_end(&mut answer) {
        Err(error) if answer.is_empty() || error.kind() != ErrorKind::WouldBlock => return Err(error),
        _ => {}
    }
    Ok(is_description(&String::from_utf8_lossy(&answer)))
}

/// Whether an HTTP response is a description of an echo server.
fn is_description(response: &str) -> bool {
    let status = response.split(' ').nth(1);
    let compact: String = response.chars().filter(|character| !character.is_whitespace()).collect();
    status == Some("200") && compact.contains(r#""software":"duplex""#)
}

/// Waits until an address is answered by an echo server, or no longer.
///
/// # Errors
///
/// The time limit passed, or `give_up` says why there is no use in waiting.
pub(crate) fn wait_until(
    address: &str,
    wanted: Occupant,
    limit: Duration,
    mut give_up: impl FnMut() -> Option<String>,
) -> Result<()> {
    let begin = Instant::now();
    while occupant(address) != wanted {
        if let Some(why) = give_up() {
            bail!("{why}");
        }
        if begin.elapsed() > limit {
            bail!("the state of {address} did not change within {} seconds", limit.as_secs());
        }
        thread::sleep(ASK_EVERY);
    }
    Ok(())
}

/// Starts a server that outlives this process and ends with another one, the process `owner`. Its
/// output goes to a file, so that no pipe of this process is held open.
///
/// # Errors
///
/// It did not begin to answer; the error ends with what it had to say.
pub(crate) fn start_beside(owner: u32, program: &Path, log: &Path) -> Result<()> {
    let file = File::create(log).with_context(|| format!("{} cannot be written", log.display()))?;
    let mut command = Command::new(program);
    command.args(["--listen", DEFAULT_ADDRESS, "--no-page", "--exit-with", &owner.to_string()]);
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    let line = process::line_of(&command);
    let mut child = command.spawn().with_context(|| format!("`{line}` could not be started"))?;
    wait_until(DEFAULT_ADDRESS, Occupant::EchoServer, START_LIMIT, || {
        let status = child.try_wait().ok().flatten()?;
        let said = std::fs::read_to_string(log).unwrap_or_default();
        Some(format!("`{line}` ended ({status}): {}", said.trim()))
    })
}

/// A server for tests, on a free port. It ends when this is dropped, and when this process ends.
pub(crate) struct EchoServer {
    child: Child,
    origin: String,
}

impl EchoServer {
    /// Starts it and waits for its address.
    ///
    /// # Errors
    ///
    /// It could not be started, ended, or named no address in time.
    pub(crate) fn start(program: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(["--listen", "127.0.0.1:0", "--no-page", "--exit-with", &std::process::id().to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let line = process::line_of(&command);
        let mut child = command.spawn().with_context(|| format!("`{line}` could not be started"))?;
        let output = child.stdout.take().context("a piped output is there to be taken")?;
        let mut server = Self { child, origin: String::new() };
        match origins_of(output).recv_timeout(START_LIMIT) {
            Ok(origin) => server.origin = origin,
            Err(_) => bail!("`{line}` did not print the address that it listens on"),
        }
        Ok(server)
    }

    /// Where it listens, as in `http://127.0.0.1:43210`.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }
}

impl Drop for EchoServer {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to end or to wait for.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Reads a server's output to its end, so that it never blocks on writing, and hands on the
/// origins that it prints.
fn origins_of(output: ChildStdout) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some(origin) = origin_in(&line) {
                // Only the first is waited for.
                drop(sender.send(origin.to_owned()));
            }
        }
    });
    receiver
}

/// The scheme, host and port of the first `http` URL in a line.
fn origin_in(line: &str) -> Option<&str> {
    let begin = line.find("http://")?;
    let url = &line[begin..];
    let authority = &url["http://".len()..];
    let end = authority.find(|character: char| !(character.is_ascii_alphanumeric() || ".:[]-".contains(character)));
    let length = "http://".len() + end.unwrap_or(authority.len());
    let origin = url[..length].trim_end_matches(['.', ':']);
    (origin.len() > "http://".len()).then_some(origin)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Takes one connection, reads the request's head, and answers with a text.
    fn answering(response: &'static str) -> (String, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("a bound socket has an address").to_string();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("the test connects");
            let mut head = String::new();
            let mut reader = BufReader::new(stream.try_clone().expect("a socket can be shared"));
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).expect("the head is text") > 0 {}
            stream.write_all(response.as_bytes()).expect("the test reads");
            head
        });
        (address, server)
    }

    #[test]
    fn knows_an_echo_server_by_its_description() {
        let response = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"software\": \"duplex\", \"version\": \"0.1.0\"}";
        let (address, server) = answering(response);
        assert_eq!(occupant(&address), Occupant::EchoServer);
        let head = server.join().expect("the server ends");
        assert!(head.starts_with("GET /.well-known/duplex HTTP/1.1\r\n"), "{head}");
    }

    #[test]
    fn takes_no_other_server_for_one() {
        for response in [
            "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n{\"software\":\"duplex\"}",
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<title>duplex</title>",
            "",
        ] {
            let (address, server) = answering(response);
            assert_eq!(occupant(&address), Occupant::Somebody, "{response}");
            server.join().expect("the server ends");
        }
    }

    #[test]
    fn a_free_port_has_nobody() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("a bound socket has an address").to_string();
        drop(listener);
        assert_eq!(occupant(&address), Occupant::Nobody);
    }

    #[test]
    fn waiting_ends_when_there_is_no_use_in_it() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("a bound socket has an address").to_string();
        drop(listener);
        let waited = wait_until(&address, Occupant::EchoServer, START_LIMIT, || Some("it is gone".to_owned()));
        assert_eq!(waited.expect_err("nobody answers").to_string(), "it is gone");
    }

    #[test]
    fn finds_the_origin_in_what_a_server_prints() {
        let lines = [
            ("Duplex is at http://127.0.0.1:43210/", "http://127.0.0.1:43210"),
            ("it listens on http://127.0.0.1:9000 (page: dist)", "http://127.0.0.1:9000"),
            ("see http://[::1]:9000.", "http://[::1]:9000"),
        ];
        for (line, origin) in lines {
            assert_eq!(origin_in(line), Some(origin), "{line}");
        }
        assert_eq!(origin_in("listening on 127.0.0.1:9000"), None);
    }
}
