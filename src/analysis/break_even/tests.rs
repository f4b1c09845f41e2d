//! The model against figures worked out by hand, and against counting message by message.

use proptest::prelude::*;

use super::*;

fn figure(value: u64) -> Cost {
    Figure::new(value, Source::Page)
}

/// 430 bytes an exchange on a kept connection, a round trip of 20 ms; a handshake of 600 bytes.
fn costs() -> Costs {
    Costs {
        connecting: Connecting { time: figure(20_000), bytes: figure(0) },
        keep_alive: Exchange { round_trip: figure(20_000), to_server: figure(250), to_page: figure(180) },
        close: Exchange { round_trip: figure(40_000), to_server: figure(250), to_page: figure(199) },
        handshake: Handshake {
            time: figure(40_000),
            to_server: figure(450),
            to_page: figure(150),
            connecting: figure(0),
        },
        message: Messages {
            round_trip: figure(20_000),
            to_server: figure(6),
            to_page: figure(2),
            at_payload: 10,
            ping: figure(8),
        },
        events: Events {
            time: figure(20_000),
            to_server: figure(250),
            to_page: figure(180),
            framing: figure(8),
            comment: figure(8),
        },
        emulated: false,
    }
}

/// One message a second for ten minutes, ten bytes each; polled every 5 s.
fn situation(starter: Starter) -> Situation {
    Situation { per_hour: 3_600, payload: 10, starter, minutes: 10, poll_interval: 5_000 }
}

fn even(situation: Situation) -> BreakEven {
    BreakEven::of(&costs(), situation, Policy::default())
}

fn line(opening: u32, per_message: impl Into<Exact>) -> Result<Line, Gap> {
    Ok(Line::new(opening, per_message.into()))
}

#[test]
fn what_the_client_starts_is_paid_as_by_hand() {
    let even = even(situation(Starter::Client));
    assert_eq!(even.outlook(Way::KeepAlive).bytes, line(0, 450u32));
    assert_eq!(even.outlook(Way::KeepAlive).time, line(20_000, 20_000u32));
    assert_eq!(even.outlook(Way::Close).bytes, line(0, 469u32));
    assert_eq!(even.outlook(Way::Close).time, line(0, 40_000u32));
    assert_eq!(even.outlook(Way::WebSocket).bytes, line(600, 28u32));
    assert_eq!(even.outlook(Way::WebSocket).time, line(40_000, 20_000u32));
    assert_eq!(even.outlook(Way::WebSocket).delay, Err(Gap::NoNews));
    // 450 against 628, then 900 against 656.
    assert_eq!(even.crossing(Measure::Bytes, Way::WebSocket, Way::KeepAlive), Ok(Crossing::From(2)));
    // A WebSocket's opening takes one round trip more, and is never made up for.
    assert_eq!(even.crossing(Measure::Time, Way::WebSocket, Way::KeepAlive), Ok(Crossing::Never));
    // 40 + 20 n against 40 n ms: below from the third on.
    assert_eq!(even.crossing(Measure::Time, Way::WebSocket, Way::Close), Ok(Crossing::From(3)));
    assert_eq!(even.total(Measure::Bytes, Way::WebSocket), Ok(Exact::from(600u32 + 600 * 28)));
}

#[test]
fn news_cost_as_by_hand() {
    let even = even(situation(Starter::Server));
    // One poll of 430 bytes for five news, and 10 bytes for each.
    assert_eq!(even.outlook(Way::ShortPolling).bytes, line(0, 96u32));
    // Half of 5 s, and half a round trip.
    assert_eq!(even.outlook(Way::ShortPolling).delay, Ok(Exact::from(2_510_000u32)));
    assert_eq!(even.outlook(Way::ShortPolling).time, line(20_000, 2_510_000u32));
    // The request that waits, then 430 + 10 for each.
    assert_eq!(even.outlook(Way::LongPolling).bytes, line(250, 440u32));
    assert_eq!(even.outlook(Way::LongPolling).delay, Ok(Exact::from(10_000u32)));
    // `12\r\ndata: …\n\n\r\n`: 8 + 10 bytes and a chunk's head of 6.
    assert_eq!(even.outlook(Way::ServerSentEvents).bytes, line(430, 24u32));
    assert_eq!(even.outlook(Way::ServerSentEvents).time, line(40_000, 10_000u32));
    assert_eq!(even.outlook(Way::WebSocket).bytes, line(600, 12u32));
    // 430 + 24 n against 600 + 12 n: equal at 14 1/6.
    assert_eq!(even.crossing(Measure::Bytes, Way::WebSocket, Way::ServerSentEvents), Ok(Crossing::From(15)));
}

