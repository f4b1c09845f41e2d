//! What a close frame says (RFC 6455 §5.5.1, §7.4).

use std::fmt;

/// What a close frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// Its code; `None` if its payload has fewer than two bytes, which an API tells as 1005.
    pub code: Option<CloseCode>,
    /// Its reason, for people who debug; bytes that are not UTF-8 are replaced.
    pub reason: String,
}

/// A close code, 0 to 65,535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// Its name in IANA's WebSocket Close Code Number Registry, or the name of the range it lies in.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            0..=999 => "Not used",
            1000 => "Normal Closure",
            1001 => "Going Away",
            1002 => "Protocol Error",
            1003 => "Unsupported Data",
            1004 => "Reserved",
            1005 => "No Status Received",
            1006 => "Abnormal Closure",
            1007 => "Invalid Frame Payload Data",
            1008 => "Policy Violation",
            1009 => "Message Too Big",
            1010 => "Mandatory Extension",
            1011 => "Internal Error",
            1012 => "Service Restart",
            1013 => "Try Again Later",
            1014 => "Bad Gateway",
            1015 => "TLS Handshake",
            1016..=2999 => "Unassigned",
            3000 => "Unauthorized",
            3003 => "Forbidden",
            3008 => "Timeout",
            3001 | 3002 | 3004..=3007 | 3009..=3999 => "For libraries and frameworks",
            4000..=4999 => "Private Use",
            5000.. => "Not defined",
        }
    }

    /// What it means, in a sentence (RFC 6455 §7.4.1, §7.4.2, and the registry for what came later).
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self.0 {
            0..=999 => "Codes below 1000 are not used.",
            1000 => "The purpose of the connection is fulfilled.",
            1001 => "The sender goes away: a server shuts down, or a browser leaves the page.",
            1002 => "The other end broke the protocol.",
            1003 => "The sender got a kind of data that it cannot take, such as binary data where it takes text.",
            1004 => "Reserved; a meaning may be defined in the future.",
            1005 => "Stands for a close frame without a code, where an API needs a number; it is never sent.",
            1006 => "Stands for a connection that ended without a close frame; it is never sent.",
            1007 => "The sender got data that do not fit their kind, such as text that is not UTF-8.",
            1008 => "The sender got a message against its policy; also the code where no other fits.",
            1009 => "The sender got a message that is too big for it.",
            1010 => "A client misses an extension that it needs and the server did not agree to.",
            1011 => "A server met a condition that it did not expect.",
            1012 => "The service restarts; a client may come back after a random delay of some seconds.",
            1013 => "The service is overloaded; a client is to come back later, or to another address.",
            1014 => "A gateway got an invalid response from the server behind it, like the HTTP status 502.",
            1015 => "Stands for a TLS handshake that failed; it is never sent.",
            1016..=2999 => "For the protocol, its future versions and extensions; nothing is assigned.",
            3000 => "The endpoint wants an authorization that was not given, like the HTTP status 401.",
            3003 => "What was asked for is forbidden to this client, like the HTTP status 403.",
            3008 => "The endpoint waited too long for something, like the HTTP status 408.",
            3001 | 3002 | 3004..=3007 | 3009..=3999 => {
                "For libraries, frameworks and applications that register a code with IANA."
            }
            4000..=4999 => "For private use: its meaning is agreed on between the two ends.",
            5000.. => "The standard defines codes up to 4999.",
        }
    }

    /// Whether an endpoint may send it in a close frame.
    #[must_use]
    pub const fn may_be_sent(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}
