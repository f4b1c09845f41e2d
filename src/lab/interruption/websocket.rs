//! Messages that are under way as a WebSocket breaks or falls silent, and what an application does then:
//! reconnect, each time after a longer wait, and send again what was not answered.

use super::Script;
use crate::analysis::judgement::interruption::part;
use crate::network::{Network, Opening, Payload, Service, Socket};
use crate::trace::{Cause, Failure, Protocol, Span, Turn};
use crate::wire::{Fault, query};

impl<N: Network> Script<'_, N> {
    /// Sends messages without waiting for answers to a server that commits the fault in the middle of them.
    /// `watched`: stays quiet for a while afterwards, so that it is seen whether the browser does something.
    ///
    /// # Errors
    /// When no WebSocket can be opened, the reconnections included.
    pub(super) async fn over_socket(&self, fault: Fault, watched: bool) -> Result<(), Failure> {
        self.network.part(&part::websocket(fault), Some(Protocol::WebSocket));
        self.network.between_turns().await;
        let at = (self.in_flight / 2 + 1).to_string();
        let query = [(query::FAULT, fault.name()), (query::AT, &at)];
        let turns: Vec<Turn> = (0..self.in_flight).map(|_| self.next_turn()).collect();
        let opened = self.network.open(Opening::of(turns[0], Service::Echo).with(&query)).await;
        let (left, opened) = match opened {
            Ok(socket) => {
                let left = exchange(&socket, turns, self.patience(fault)).await;
                leave(socket, left.is_empty()).await;
                (left, Ok(()))
            }
            Err(failure) => (turns, Err(failure)),
        };
        if left.is_empty() {
            return Ok(());
        }
        if watched {
            self.network.wait_until(self.network.now() + self.wait).await;
        }
        let reconnected = self.reconnect(left, watched).await;
        if reconnected { Ok(()) } else { opened }
    }

    /// Opens a WebSocket again, and sends what was not answered. Where there are several tries and it is `refused`,
    /// the first one meets a server that is not ready yet. Returns whether one was opened.
    async fn reconnect(&self, mut left: Vec<Turn>, refused: bool) -> bool {
        let busy = [(query::FAULT, Fault::Status.name()), (query::AT, "0")];
        let mut reconnected = false;
        for before in 0..self.retries {
            self.back_off(before).await;
            let query: &[_] = if refused && before == 0 && self.retries > 1 { &busy } else { &[] };
            let opening = Opening::of(left[0], Service::Echo).with(query);
            let socket = match self.network.open(opening).await {
                Ok(socket) => socket,
                Err(Failure { cause: Cause::ConnectTimeout { .. }, .. }) => {
                    self.silent(Protocol::WebSocket).set(true);
                    break;
                }
                Err(_) => continue,
            };
            reconnected = true;
            left = exchange(&socket, left, None).await;
            leave(socket, left.is_empty()).await;
            if left.is_empty() {
                break;
            }
        }
        reconnected
    }

    /// Where no faults can be had: the page closes the WebSocket itself while messages are under way.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(super) async fn leave_a_socket(&self) -> Result<(), Failure> {
        self.network.part(part::LEFT, Some(Protocol::WebSocket));
        self.network.between_turns().await;
        let turns: Vec<Turn> = (0..self.in_flight).map(|_| self.next_turn()).collect();
        let socket = self.network.open(Opening::of(turns[0], Service::Echo)).await?;
        for turn in turns {
            if socket.send(turn, Payload::Text(&text(turn))).is_err() {
                break;
            }
        }
        socket.close(1000, "").await;
        socket.give_up_unanswered();
        Ok(())
    }
}

fn text(turn: Turn) -> String {
    format!("message {}", turn.number)
}

/// Sends all at once, then takes what comes until all are answered, the WebSocket is closed, or nothing came for
/// so long. Gives those that were not answered.
async fn exchange<S: Socket>(socket: &S, turns: Vec<Turn>, within: Option<Span>) -> Vec<Turn> {
    let send = |turn| (turn, socket.send(turn, Payload::Text(&text(turn))).ok());
    let mut left: Vec<_> = turns.into_iter().map(send).collect();
    while let Some((turn, _)) = left.first() {
        let Ok(answer) = socket.next(*turn, within).await else { break };
        left.retain(|(_, sent)| sent.is_none() || *sent != answer.answers);
    }
    left.into_iter().map(|(turn, _)| turn).collect()
}

/// Closes it in order if all was answered; else gives it up without waiting: a closing handshake with one who is
/// silent takes long.
async fn leave<S: Socket>(socket: S, in_order: bool) {
    if in_order {
        socket.close(1000, "").await;
    } else {
        socket.give_up_unanswered();
    }
}
