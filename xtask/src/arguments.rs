//! The words after `cargo xtask`, made into a [`Command`].

use std::fmt;

/// What `--help` says.
pub(crate) const HELP: &str = "\
Usage: cargo xtask <command>

  setup                      install what is missing: the wasm target, trunk, wasm-bindgen,
                             wasm-opt, and for the tests Chromium with its driver
  serve [--no-open] [...]    build the page, then serve it and the echo endpoints at
                             http://127.0.0.1:9000; other options go to the server,
                             for example --listen 127.0.0.1:9001
  dev [...]                  trunk serve at http://127.0.0.1:8080, with an echo server beside it;
                             rebuilds on change; other options go to trunk, for example --open
  test [lints] [native] [browser] [end-to-end]
                             every check, or the layers named; ends with a line of counts
  bench [round_trip] [echo_throughput] [idle_load] [--...]
                             the benchmarks, or those named: the built page in a browser, the server
                             beside others; options go to them; idle_load, the server with thousands of
                             idle connections and with attackers, takes minutes and is only run if named
  dist [--server URL]...     make the folder `dist` for a static host; URL is the origin of an echo
                             server that the page there asks
  record                     make the recorded runs that come with the page anew
  binary                     make one file that is the server with the page in it; copying it to a
                             machine of the same kind is the whole deployment

Each command first installs what it needs and does not find.
";

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Print [`HELP`].
    Help,
    /// Install every tool that is missing.
    Setup,
    /// Build the page and serve it together with the echo endpoints.
    Serve {
        /// Whether a browser is opened on the page.
        open: bool,
        /// Arguments for the server.
        server: Vec<String>,
    },
    /// Serve the page while it is worked on.
    Dev {
        /// Arguments for `trunk serve`.
        trunk: Vec<String>,
    },
    /// Run checks.
    Test {
        /// Which ones, in the order of [`Layer::ALL`]; never empty.
        layers: Vec<Layer>,
    },
    /// Run the benchmarks.
    Bench {
        /// Names of benchmarks, then options for them.
        bench: Vec<String>,
    },
    /// Make the folder for a static host.
    Dist {
        /// Origins of the echo servers that the page asks there.
        servers: Vec<String>,
    },
    /// Make the recorded runs anew.
    Record,
    /// Make one file that is the server with the page in it.
    Binary,
    /// What trunk calls before each build (see `Trunk.toml`); not for people.
    TrunkHook,
    /// What `serve` leaves behind to open a browser; not for people.
    OpenWhenReady {
        /// Host and port of the server that is waited for.
        address: String,
    },
}

/// A layer of checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// Format, clippy, documentation.
    Lints,
    /// Tests on the host.
    Native,
    /// Tests compiled to WebAssembly, in a browser.
    Browser,
    /// The built page, driven in a browser, against the real server.
    EndToEnd,
}

impl Layer {
    /// Quick ones first.
    pub(crate) const ALL: [Self; 4] = [Self::Lints, Self::Native, Self::Browser, Self::EndToEnd];

    /// The word for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Lints => "lints",
            Self::Native => "native",
            Self::Browser => "browser",
            Self::EndToEnd => "end-to-end",
        }
    }
}

/// Why words are no command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Misuse {
    /// There are none.
    NoCommand,
    /// The first word names no command.
    UnknownCommand(String),
    /// A word that the command does not take.
    Unexpected {
        /// The command.
        command: &'static str,
        /// The word.
        word: String,
    },
    /// A command that wants a further word.
    Incomplete(&'static str),
    /// What stands for a server's origin, and is none.
    NoOrigin(String),
}

impl fmt::Display for Misuse {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCommand => write!(out, "a command is missing"),
            Self::UnknownCommand(word) => write!(out, "there is no command “{word}”"),
            Self::Unexpected { command, word } => write!(out, "`{command}` does not take “{word}”"),
            Self::Incomplete(command) => write!(out, "`{command}` wants a further word"),
            Self::NoOrigin(word) => {
                write!(out, "a server is named by its origin, like https://echo.example.org, not “{word}”")
            }
        }
    }
}

