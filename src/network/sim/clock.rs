//! The clock that everything here lives by, and what runs on it: timers and tasks, on one thread and in an
//! order that is the same each time. It jumps to the next timer whenever everything waits.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::future::{Either, select};

use crate::trace::{Span, Time};

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// The script that is run is the task of this number.
const SCRIPT: u64 = 0;

/// Time, timers and tasks.
#[derive(Default)]
pub(super) struct Clock {
    now: Cell<Time>,
    timers: RefCell<BinaryHeap<Reverse<Timer>>>,
    /// Timers that were set until now: those of the same time go off in the order in which they were set.
    set: Cell<u64>,
    tasks: RefCell<HashMap<u64, Task>>,
    spawned: Cell<u64>,
    ready: Arc<Ready>,
}

/// Tasks that can go on, in the order in which they were woken.
#[derive(Default)]
struct Ready(Mutex<VecDeque<u64>>);

impl Ready {
    fn push(&self, task: u64) {
        let mut ready = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !ready.contains(&task) {
            ready.push_back(task);
        }
    }

    fn pop(&self) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

struct TaskWaker {
    task: u64,
    ready: Arc<Ready>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.ready.push(self.task);
    }
}

struct Timer {
    at: Time,
    number: u64,
    then: Then,
}

enum Then {
    Wake(Waker),
    Do(Box<dyn FnOnce()>),
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Timer {}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl Clock {
    pub(super) fn now(&self) -> Time {
        self.now.get()
    }

    /// Does something at a time.
    pub(super) fn at(&self, at: Time, what: impl FnOnce() + 'static) {
        self.set(at, Then::Do(Box::new(what)));
    }

    fn set(&self, at: Time, then: Then) {
        let number = self.set.get();
        self.set.set(number + 1);
        self.timers.borrow_mut().push(Reverse(Timer { at, number, then }));
    }

    /// Runs something beside the script.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        let number = self.spawned.get() + 1;
        self.spawned.set(number);
        self.tasks.borrow_mut().insert(number, Box::pin(task));
        self.ready.push(number);
    }

    pub(super) fn sleep_until(self: &Rc<Self>, at: Time) -> Sleep {
        Sleep { clock: Rc::clone(self), at, waker: None }
    }

    pub(super) fn sleep(self: &Rc<Self>, span: Span) -> Sleep {
        self.sleep_until(self.now() + span)
    }

    /// Waits for something so long at most.
    pub(super) async fn within<T>(self: &Rc<Self>, span: Span, what: impl Future<Output = T>) -> Option<T> {
        let sleep = self.sleep(span);
        match select(pin!(what), sleep).await {
            Either::Left((done, _)) => Some(done),
            Either::Right(_) => None,
        }
    }

    /// Runs a script to its end, and all tasks beside it. `None` when it waits for something that will never
    /// come, or when `until` is reached first.
    pub(super) fn run<T>(&self, script: impl Future<Output = T>, until: Option<Time>) -> Option<T> {
        let mut script = pin!(script);
        let waker = self.waker(SCRIPT);
        self.ready.push(SCRIPT);
        loop {
            while let Some(task) = self.ready.pop() {
                if task != SCRIPT {
                    self.go_on_with(task);
                } else if let Poll::Ready(result) = script.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Some(result);
                }
            }
            let next = self.timers.borrow().peek().map(|Reverse(timer)| timer.at)?;
            if until.is_some_and(|until| next > until) {
                return None;
            }
            let due = self.timers.borrow_mut().pop();
            self.now.set(self.now.get().max(next));
            match due.map(|Reverse(timer)| timer.then) {
                Some(Then::Wake(waker)) => waker.wake(),
                Some(Then::Do(what)) => what(),
                None => {}
            }
        }
    }

    /// Lets so much time pass.
    pub(super) fn pass(&self, span: Span) {
        let until = self.now() + span;
        self.run(std::future::pending::<()>(), Some(until));
        self.now.set(until);
    }

    /// Drops all tasks and timers, and with them what they hold of one another.
    pub(super) fn stop(&self) {
        // Dropping one may set timers and spawn others, which do not.
        loop {
            let (tasks, timers) = (self.tasks.take(), self.timers.take());
            if tasks.is_empty() && timers.is_empty() {
                return;
            }
        }
    }

    fn waker(&self, task: u64) -> Waker {
        Waker::from(Arc::new(TaskWaker { task, ready: Arc::clone(&self.ready) }))
    }

    fn go_on_with(&self, number: u64) {
        // Taken out meanwhile: it may spawn others.
        let Some(mut task) = self.tasks.borrow_mut().remove(&number) else { return };
        let waker = self.waker(number);
        if task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            self.tasks.borrow_mut().insert(number, task);
        }
    }
}

/// Ready once the clock has reached a time.
pub(super) struct Sleep {
    clock: Rc<Clock>,
    at: Time,
    /// Whom a timer will wake.
    waker: Option<Waker>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.clock.now() >= self.at {
            return Poll::Ready(());
        }
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            self.clock.set(self.at, Then::Wake(context.waker().clone()));
            self.waker = Some(context.waker().clone());
        }
        Poll::Pending
    }
}
