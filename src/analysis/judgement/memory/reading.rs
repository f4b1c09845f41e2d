//! Reads what was said of the counter and the cart from a trace, and holds each answer against what it can rest on.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Fact, Held, Stretch, Why, finding, part};
use crate::analysis::judgement::Finding;
use crate::analysis::judgement::payload::said;
use crate::trace::{Connection, Direction, Kind, Message, MessageId, Protocol, Trace};
use crate::wire::{MemoryAnswer, MemoryCommand, MemoryRequest, MemoryState};

/// A command over HTTP and its answer.
pub(super) struct Asked<'a> {
    pub(super) request: &'a Message,
    pub(super) answer: MessageId,
    pub(super) command: MemoryCommand,
    pub(super) token: Option<String>,
    pub(super) told: MemoryAnswer,
}

/// A command over a WebSocket and its answer.
pub(super) struct Told {
    pub(super) client: u32,
    pub(super) said: MessageId,
    pub(super) answer: MessageId,
    pub(super) command: MemoryCommand,
    pub(super) state: MemoryState,
}

/// A run of the lab.
pub(super) struct Run<'a> {
    trace: &'a Trace,
    pub(super) without: Vec<Asked<'a>>,
    pub(super) with: Vec<Asked<'a>>,
    /// One list for each WebSocket of the part.
    pub(super) connections: Vec<Vec<Told>>,
    /// On the new WebSocket.
    pub(super) anew: Vec<Told>,
}

/// What an answer on a WebSocket rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rests {
    /// Nothing was said before that it could have forgotten.
    Nothing,
    /// On what was said before on the connection.
    Connection,
    /// On its own command alone, though something was said before.
    Command,
    /// On something else.
    Other,
}

/// What a command makes of a state. The script gives none that cannot be done.
fn after(mut state: MemoryState, command: &MemoryCommand) -> MemoryState {
    match command {
        MemoryCommand::Count => state.counter += 1,
        MemoryCommand::Put { what } => *state.cart.entry(what.clone()).or_default() += 1,
        MemoryCommand::Take { what } => {
            if let Some(count) = state.cart.get_mut(what) {
                *count -= 1;
            }
            state.cart.retain(|_, count| *count > 0);
        }
        MemoryCommand::Show => {}
    }
    state
}

impl Told {
    /// What there was before its command: what it tells, if that was only to be shown.
    pub(super) fn before(&self) -> Option<MemoryState> {
        (self.command == MemoryCommand::Show).then(|| self.state.clone())
    }
}

impl<'a> Run<'a> {
    pub(super) fn of(trace: &'a Trace) -> Self {
        let connections = conversations(trace, part::CONNECTION);
        let anew = conversations(trace, part::NEW_CONNECTION).into_iter().next().unwrap_or_default();
        Self {
            trace,
            without: exchanges(trace, part::WITHOUT_TOKEN),
            with: exchanges(trace, part::WITH_TOKEN),
            connections,
            anew,
        }
    }