#[test]
fn ways_that_cannot_do_what_is_asked_have_no_line() {
    let cannot = Err(Gap::Unsuited(Unsuited::ServerCannotStart));
    let nothing = Err(Gap::Unsuited(Unsuited::NothingToFetch));
    for starter in [Starter::Server, Starter::Both] {
        let even = even(situation(starter));
        assert_eq!([even.outlook(Way::KeepAlive).bytes, even.outlook(Way::Close).time], [cannot, cannot]);
    }
    let even = even(situation(Starter::Client));
    for way in [Way::ShortPolling, Way::LongPolling, Way::ServerSentEvents] {
        assert_eq!([even.outlook(way).bytes, even.outlook(way).time], [nothing, nothing]);
    }
}

#[test]
fn empty_polls_cost_whole_exchanges() {
    // News once an hour, polled every 5 s: 720 polls for one.
    let even = even(Situation { per_hour: 1, minutes: 60, ..situation(Starter::Server) });
    assert_eq!(even.total(Measure::Bytes, Way::ShortPolling), Ok(Exact::from(720u32 * 430 + 10)));
}

#[test]
fn long_polls_are_repeated_after_each_time_out() {
    // A minute between news: 30.02 s after the first request comes the second, and no third.
    let minute = Situation { per_hour: 60, ..situation(Starter::Server) };
    assert_eq!(even(minute).outlook(Way::LongPolling).bytes, line(250, 2u32 * 430 + 10));
    // News every 10 ms, a round trip of 20: two share an exchange, and half of them wait for the request.
    let fast = Situation { per_hour: 360_000, ..situation(Starter::Server) };
    assert_eq!(even(fast).outlook(Way::LongPolling).bytes, line(250, 225u32));
    assert_eq!(even(fast).outlook(Way::LongPolling).delay, Ok(Exact::from(20_000u32)));
}

#[test]
fn what_keeps_a_connection_is_paid_for_in_silence() {
    // Ten minutes between news: four pings at 2, 4, 6, 8 minutes; 39 comments.
    let slow = even(Situation { per_hour: 6, ..situation(Starter::Server) });
    assert_eq!(slow.outlook(Way::WebSocket).bytes, line(600, 12u32 + 4 * 8));
    assert_eq!(slow.outlook(Way::ServerSentEvents).bytes, line(430, 24u32 + 39 * 8));
}

#[test]
fn a_silent_connection_is_closed_and_opened_again() {
    let slow = Situation { per_hour: 6, ..situation(Starter::Client) };
    assert_eq!(even(slow).outlook(Way::KeepAlive).time, line(0, 40_000u32));
    let never = BreakEven::of(&costs(), slow, Policy { idle_close: None, ..Policy::default() });
    assert_eq!(never.outlook(Way::KeepAlive).time, line(20_000, 20_000u32));
}

#[test]
fn the_clients_messages_go_beside_the_stream() {
    let even = even(situation(Starter::Both));
    // Half of 24, and half of 450; two connections.
    assert_eq!(even.outlook(Way::ServerSentEvents).bytes, line(430, 237u32));
    assert_eq!(even.outlook(Way::ServerSentEvents).time, line(60_000, 15_000u32));
    // Half of 12, and half of 28.
    assert_eq!(even.outlook(Way::WebSocket).bytes, line(600, 20u32));
}

