//! The state as a token: a JSON Web Signature in compact form (RFC 7515 §7.1) with HS256 (RFC 7518
//! §3.2), so that the client may read what it carries, and may not change it.
//!
//! The key is another at each start of the server, and the header's `kid` (RFC 7515 §4.1.4) says of
//! which start it is. An older token is as good as the newest: a server that keeps nothing cannot
//! know which of them came last.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;

use crate::wire::MemoryState;

/// The one algorithm; that another is named is no reason to use it (RFC 8725 §3.1).
const ALGORITHM: &str = "HS256";

/// Makes tokens and knows its own.
#[derive(Debug)]
pub(crate) struct Signer {
    keyed: Hmac<Sha256>,
    key_id: String,
}

/// Why a token is not taken. Each is a sentence for who sent it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum TokenError {
    /// It has not the form.
    #[error(
        "This is no token of this server: send the one of an earlier answer as it was (three parts in base64url with \
         dots between them), or none to begin with an empty state."
    )]
    Form,
    /// Its header names another key.
    #[error(
        "This token was signed with another key: the server was started anew since, or it is another server. The state \
         is gone with the key; send no token to begin with an empty one."
    )]
    OtherKey,
    /// Its signature is not that of its content.
    #[error(
        "The token's signature does not belong to its content: it was changed on the way or by who carried it. Send \
         the token of an earlier answer as it was."
    )]
    Tampered,
}

#[derive(Serialize, Deserialize)]
struct Header<'a> {
    alg: &'a str,
    kid: &'a str,
}

impl Signer {
    /// One with a fresh random key. `key_id` tells it from others.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub(crate) fn new(key_id: String) -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self::with_key(&key, key_id))
    }

    fn with_key(key: &[u8], key_id: String) -> Self {
        let keyed = Hmac::new_from_slice(key).expect("a key of HMAC may have any length");
        Self { keyed, key_id }
    }

    /// The state as a token.
    pub(crate) fn sign(&self, state: &MemoryState) -> String {
        let header = Header { alg: ALGORITHM, kid: &self.key_id };
        let header = serde_json::to_vec(&header).expect("a header is JSON");
        let payload = serde_json::to_vec(state).expect("a state is JSON");
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = self.keyed.clone().chain_update(&input).finalize().into_bytes();
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The state in a token.
    ///
    /// # Errors
    /// When it is none, or another server's, or was changed.
    pub(crate) fn verify(&self, token: &str) -> Result<MemoryState, TokenError> {
        let (input, signature) = token.rsplit_once('.').ok_or(TokenError::Form)?;
        let (header, payload) = input.split_once('.').ok_or(TokenError::Form)?;
        let [header, payload, signature] = [header, payload, signature].map(|part| URL_SAFE_NO_PAD.decode(part));
        let header = header.map_err(|_| TokenError::Form)?;
        let header: Header<'_> = serde_json::from_slice(&header).map_err(|_| TokenError::Form)?;
        if header.alg != ALGORITHM {
            return Err(TokenError::Form);
        }
        if header.kid != self.key_id {
            return Err(TokenError::OtherKey);
        }
        let signature = signature.map_err(|_| TokenError::Tampered)?;
        // In constant time.
        self.check(input, &signature)?;
        let payload = payload.map_err(|_| TokenError::Tampered)?;
        serde_json::from_slice(&payload).map_err(|_| TokenError::Tampered)
    }

    fn check(&self, input: &str, signature: &[u8]) -> Result<(), TokenError> {
        self.keyed.clone().chain_update(input).verify_slice(signature).map_err(|_| TokenError::Tampered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> Signer {
        Signer::with_key(b"a key for tests", "k1".to_owned())
    }

    fn state() -> MemoryState {
        MemoryState { counter: 3, cart: [("pear".to_owned(), 2)].into() }
    }

    /// RFC 7515, appendix A.1.
    #[test]
    fn the_standards_example_has_the_right_signature() {
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let input = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6\
                     Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("it is base64url");
        let signer = Signer::with_key(&decode(key), String::new());
        assert_eq!(signer.check(input, &decode(signature)), Ok(()));
    }

    #[test]
    fn what_is_signed_is_read_back() {
        let signer = signer();
        assert_eq!(signer.verify(&signer.sign(&state())), Ok(state()));
        let empty = MemoryState::default();
        assert_eq!(signer.verify(&signer.sign(&empty)), Ok(empty));
    }

    #[test]
    fn a_client_can_read_what_it_carries() {
        let token = signer().sign(&state());
        let parts: Vec<_> = token.split('.').collect();
        let read = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("text");
        assert_eq!(parts.len(), 3);
        assert_eq!(read(parts[0]), r#"{"alg":"HS256","kid":"k1"}"#);
        assert_eq!(read(parts[1]), r#"{"counter":3,"cart":{"pear":2}}"#);
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let signer = signer();
        let token = signer.sign(&state());
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("it is ASCII");
            assert!(signer.verify(&changed).is_err(), "at {at}: {changed}");
        }
    }

    #[test]
    fn a_better_state_under_an_old_signature_is_refused() {
        let signer = signer();
        let token = signer.sign(&state());
        let rich = signer.sign(&MemoryState { counter: 1_000_000, ..state() });
        let part = |token: &str, at: usize| token.split('.').nth(at).expect("it has three").to_owned();
        let forged = format!("{}.{}.{}", part(&rich, 0), part(&rich, 1), part(&token, 2));
        assert_eq!(signer.verify(&forged), Err(TokenError::Tampered));
        assert_eq!(signer.verify(&format!("{}.{}.", part(&rich, 0), part(&rich, 1))), Err(TokenError::Tampered));
    }

    #[test]
    fn no_other_algorithm_is_taken() {
        for algorithm in ["none", "HS512", "hs256"] {
            let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{algorithm}","kid":"k1"}}"#));
            let payload = URL_SAFE_NO_PAD.encode(r#"{"counter":1,"cart":{}}"#);
            assert_eq!(signer().verify(&format!("{header}.{payload}.")), Err(TokenError::Form));
        }
    }

    #[test]
    fn a_key_of_another_start_is_told_from_tampering() {
        let other = Signer::new("k0".to_owned()).expect("there are random numbers");
        assert_eq!(signer().verify(&other.sign(&state())), Err(TokenError::OtherKey));
        let same_name = Signer::new("k1".to_owned()).expect("there are random numbers");
        assert_eq!(signer().verify(&same_name.sign(&state())), Err(TokenError::Tampered));
    }

    #[test]
    fn what_is_no_token_is_told_so() {
        for text in ["", ".", "..", "a.b.c", "a.b", "….….…", "eyJ9.e30.AA"] {
            assert_eq!(signer().verify(text), Err(TokenError::Form), "{text}");
        }
    }
}
