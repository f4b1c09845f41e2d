//! What each way of talking costs in a session: the formulas, with their sources.
//!
//! Messages come evenly, one every *gap*; of [`Starter::Both`](super::Starter::Both) every other one is the
//! server's. What the **client** starts is asked and answered, with the payload there and back. What the **server**
//! starts is news: the payload, one way. The two measures are
//!
//! - **bytes** above TCP, both ways: payload, what the protocol adds to it, and opening;
//! - **time** that somebody waits: for connections to open, for each answer, and from each news' coming up to its
//!   arrival. A poll that waits in the background makes nobody wait.
//!
//! Payload is counted, so that a head of 430 bytes weighs what it weighs: much beside a word, nothing beside a picture.
//! In the formulas *E* is what an exchange on a kept connection adds, both ways; *R* its round trip; *C* opening a
//! connection; *p* the payload. One way is taken to be half of a round trip.

use super::costs::{chunk_head, frame_head};
use super::exact::Exact;
use super::line::Line;
use super::situation::{Policy, Situation};
use super::{Cost, Costs, Gap, Measure, Outlook, Part, Unsuited, Way};

/// A cost in one situation.
type Known<T> = Result<T, Gap>;

/// What the formulas speak of.
pub(super) struct Model<'a> {
    costs: &'a Costs,
    situation: Situation,
    policy: Policy,
}

/// A figure's value, or which figure is missing and why.
fn need(cost: Cost, part: Part) -> Known<u64> {
    cost.map(super::Figure::value).map_err(|why| Gap::Missing { part, why })
}

/// So many seconds in µs; at least one second.
fn seconds(seconds: u32) -> Exact {
    Exact::from(u64::from(seconds.max(1)) * 1_000_000)
}

/// Half of a time.
fn half(time: impl Into<Exact>) -> Exact {
    time.into().per(2u32)
}

impl<'a> Model<'a> {
    /// The situation must be in its sliders' ranges.
    pub(super) const fn new(costs: &'a Costs, situation: Situation, policy: Policy) -> Self {
        Self { costs, situation, policy }
    }

    /// What is to be expected of a way.
    pub(super) fn outlook(&self, way: Way) -> Outlook {
        let delay = match way {
            _ if self.news() == Exact::ZERO => Err(Gap::NoNews),
            Way::KeepAlive | Way::Close => Err(Gap::Unsuited(Unsuited::ServerCannotStart)),
            Way::ShortPolling => self.polled_delay(),
            Way::LongPolling => self.long_polled_delay(),
            Way::ServerSentEvents => self.round_trip().map(half),
            Way::WebSocket => self.socket_round_trip().map(half),
        };
        Outlook { way, bytes: self.line(way, Measure::Bytes), time: self.line(way, Measure::Time), delay }
    }

    fn line(&self, way: Way, measure: Measure) -> Known<Line> {
        let news = self.news() > Exact::ZERO;
        match way {
            Way::KeepAlive | Way::Close if news => Err(Gap::Unsuited(Unsuited::ServerCannotStart)),
            Way::ShortPolling | Way::LongPolling | Way::ServerSentEvents if !news => {
                Err(Gap::Unsuited(Unsuited::NothingToFetch))
            }
            Way::KeepAlive => self.asked_beside(measure),
            Way::Close => self.close(measure),
            Way::ShortPolling => self.short_polling(measure),
            Way::LongPolling => self.long_polling(measure),
            Way::ServerSentEvents => self.server_sent_events(measure),
            Way::WebSocket => self.web_socket(measure),
        }
    }

    /// Client's messages over HTTP, on a connection of their own: C once, then E + 2p and R for each. Where the
    /// silence between two is longer than the server keeps a connection (RFC 9112 §9.5), C for each instead. One
    /// connection is used, one exchange after another; that a browser may open six is no part of the model.
    fn asked_beside(&self, measure: Measure) -> Known<Line> {
        if self.asked() == Exact::ZERO {
            return Ok(Line::new(0u32, 0u32));
        }
        let connecting = self.connecting(measure)?;
        let exchange = match measure {
            Measure::Bytes => self.exchange_bytes()? + 2 * self.payload(),
            Measure::Time => self.round_trip()?,
        };
        let line = if self.is_closed_after(self.gap_between(self.asked())) {
            Line::new(0u32, connecting + exchange)
        } else {
            Line::new(connecting, exchange)
        };
        Ok(line.for_part(self.asked()))
    }