#[test]
fn a_frames_length_is_counted_anew_for_another_payload() {
    let even = even(Situation { payload: 65_536, ..situation(Starter::Client) });
    assert_eq!(even.outlook(Way::WebSocket).bytes, line(600, 2u32 * 65_536 + 14 + 10));
}

#[test]
fn what_is_worse_in_everything_is_dominated() {
    let dominated = even(situation(Starter::Client)).dominated();
    // With one message closing costs the time of keeping, and more bytes.
    assert_eq!(dominated, [(Way::Close, Way::KeepAlive)]);
}

fn advice(situation: Situation) -> Recommendation {
    advise(&costs(), situation, Policy::default(), Criterion::default()).expect("costs are known")
}

#[test]
fn a_chat_is_advised_a_web_socket_and_a_weather_page_a_request() {
    let chat = advice(Situation { per_hour: 600, minutes: 60, payload: 50, ..situation(Starter::Both) });
    assert_eq!(chat.way, Way::WebSocket);
    let weather = advice(Situation { per_hour: 4, minutes: 5, payload: 2_000, ..situation(Starter::Client) });
    assert_eq!(weather.way, Way::KeepAlive);
}

#[test]
fn a_recommendation_tells_its_reason_and_when_it_changes() {
    let found = advice(situation(Starter::Client));
    let reason = Reason::Cheapest {
        total: Exact::from(17_400u32),
        next: Way::KeepAlive,
        next_total: Exact::from(270_000u32),
        since: Crossing::From(2),
    };
    assert_eq!((found.way, found.reason, found.messages), (Way::WebSocket, reason, Exact::from(600u32)));
    let payload =
        found.changes.iter().find(|change| change.slider == Slider::Payload).expect("large payloads do not care");
    assert_eq!(payload.way, Way::KeepAlive);
    // 600 (430 + 2p) ≤ 1.1 (600 + 600 (12 + 2p)): 258,000 − 8,580 ≤ 120 p, so p is 2078.5 and more.
    assert_eq!(payload.at, Setting::Number(2_079));
    // Nine an hour are 1.5 in ten minutes, with three pings in each gap: 675 ≤ 1.1 (600 + 1.5 × 52). Ten are 1 2/3 with
    // two pings, for the third would come with the next message: 750 > 1.1 (600 + 1 2/3 × 44).
    let rate = found.changes.iter().find(|change| change.slider == Slider::PerHour).expect("few messages do not pay");
    assert_eq!((rate.way, rate.at), (Way::KeepAlive, Setting::Number(9)));
    // Beside a WebSocket all else costs more for news and for both.
    assert!(found.changes.iter().all(|change| change.slider != Slider::Starter));
}

#[test]
fn a_simpler_way_is_advised_where_little_is_at_stake() {
    let found = advice(Situation { payload: 5_000, ..situation(Starter::Client) });
    assert!(matches!(found.reason, Reason::Simpler { cheapest: Way::WebSocket, since: Crossing::From(2), .. }));
    let strict = Criterion { margin: 0, ..Criterion::default() };
    let situation = Situation { payload: 5_000, ..situation(Starter::Client) };
    assert_eq!(advise(&costs(), situation, Policy::default(), strict).map(|found| found.way), Ok(Way::WebSocket));
}

#[test]
fn without_costs_nothing_is_advised() {
    let none = nothing_known(Missing::Plain);
    let gaps = advise(&none, situation(Starter::Both), Policy::default(), Criterion::default()).expect_err("no costs");
    assert_eq!(gaps.len(), 6);
    assert!(gaps.contains(&(Way::Close, Gap::Unsuited(Unsuited::ServerCannotStart))));
    assert!(gaps.contains(&(Way::WebSocket, Gap::Missing { part: Part::SocketConnectingBytes, why: Missing::Plain })));
}