    /// All that was asked over HTTP.
    fn asked(&self) -> impl Iterator<Item = &Asked<'a>> {
        self.without.iter().chain(&self.with)
    }

    /// What each answer over HTTP would have told, had it come from its request alone, beside the answer. One whose
    /// token nobody knows is left out.
    pub(super) fn expected(&self) -> Vec<(&Asked<'a>, MemoryState)> {
        let given: HashMap<&str, &MemoryState> =
            self.asked().filter_map(|asked| Some((asked.told.token.as_deref()?, &asked.told.state))).collect();
        let carried = |asked: &Asked<'a>| match &asked.token {
            None => Some(MemoryState::default()),
            Some(token) => given.get(token.as_str()).map(|&state| state.clone()),
        };
        self.asked().filter_map(|asked| Some((asked, after(carried(asked)?, &asked.command)))).collect()
    }

    /// Requests that are equal byte for byte, where there are several.
    pub(super) fn equal(&self) -> Vec<Vec<&Asked<'a>>> {
        let mut groups: BTreeMap<_, Vec<&Asked<'a>>> = BTreeMap::new();
        for asked in self.asked() {
            let target = asked.request.target.as_ref().map(|target| (&target.method, &target.path));
            let body = asked.request.copy.as_ref().map(|copy| &copy.0);
            groups.entry((target, body)).or_default().push(asked);
        }
        groups.into_values().filter(|group| group.len() > 1).collect()
    }

    /// What there is to say of what was asked over HTTP.
    pub(super) fn over_http(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(self.not_from_request());
        findings.extend(self.unequal_answers());
        findings.extend(self.nothing_carried());
        findings.extend(self.equal_answers());
        findings.extend(self.carried());
        findings.extend(self.went_on());
        findings.extend(self.old_token());
        findings
    }

    pub(super) fn not_from_request(&self) -> Option<Finding> {
        let expected = self.expected();
        // One that does not heed the token still comes from its request alone.
        let alone = |asked: &Asked<'a>| after(MemoryState::default(), &asked.command);
        let wrong: Vec<_> = expected
            .iter()
            .filter(|(asked, state)| asked.told.state != *state && asked.told.state != alone(asked))
            .collect();
        let (first, state) = wrong.first()?;
        let fact = Fact::NotFromRequest {
            answers: count(wrong.len()),
            of: count(expected.len()),
            expected: Held::from(state),
            told: Held::from(&first.told.state),
        };
        Some(finding(fact, ids(wrong.iter().map(|(asked, _)| *asked))))
    }

    pub(super) fn unequal_answers(&self) -> Option<Finding> {
        let groups = self.equal();
        let differing = |group: &Vec<&'_ Asked<'a>>| {
            let first = *group.first()?;
            let other = group.iter().copied().find(|asked| asked.told.state != first.told.state)?;
            Some((first.request.id, other.request.id))
        };
        let (first, other) = groups.iter().find_map(differing)?;
        let find = |id| self.asked().find(|asked| asked.request.id == id);
        let (first, other) = (find(first)?, find(other)?);
        let same_connection = first.request.connection.zip(other.request.connection).map(|(one, two)| one == two);
        let (one, two) = (Held::from(&first.told.state), Held::from(&other.told.state));
        let fact = Fact::UnequalAnswers { one, other: two, same_connection };
        Some(finding(fact, ids([first, other].into_iter())))
    }

    fn nothing_carried(&self) -> Option<Finding> {
        let right = |asked: &&Asked<'a>| asked.told.state == after(MemoryState::default(), &asked.command);
        if self.without.is_empty() || !self.without.iter().all(|asked| right(&asked)) {
            return None;
        }
        let carriers: Option<Vec<_>> = self.without.iter().map(|asked| asked.request.connection).collect();
        let on_one = carriers.as_ref().and_then(|all| {
            all.iter().map(|carrier| all.iter().filter(|other| *other == carrier).count()).max().map(count)
        });
        let connections = carriers.map(|all| count(all.into_iter().collect::<BTreeSet<_>>().len()));
        let fact = Fact::NothingCarried { requests: count(self.without.len()), connections, on_one };
        Some(finding(fact, ids(self.without.iter())))
    }

    pub(super) fn equal_answers(&self) -> Option<Finding> {
        if self.unequal_answers().is_some() {
            return None;
        }
        let groups = self.equal();
        let all: Vec<&Asked<'a>> = groups.iter().flatten().copied().collect();
        let told = all.iter().all(|asked| asked.request.connection.is_some());
        let shares = |group: &Vec<&Asked<'a>>, asked: &Asked<'a>| {
            group.iter().filter(|other| other.request.connection == asked.request.connection).count() > 1
        };
        let shared: usize = groups.iter().map(|group| group.iter().filter(|asked| shares(group, asked)).count()).sum();
        let fact = Fact::EqualAnswers { requests: count(all.len()), same_connection: told.then_some(count(shared)) };
        (!all.is_empty()).then(|| finding(fact, ids(all.into_iter())))
    }

    pub(super) fn carried(&self) -> Option<Finding> {
        let with: Vec<_> = self.with.iter().filter(|asked| asked.token.is_some()).collect();
        let bytes: Vec<u64> = with.iter().filter_map(|asked| asked.told.state_bytes).collect();
        let (least, most) = (*bytes.iter().min()?, *bytes.iter().max()?);
        let fact = Fact::Carried { requests: count(bytes.len()), least, most, all: bytes.iter().sum() };
        Some(finding(fact, ids(with.into_iter())))
    }

    /// Some answer rests on the state that its request carried.
    fn heeds_tokens(&self) -> bool {
        let rests_on_token = |(asked, state): &(&Asked<'a>, MemoryState)| {
            asked.told.state == *state && *state != after(MemoryState::default(), &asked.command)
        };
        self.expected().iter().any(rests_on_token)
    }

    /// What each client had after its last request that carried the newest of its tokens.
    fn went_on(&self) -> Vec<Finding> {
        if !self.heeds_tokens() {
            return Vec::new();
        }
        let mut last: BTreeMap<u32, &Asked<'a>> = BTreeMap::new();
        for asked in &self.with {
            let newest = last.get(&asked.request.client).map(|before| &before.told.token);
            if newest.is_none_or(|newest| *newest == asked.token) {
                last.insert(asked.request.client, asked);
            }
        }
        let carried = last.into_values().filter(|asked| asked.token.is_some());
        let went_on = carried.map(|asked| {
            let fact = Fact::WentOn { clients: vec![asked.request.client], held: Held::from(&asked.told.state) };
            (fact, ids([asked].into_iter()))
        });
        together(went_on)
    }

    /// The last request that brought an older token after a newer one of the same client, if its answer is the older
    /// state.
    fn old_token(&self) -> Option<Finding> {
        let given = |token: &str| self.with.iter().position(|asked| asked.told.token.as_deref() == Some(token));
        let (place, old) = self.with.iter().enumerate().next_back()?;
        let newest = self.with[..place].iter().rev().find(|asked| asked.request.client == old.request.client)?;
        let older = given(old.token.as_deref()?)?;
        let is_older = older < given(newest.token.as_deref()?)?;
        let state = &self.with[older].told.state;
        if !is_older || old.told.state != after(state.clone(), &old.command) {
            return None;
        }
        let fact = Fact::OldToken { old: Held::from(&old.told.state), newest: Held::from(&newest.told.state) };
        Some(finding(fact, ids([old, newest].into_iter())))
    }

    /// What there is to say of what was said on WebSockets.
    pub(super) fn over_websocket(&self) -> Vec<Finding> {
        let mut findings = self.remembered();
        findings.extend(self.forgot());
        findings.extend(self.not_of_connection());
        findings.extend(self.new_connection());
        findings
    }

    /// What each answer on the WebSockets of the first part rests on.
    pub(super) fn rests(&self) -> Vec<(&Told, Rests, MemoryState)> {
        let mut all = Vec::new();
        for conversation in &self.connections {
            let mut before = MemoryState::default();
            for told in conversation {
                let expected = after(before.clone(), &told.command);
                let alone = after(MemoryState::default(), &told.command);
                let rests = match &told.state {
                    state if *state == expected && before == MemoryState::default() => Rests::Nothing,
                    state if *state == expected => Rests::Connection,
                    state if *state == alone => Rests::Command,
                    _ => Rests::Other,
                };
                all.push((told, rests, expected));
                before = told.state.clone();
            }
        }
        all
    }

    fn remembered(&self) -> Vec<Finding> {
        let rests = self.rests();
        let of_conversation = |conversation: &Vec<Told>| {
            let last = conversation.last()?;
            let own = |told: &Told| conversation.iter().any(|one| one.answer == told.answer);
            let those = rests.iter().filter(|(told, rests, _)| *rests == Rests::Connection && own(told));
            let messages: Vec<MessageId> = those.flat_map(|(told, ..)| [told.answer, told.said]).collect();
            let answers = count(messages.len() / 2);
            let fact = Fact::Remembered { clients: vec![last.client], answers, held: Held::from(&last.state) };
            (answers > 0).then_some((fact, messages))
        };
        together(self.connections.iter().filter_map(of_conversation))
    }

    fn forgot(&self) -> Option<Finding> {
        let rests = self.rests();
        let those = rests.iter().filter(|(_, rests, _)| *rests == Rests::Command);
        let messages: Vec<MessageId> = those.flat_map(|(told, ..)| [told.answer, told.said]).collect();
        let fact = Fact::Forgot { answers: count(messages.len() / 2) };
        (!messages.is_empty()).then(|| finding(fact, messages))
    }

    fn not_of_connection(&self) -> Option<Finding> {
        let rests = self.rests();
        let those: Vec<_> = rests.iter().filter(|(_, rests, _)| *rests == Rests::Other).collect();
        let (first, _, expected) = those.first()?;
        let fact = Fact::NotOfConnection {
            answers: count(those.len()),
            expected: Held::from(expected),
            told: Held::from(&first.state),
        };
        Some(finding(fact, those.iter().flat_map(|(told, ..)| [told.answer, told.said]).collect()))
    }

    /// The last answer that the client of the new WebSocket had on its old one.
    pub(super) fn last_before(&self) -> Option<&Told> {
        let client = self.anew.first()?.client;
        self.connections.iter().filter_map(|conversation| conversation.last()).find(|told| told.client == client)
    }

    pub(super) fn new_connection(&self) -> Option<Finding> {
        let (before, first) = (self.last_before()?, self.anew.first()?);
        let fact = Fact::NewConnection { before: Held::from(&before.state), after: Held::from(&first.before()?) };
        Some(finding(fact, vec![first.answer, first.said, before.answer]))
    }

    /// Why a stretch gave nothing to judge, if it gave nothing.
    pub(super) fn missing(&self, what: Stretch) -> Option<Finding> {
        let (is_there, endpoint) = match what {
            Stretch::WithoutToken => (!self.without.is_empty(), &self.trace.circumstances.http),
            Stretch::WithToken => (self.heeds_tokens(), &self.trace.circumstances.http),
            Stretch::Connection => {
                (self.rests().iter().any(|(_, rests, _)| *rests != Rests::Nothing), &self.trace.circumstances.ws)
            }
            Stretch::NewConnection => (self.new_connection().is_some(), &self.trace.circumstances.ws),
        };
        let why = Why::nothing_of(self.trace, what.part(), endpoint);
        (!is_there).then(|| finding(Fact::Missing { what, why }, Vec::new()))
    }
}