impl Command {
    /// Reads the words after `cargo xtask`.
    ///
    /// # Errors
    ///
    /// A sentence's worth of what was wrong with them.
    pub(crate) fn parse(words: &[String]) -> Result<Self, Misuse> {
        let (first, rest) = words.split_first().ok_or(Misuse::NoCommand)?;
        if is_help(first) || rest.first().is_some_and(|word| is_help(word)) {
            return Ok(Self::Help);
        }
        match first.as_str() {
            "help" => Ok(Self::Help),
            "setup" => nothing_more("setup", rest, Self::Setup),
            "serve" => Ok(Self::Serve {
                open: !rest.iter().any(|word| word == "--no-open"),
                server: rest.iter().filter(|word| *word != "--no-open").cloned().collect(),
            }),
            "dev" => Ok(Self::Dev { trunk: rest.to_vec() }),
            "test" => parse_layers(rest).map(|layers| Self::Test { layers }),
            "bench" => Ok(Self::Bench { bench: rest.to_vec() }),
            "dist" => parse_servers(rest).map(|servers| Self::Dist { servers }),
            "record" => nothing_more("record", rest, Self::Record),
            "binary" => nothing_more("binary", rest, Self::Binary),
            "trunk-hook" => nothing_more("trunk-hook", rest, Self::TrunkHook),
            "open-when-ready" => {
                let (address, rest) = rest.split_first().ok_or(Misuse::Incomplete("open-when-ready"))?;
                let command = Self::OpenWhenReady { address: address.clone() };
                nothing_more("open-when-ready", rest, command)
            }
            _ => Err(Misuse::UnknownCommand(first.clone())),
        }
    }
}

fn is_help(word: &str) -> bool {
    word == "--help" || word == "-h"
}

fn nothing_more(command: &'static str, rest: &[String], then: Command) -> Result<Command, Misuse> {
    match rest.first() {
        None => Ok(then),
        Some(word) => Err(Misuse::Unexpected { command, word: word.clone() }),
    }
}

/// A host, with a port or without (RFC 3986 §3.2).
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        // A colon within brackets is of an IPv6 address.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let name = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = match name {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)),
    };
    is_host && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

fn parse_servers(words: &[String]) -> Result<Vec<String>, Misuse> {
    let mut servers = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word != "--server" {
            return Err(Misuse::Unexpected { command: "dist", word: word.clone() });
        }
        let origin = words.next().ok_or(Misuse::Incomplete("dist --server"))?;
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        // It goes into a file as it is.
        if !host.is_some_and(|host| is_authority(host.trim_end_matches('/'))) {
            return Err(Misuse::NoOrigin(origin.clone()));
        }
        servers.push(origin.trim_end_matches('/').to_owned());
    }
    Ok(servers)
}

fn parse_layers(words: &[String]) -> Result<Vec<Layer>, Misuse> {
    let known = |word: &&String| Layer::ALL.iter().any(|layer| layer.name() == word.as_str());
    if let Some(word) = words.iter().find(|word| !known(word)) {
        return Err(Misuse::Unexpected { command: "test", word: word.clone() });
    }
    let asked_for = |layer: &Layer| words.is_empty() || words.iter().any(|word| word == layer.name());
    Ok(Layer::ALL.into_iter().filter(asked_for).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, Misuse> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Command::parse(&words)
    }

    #[test]
    fn test_without_layers_means_all_of_them() {
        assert_eq!(parse("test"), Ok(Command::Test { layers: Layer::ALL.to_vec() }));
    }

    #[test]
    fn layers_run_quick_ones_first_and_once() {
        let layers = vec![Layer::Native, Layer::EndToEnd];
        assert_eq!(parse("test end-to-end native native"), Ok(Command::Test { layers }));
    }

    #[test]
    fn serve_keeps_its_own_option_and_hands_on_the_others() {
        let server = vec!["--listen".to_owned(), "127.0.0.1:9001".to_owned()];
        assert_eq!(parse("serve --listen 127.0.0.1:9001 --no-open"), Ok(Command::Serve { open: false, server }));
    }

    #[test]
    fn dist_takes_the_origins_of_servers() {
        let servers = vec!["https://echo.example.org".to_owned(), "http://[::1]:9000".to_owned()];
        let line = "dist --server https://echo.example.org/ --server http://[::1]:9000";
        assert_eq!(parse(line), Ok(Command::Dist { servers }));
    }

    #[test]
    fn help_is_given_for_a_command_too() {
        assert_eq!(parse("--help"), Ok(Command::Help));
        assert_eq!(parse("serve --help"), Ok(Command::Help));
    }

    #[test]
    fn what_is_no_command_is_told_in_words() {
        let told = |line| parse(line).expect_err("this is a misuse").to_string();
        assert_eq!(told(""), "a command is missing");
        assert_eq!(told("sevre"), "there is no command “sevre”");
        assert_eq!(told("dist --fast"), "`dist` does not take “--fast”");
        assert_eq!(told("dist --server"), "`dist --server` wants a further word");
        assert!(told("dist --server echo.example.org").contains("https://echo.example.org, not “echo.example.org”"));
        for line in [
            "dist --server https://a.example/\"x",
            "dist --server https://a.example:99999",
            "dist --server https://a.example:",
            "dist --server http://[::1",
            "dist --server http://a/b",
            "dist --server ftp://a",
        ] {
            let word = line.rsplit(' ').next().expect("a word");
            assert!(told(line).contains(&format!("not “{word}”")), "{line}");
        }
        assert_eq!(told("test unit"), "`test` does not take “unit”");
    }
}