    /// Client's messages, each on a connection of its own (RFC 9112 §9.6): its bytes + C + 2p; its round trip, which
    /// is measured with connecting.
    fn close(&self, measure: Measure) -> Known<Line> {
        let costs = &self.costs.close;
        let each = match measure {
            Measure::Bytes => {
                let heads = need(costs.to_server, Part::CloseToServer)? + need(costs.to_page, Part::CloseToPage)?;
                heads + 2 * self.payload() + self.connecting(measure)?
            }
            Measure::Time => need(costs.round_trip, Part::CloseRoundTrip)?,
        };
        Ok(Line::new(0u32, each))
    }

    /// An exchange every *interval*, news or none (RFC 6202 §2): an empty poll costs E like any other, and several
    /// news share one. So for each message gap ÷ interval polls in the mean, of E each, and p for news; the client's
    /// messages go by the same connection, E + 2p each. If neither polls nor messages come before the server closes a
    /// silent connection, each opens one: at most that, for two may share it. Delay: see `polled_delay`.
    fn short_polling(&self, measure: Measure) -> Known<Line> {
        let interval = self.poll_interval()?;
        let silence = match self.asked() {
            Exact::ZERO => interval,
            asked => interval.min(self.gap_between(asked)),
        };
        let connecting = self.connecting(measure)?;
        let (once, each) = if self.is_closed_after(silence) { (0, connecting) } else { (connecting, 0) };
        let (polls, news, asked) = match measure {
            Measure::Bytes => {
                let exchange = self.exchange_bytes()? + each;
                let polls = self.situation.gap().per(interval).times(exchange);
                (polls, Exact::from(self.payload()), exchange + 2 * self.payload())
            }
            Measure::Time => (Exact::ZERO, self.polled_delay()?, self.round_trip()? + each),
        };
        Ok(Line::new(once, polls.plus(news.times(self.news())).plus(self.asked().times(asked))))
    }

    /// A request that is answered when there is news, and then repeated (RFC 6202 §2.1): C once, and the request that
    /// waits at the end. For each news an exchange, E + p; where news come faster than R, several share one (§2.2:
    /// what comes up meanwhile is queued), gap ÷ R each. After each time-out an exchange without news: one for each
    /// whole (time-out + R) in the gap. The client's messages go beside it, on a second connection, for the first one
    /// waits.
    fn long_polling(&self, measure: Measure) -> Known<Line> {
        let connecting = self.connecting(measure)?;
        let line = match measure {
            Measure::Bytes => {
                let request = need(self.costs.keep_alive.to_server, Part::ExchangeToServer)?;
                let round_trip = Exact::from(self.round_trip()?);
                let gap = self.gap_between(self.news());
                let carrying = if gap < round_trip { gap.per(round_trip) } else { Exact::ONE };
                let timed_out = gap.periods_before(seconds(self.policy.long_poll_timeout).plus(round_trip));
                let exchanges = carrying.plus(timed_out.into());
                let each = exchanges.times(self.exchange_bytes()?).plus(self.payload().into());
                Line::new(connecting + request, each)
            }
            Measure::Time => Line::new(connecting, self.long_polled_delay()?),
        };
        Ok(line.for_part(self.news()).plus(self.asked_beside(measure)?))
    }

    /// One request, and a response that goes on (HTML §9.2): C and an exchange's heads once, then for each news the
    /// event's lines, p, and the chunk's head (RFC 9112 §7.1); a comment after each so much silence. The data are
    /// taken to be one line of text. The stream goes one way: the client's messages go beside it, on a second
    /// connection.
    fn server_sent_events(&self, measure: Measure) -> Known<Line> {
        let costs = &self.costs.events;
        let connecting = self.connecting(measure)?;
        let line = match measure {
            Measure::Bytes => {
                let heads = need(costs.to_server, Part::EventsToServer)? + need(costs.to_page, Part::EventsToPage)?;
                let event = need(costs.framing, Part::EventFraming)? + self.payload();
                let silent = self.gap_between(self.news());
                let comments = self.beats(silent, self.policy.comment_after, costs.comment, Part::Comment)?;
                Line::new(connecting + heads, comments.plus((event + chunk_head(event)).into()))
            }
            Measure::Time => Line::new(connecting + need(costs.time, Part::EventsTime)?, half(self.round_trip()?)),
        };
        Ok(line.for_part(self.news()).plus(self.asked_beside(measure)?))
    }