fn exchanges<'a>(trace: &'a Trace, part: &str) -> Vec<Asked<'a>> {
    let Some(part) = trace.part(part) else { return Vec::new() };
    let answered = trace.in_part(part).filter_map(|answer| {
        let (Kind::Response { status: 200..=299 }, Some(request)) = (answer.kind, answer.answers) else { return None };
        let request = trace.message(request)?;
        let MemoryRequest { command, token } = said(request)?;
        Some(Asked { request, answer: answer.id, command, token, told: said(answer)? })
    });
    answered.collect()
}

/// What was said on each WebSocket of a part. A connection keeps the order each way, and each command has one answer.
fn conversations(trace: &Trace, part: &str) -> Vec<Vec<Told>> {
    let Some(part) = trace.part(part) else { return Vec::new() };
    let on = |connection: &Connection, direction: Direction| {
        let id = Some(connection.id);
        let texts = trace.in_part(part).filter(move |message| message.connection == id && message.kind == Kind::Text);
        texts.filter(move |message| message.direction == direction)
    };
    let conversation = |connection: &Connection| {
        let pairs = on(connection, Direction::ToServer).zip(on(connection, Direction::ToPage));
        let told = pairs.map_while(|(command, answer)| {
            let MemoryAnswer { state, .. } = said(answer)?;
            let (client, command_said) = (command.client, said(command)?);
            Some(Told { client, said: command.id, answer: answer.id, command: command_said, state })
        });
        told.collect::<Vec<_>>()
    };
    let sockets = trace.connections.iter().filter(|connection| connection.protocol == Protocol::WebSocket);
    sockets.map(conversation).filter(|told| !told.is_empty()).collect()
}