#[test]
fn the_greatest_figures_fit() {
    let mut costs = costs();
    figures(&mut costs).into_iter().for_each(|cost| *cost = figure(MOST - 1));
    let hasty = Policy { long_poll_timeout: 0, idle_close: Some(0), ping_after: Some(0), comment_after: Some(0) };
    let ends = |slider: Slider| slider.range().map_or([0, 0], |(least, most)| [least, most]);
    for (per_hour, minutes) in ends(Slider::PerHour).into_iter().flat_map(|a| ends(Slider::Minutes).map(|b| (a, b))) {
        for (starter, poll_interval) in
            Starter::ALL.into_iter().flat_map(|a| ends(Slider::PollInterval).map(|b| (a, b)))
        {
            let situation = Situation { per_hour, payload: 1 << 20, starter, minutes, poll_interval };
            for (measure, policy) in MEASURES.into_iter().flat_map(|a| [(a, hasty), (a, Policy::default())]) {
                let criterion = Criterion { measure, margin: u32::MAX };
                assert!(advise(&costs, situation, policy, criterion).is_ok());
                let even = BreakEven::of(&costs, situation, policy);
                let last = even.outlook(Way::WebSocket).line(measure).map(|line| line.at(u32::MAX));
                assert!(last.is_ok_and(|last| last > Exact::from(u64::from(u32::MAX))));
            }
        }
    }
}

fn nothing_known(why: Missing) -> Costs {
    let exchange = Exchange { round_trip: Err(why), to_server: Err(why), to_page: Err(why) };
    Costs {
        connecting: Connecting { time: Err(why), bytes: Err(why) },
        keep_alive: exchange,
        close: exchange,
        handshake: Handshake { time: Err(why), to_server: Err(why), to_page: Err(why), connecting: Err(why) },
        message: Messages {
            round_trip: Err(why),
            to_server: Err(why),
            to_page: Err(why),
            at_payload: 0,
            ping: Err(why),
        },
        events: Events { time: Err(why), to_server: Err(why), to_page: Err(why), framing: Err(why), comment: Err(why) },
        emulated: false,
    }
}

/// All figures of some costs, to be changed one by one.
fn figures(costs: &mut Costs) -> [&mut Cost; 21] {
    let Costs { connecting, keep_alive, close, handshake, message, events, .. } = costs;
    [
        &mut connecting.time,
        &mut connecting.bytes,
        &mut keep_alive.round_trip,
        &mut keep_alive.to_server,
        &mut keep_alive.to_page,
        &mut close.round_trip,
        &mut close.to_server,
        &mut close.to_page,
        &mut handshake.time,
        &mut handshake.to_server,
        &mut handshake.to_page,
        &mut handshake.connecting,
        &mut message.round_trip,
        &mut message.to_server,
        &mut message.to_page,
        &mut message.ping,
        &mut events.time,
        &mut events.to_server,
        &mut events.to_page,
        &mut events.framing,
        &mut events.comment,
    ]
}

prop_compose! {
    fn any_costs(most: u64)(values in prop::collection::vec(0..most, 21)) -> Costs {
        let mut costs = costs();
        figures(&mut costs).into_iter().zip(values).for_each(|(cost, value)| *cost = figure(value));
        costs
    }
}

prop_compose! {
    fn any_situation()(
        per_hour in prop_oneof![1u32..1_000, 1u32..=360_000], payload in prop_oneof![0u32..300, 0u32..=1 << 20],
        starter in prop::sample::select(Starter::ALL.to_vec()), minutes in 1u32..=1_440,
        poll_interval in prop_oneof![100u32..10_000, 100u32..=3_600_000],
    ) -> Situation {
        Situation { per_hour, payload, starter, minutes, poll_interval }
    }
}

const MEASURES: [Measure; 2] = [Measure::Bytes, Measure::Time];

/// Polls an hour's messages one by one and counts, for whole gaps and intervals in ms.
fn polled_by_counting(messages: u64, gap: u64, interval: u64) -> u64 {
    let mut polls = 0;
    let mut at = interval;
    while at <= messages * gap {
        polls += 1;
        at += interval;
    }
    polls
}