    /// A handshake (RFC 6455 §4), with the connection below it, once; then for each message the heads of its frames
    /// (§5.2: 2 bytes, 4 or 10 for longer ones, and 4 more where the client masks, §5.3) and p, both ways for the
    /// client's. A ping and its pong after each so much silence (§5.5.2).
    fn web_socket(&self, measure: Measure) -> Known<Line> {
        let Costs { handshake, message, .. } = self.costs;
        match measure {
            Measure::Bytes => {
                let opening = need(handshake.connecting, Part::SocketConnectingBytes)?
                    + need(handshake.to_server, Part::HandshakeToServer)?
                    + need(handshake.to_page, Part::HandshakeToPage)?;
                let to_page = self.frame(message.to_page, false, Part::FrameToPage)? + self.payload();
                let asked = match self.asked() {
                    Exact::ZERO => 0,
                    _ => self.frame(message.to_server, true, Part::FrameToServer)? + self.payload() + to_page,
                };
                let silent = self.situation.gap();
                let pings = self.beats(silent, self.policy.ping_after, message.ping, Part::Ping)?;
                let each = self.asked().times(asked).plus(self.news().times(to_page)).plus(pings);
                Ok(Line::new(opening, each))
            }
            Measure::Time => {
                let round_trip = self.socket_round_trip()?;
                let each = self.asked().times(round_trip).plus(self.news().times(half(round_trip)));
                Ok(Line::new(need(handshake.time, Part::HandshakeTime)?, each))
            }
        }
    }

    /// News come at any point between two polls alike, so they wait half an interval in the mean (RFC 6202 §2), and
    /// then travel one way. Polls follow one another: an interval is at least R.
    fn polled_delay(&self) -> Known<Exact> {
        Ok(half(self.poll_interval()?).plus(half(self.round_trip()?)))
    }

    /// One way where a request waits. Where news come faster than R, none waits mostly: half of R more in the mean,
    /// for the request to come (RFC 6202 §2.2). The short while after a time-out is left out.
    fn long_polled_delay(&self) -> Known<Exact> {
        let round_trip = Exact::from(self.round_trip()?);
        Ok(if self.gap_between(self.news()) < round_trip { round_trip } else { half(round_trip) })
    }

    /// Which part of the messages the client starts.
    fn asked(&self) -> Exact {
        self.situation.starter.by_client()
    }

    /// Which part of the messages are the server's news.
    fn news(&self) -> Exact {
        self.situation.starter.by_server()
    }

    /// From one to the next of those messages that make up this part of all.
    fn gap_between(&self, part: Exact) -> Exact {
        self.situation.gap().per(part)
    }

    fn payload(&self) -> u64 {
        self.situation.payload.into()
    }

    fn poll_interval(&self) -> Known<Exact> {
        let asked_for = Exact::from(u64::from(self.situation.poll_interval) * 1_000);
        Ok(asked_for.max(self.round_trip()?.into()))
    }

    fn is_closed_after(&self, silence: Exact) -> bool {
        self.policy.idle_close.is_some_and(|limit| silence > seconds(limit))
    }

    /// What keeps a connection through the silence between two messages.
    fn beats(&self, silence: Exact, after: Option<u32>, each: Cost, part: Part) -> Known<Exact> {
        match after.map_or(0, |after| silence.periods_before(seconds(after))) {
            0 => Ok(Exact::ZERO),
            beats => Ok(Exact::from(beats).times(need(each, part)?)),
        }
    }

    fn connecting(&self, measure: Measure) -> Known<u64> {
        match measure {
            Measure::Bytes => need(self.costs.connecting.bytes, Part::ConnectingBytes),
            Measure::Time => need(self.costs.connecting.time, Part::ConnectingTime),
        }
    }

    /// E.
    fn exchange_bytes(&self) -> Known<u64> {
        let costs = &self.costs.keep_alive;
        Ok(need(costs.to_server, Part::ExchangeToServer)? + need(costs.to_page, Part::ExchangeToPage)?)
    }

    /// R.
    fn round_trip(&self) -> Known<u64> {
        need(self.costs.keep_alive.round_trip, Part::ExchangeRoundTrip)
    }

    fn socket_round_trip(&self) -> Known<u64> {
        need(self.costs.message.round_trip, Part::MessageRoundTrip)
    }

    /// The heads of a message's frames: as measured, but for the length's own bytes where the payload is another.
    fn frame(&self, measured: Cost, masked: bool, part: Part) -> Known<u64> {
        let further = need(measured, part)?.saturating_sub(frame_head(self.costs.message.at_payload, masked));
        Ok(frame_head(self.payload(), masked) + further)
    }
}
