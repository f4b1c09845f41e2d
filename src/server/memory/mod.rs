//! The memory: a counter and a small cart, and what is done with them.
//!
//! Nothing is kept here. Over a WebSocket the [`MemoryState`] lives in the connection's task and ends
//! with it; over HTTP it travels in a token that a [`Signer`] made, and that the client carries.

mod token;

pub(crate) use token::{Signer, TokenError};

use thiserror::Error;

use crate::wire::{MemoryCommand, MemoryState};

/// How many things a cart holds.
const MAX_THINGS: u32 = 100;
/// Bytes of a thing's name.
const MAX_NAME: usize = 64;

/// Why a command changes nothing. Each is a sentence for who sent it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum CommandError {
    /// Such a thing is never in a cart.
    #[error("A thing's name has 1 to {MAX_NAME} bytes and no control characters.")]
    Name,
    /// There is no room.
    #[error("The cart is full: it holds {MAX_THINGS} things. Take one out first.")]
    Full,
    /// It is not there.
    #[error("There is no “{0}” in the cart, so none can be taken out.")]
    NotThere(String),
}

/// Does what a command says.
///
/// # Errors
/// When that cannot be; then nothing is changed.
pub(crate) fn obey(state: &mut MemoryState, command: MemoryCommand) -> Result<(), CommandError> {
    match command {
        MemoryCommand::Count => state.counter = state.counter.saturating_add(1),
        MemoryCommand::Put { what } => {
            if what.is_empty() || what.len() > MAX_NAME || what.contains(char::is_control) {
                return Err(CommandError::Name);
            }
            if state.cart.values().sum::<u32>() >= MAX_THINGS {
                return Err(CommandError::Full);
            }
            *state.cart.entry(what).or_default() += 1;
        }
        MemoryCommand::Take { what } => match state.cart.get_mut(&what) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) => drop(state.cart.remove(&what)),
            None if what.len() > MAX_NAME => return Err(CommandError::Name),
            None => return Err(CommandError::NotThere(what)),
        },
        MemoryCommand::Show => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(what: &str) -> MemoryCommand {
        MemoryCommand::Put { what: what.to_owned() }
    }

    fn take(what: &str) -> MemoryCommand {
        MemoryCommand::Take { what: what.to_owned() }
    }

    #[test]
    fn the_counter_counts_and_the_cart_holds() {
        let mut state = MemoryState::default();
        for command in [MemoryCommand::Count, put("pear"), put("fig"), put("pear"), MemoryCommand::Count, take("fig")] {
            assert_eq!(obey(&mut state, command), Ok(()));
        }
        assert_eq!((state.counter, state.cart.clone()), (2, [("pear".to_owned(), 2)].into()));
        let before = state.clone();
        assert_eq!(obey(&mut state, MemoryCommand::Show), Ok(()));
        assert_eq!(state, before);
    }

    #[test]
    fn what_is_not_there_cannot_be_taken() {
        let mut state = MemoryState::default();
        assert_eq!(obey(&mut state, take("pear")), Err(CommandError::NotThere("pear".to_owned())));
        assert_eq!(obey(&mut state, take(&"x".repeat(65))), Err(CommandError::Name));
        assert_eq!(state, MemoryState::default());
    }

    #[test]
    fn a_cart_has_its_bounds() {
        let mut state = MemoryState::default();
        for wrong in ["", "a\nb", &"x".repeat(65), &"é".repeat(33)] {
            assert_eq!(obey(&mut state, put(wrong)), Err(CommandError::Name));
        }
        for at in 0..MAX_THINGS {
            assert_eq!(obey(&mut state, put(&format!("{at:064}"))), Ok(()));
        }
        for more in ["one more", &format!("{:064}", 0)] {
            assert_eq!(obey(&mut state, put(more)), Err(CommandError::Full));
        }
        assert_eq!(obey(&mut state, take(&format!("{:064}", 0))), Ok(()));
        assert_eq!(obey(&mut state, put("one more")), Ok(()));
    }
}