/// What holds of several clients is told once.
fn together(each: impl Iterator<Item = (Fact, Vec<MessageId>)>) -> Vec<Finding> {
    let mut told: Vec<(Fact, Vec<MessageId>)> = Vec::new();
    for (fact, messages) in each {
        match told.iter_mut().find_map(|(other, all)| Some((of_both(other, &fact)?, other, all))) {
            Some((both, other, all)) => {
                *other = both;
                all.extend(messages);
            }
            None => told.push((fact, messages)),
        }
    }
    told.into_iter().map(|(fact, messages)| finding(fact, messages)).collect()
}

/// The same fact of the clients of both, if it is the same.
fn of_both(one: &Fact, other: &Fact) -> Option<Fact> {
    match (one, other) {
        (Fact::WentOn { clients, held }, Fact::WentOn { clients: more, held: same }) if held == same => {
            Some(Fact::WentOn { clients: [clients.as_slice(), more].concat(), held: *held })
        }
        (
            Fact::Remembered { clients, answers, held },
            Fact::Remembered { clients: more, answers: as_many, held: same },
        ) if (answers, held) == (as_many, same) => {
            Some(Fact::Remembered { clients: [clients.as_slice(), more].concat(), answers: *answers, held: *held })
        }
        _ => None,
    }
}

/// Answers and their requests, the answer first.
fn ids<'a: 'b, 'b>(asked: impl Iterator<Item = &'b Asked<'a>>) -> Vec<MessageId> {
    asked.flat_map(|asked| [asked.answer, asked.request.id]).collect()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