proptest! {
    // Debug builds are slow, and so is the search for changes.
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn costs_never_fall_as_messages_come(
        costs in any_costs(MOST), situation in any_situation(), some in 0u32.., more in 0u32..,
    ) {
        let even = BreakEven::of(&costs, situation, Policy::default());
        let (some, more) = (some.min(more), some.max(more));
        for (outlook, measure) in even.outlooks.iter().flat_map(|outlook| MEASURES.map(|measure| (outlook, measure))) {
            if let Ok(line) = outlook.line(measure) {
                prop_assert!(line.at(some) <= line.at(more));
            }
        }
    }

    #[test]
    fn crossings_are_where_the_totals_change_over(costs in any_costs(MOST), situation in any_situation()) {
        let even = BreakEven::of(&costs, situation, Policy::default());
        for measure in MEASURES {
            for (way, than) in Way::ALL.into_iter().flat_map(|way| Way::ALL.map(|than| (way, than))) {
                let (Ok(a), Ok(b)) = (even.outlook(way).line(measure), even.outlook(than).line(measure)) else {
                    prop_assert!(even.crossing(measure, way, than).is_err());
                    continue;
                };
                match even.crossing(measure, way, than).expect("both have a line") {
                    Crossing::Always => prop_assert!(a.at(1) < b.at(1) && a.at(u32::MAX) < b.at(u32::MAX)),
                    Crossing::From(n) => {
                        prop_assert!(a.at(n) < b.at(n) && a.at(n - 1) >= b.at(n - 1) && a.at(u32::MAX) < b.at(u32::MAX));
                    }
                    Crossing::Never => {
                        prop_assert!(a.at(u32::MAX) >= b.at(u32::MAX) || a.per_message > b.per_message);
                    }
                }
            }
        }
    }

    #[test]
    fn polls_are_as_many_as_counting_finds(
        messages in 1u64..50, per_hour in prop::sample::select(vec![3_600u32, 7_200, 36_000, 360]), polls in 1u32..100,
    ) {
        let (gap, interval) = (3_600_000 / u64::from(per_hour), polls * 100);
        let situation = Situation { per_hour, poll_interval: interval, payload: 0, starter: Starter::Server, minutes: 1 };
        let costs = Costs { connecting: Connecting { time: figure(0), bytes: figure(0) }, ..costs() };
        let line = BreakEven::of(&costs, situation, Policy::default()).outlook(Way::ShortPolling).bytes.expect("known");
        let model = line.at(messages as u32);
        let counted = polled_by_counting(messages, gap, interval.into());
        // The mean is less than one poll from the count.
        prop_assert!(Exact::from(counted * 430) <= model && model < Exact::from((counted + 1) * 430));
    }

    #[test]
    fn what_is_advised_meets_its_criterion(
        costs in any_costs(2_000), situation in any_situation(), margin in 0u32..50, measure in prop::sample::select(MEASURES.to_vec()),
    ) {
        let criterion = Criterion { measure, margin };
        let found = advise(&costs, situation, Policy::default(), criterion).expect("all costs are known");
        let even = BreakEven::of(&costs, situation, Policy::default());
        let total = |way: Way| even.total(measure, way);
        let least = Way::ALL.into_iter().filter_map(|way| total(way).ok()).min().expect("one is known");
        let fits = |way: Way| total(way).is_ok_and(|total| total.times(100u32) <= least.times(100 + margin));
        prop_assert!(fits(found.way));
        prop_assert!(Way::ALL.into_iter().take_while(|way| *way != found.way).all(|way| !fits(way)));
        let way_at = |slider: Slider, setting: Setting| {
            advise(&costs, situation.with(slider, setting), Policy::default(), criterion).map(|found| found.way)
        };
        // What is different at an end of the range becomes so somewhere before it.
        for slider in Slider::NUMBERS {
            let (least, most) = slider.range().expect("it is a number");
            let Setting::Number(stands) = situation.get(slider) else { continue };
            for end in [least, most] {
                let found_there = found.changes.iter().any(|change| match change.at {
                    Setting::Number(at) => change.slider == slider && (at < stands) == (end < stands),
                    Setting::Starter(_) => false,
                });
                prop_assert!(found_there || way_at(slider, Setting::Number(end)) == Ok(found.way));
            }
        }
        for change in found.changes {
            prop_assert_eq!(way_at(change.slider, change.at), Ok(change.way));
            prop_assert_ne!(change.way, found.way);
            let (Setting::Number(at), Setting::Number(stands)) = (change.at, situation.get(change.slider)) else { continue };
            let before = if at > stands { at - 1 } else { at + 1 };
            prop_assert_eq!(way_at(change.slider, Setting::Number(before)), Ok(found.way));
        }
    }

    #[test]
    fn times_in_another_unit_change_no_crossing(
        costs in any_costs(2_000), situation in any_situation(), scale in 2u64..1_000,
    ) {
        // Where nobody polls, times come from figures alone.
        let situation = Situation { starter: Starter::Client, ..situation };
        let mut scaled = costs;
        for cost in figures(&mut scaled) {
            *cost = figure(cost.expect("known").value() * scale);
        }
        let policy = Policy { idle_close: None, ..Policy::default() };
        let (once, often) = (BreakEven::of(&costs, situation, policy), BreakEven::of(&scaled, situation, policy));
        for way in Way::ALL {
            prop_assert_eq!(
                often.total(Measure::Time, way).ok(),
                once.total(Measure::Time, way).ok().map(|total| total.times(scale))
            );
            for than in Way::ALL {
                prop_assert_eq!(once.crossing(Measure::Time, way, than), often.crossing(Measure::Time, way, than));
            }
        }
    }

    #[test]
    fn twice_the_rate_for_half_the_time_costs_the_same_where_silence_is_free(
        costs in any_costs(2_000), per_hour in 1u32..=180_000, payload in 0u32..=1 << 20, minutes in 1u32..=720,
    ) {
        let policy = Policy { idle_close: None, ping_after: None, comment_after: None, ..Policy::default() };
        let total = |per_hour: u32, minutes: u32, way: Way| {
            let situation = Situation { per_hour, payload, starter: Starter::Client, minutes, poll_interval: 1_000 };
            BreakEven::of(&costs, situation, policy).total(Measure::Bytes, way)
        };
        for way in Way::ALL {
            prop_assert_eq!(total(per_hour, minutes * 2, way), total(per_hour * 2, minutes, way));
        }
    }

    #[test]
    fn a_figure_that_is_missing_is_named_or_does_not_matter(costs in any_costs(MOST), situation in any_situation()) {
        let even = |costs: &Costs| BreakEven::of(costs, situation, Policy::default());
        let all = even(&costs);
        for which in 0..figures(&mut costs.clone()).len() {
            let (mut lacking, mut other) = (costs, costs);
            *figures(&mut lacking)[which] = Err(Missing::NotTold);
            let cost = &mut *figures(&mut other)[which];
            *cost = figure(if cost.expect("known").value() < MOST / 2 { MOST - 1 } else { 0 });
            let (lacking, other) = (even(&lacking), even(&other));
            for (way, measure) in Way::ALL.into_iter().flat_map(|way| MEASURES.map(|measure| (way, measure))) {
                let [all, lacking, other] = [&all, &lacking, &other].map(|even| even.outlook(way).line(measure));
                match lacking {
                    // What needs no such figure is as it was, whatever the figure.
                    Ok(_) => prop_assert!(lacking == all && lacking == other),
                    Err(Gap::Missing { why, .. }) => prop_assert!(why == Missing::NotTold && all.is_ok()),
                    Err(gap) => prop_assert_eq!(all, Err(gap)),
                }
            }
        }
    }

    #[test]
    fn nothing_known_gives_no_number(situation in any_situation()) {
        let even = BreakEven::of(&nothing_known(Missing::NotTold), situation, Policy::default());
        for outlook in even.outlooks {
            prop_assert!(outlook.bytes.is_err() && outlook.time.is_err() && outlook.delay.is_err());
        }
        prop_assert!(even.dominated().is_empty());
    }
}
