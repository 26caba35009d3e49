//! Hashing and verifying passwords: slow on purpose, so few at a time.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tempus_model::PasswordHash;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::Gate;

/// How many characters a password may have. Short ones are guessed; very long ones are a way to
/// keep a server busy.
pub const PASSWORD_LENGTH: RangeInclusive<usize> = 8..=128;

/// How many passwords are worked on at the same time. Each takes a core and 19 MiB for a few
/// hundredths of a second, so this is also how much of the machine guessing can take.
const AT_ONCE: usize = 2;

/// How long a password waits for its turn.
const PATIENCE: Duration = Duration::from_secs(2);

/// Too many passwords are being worked on: ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked now; ask again")]
pub struct Busy;

/// Works on few passwords at a time.
#[derive(Debug)]
pub(super) struct Hasher(Arc<Semaphore>);

impl Default for Hasher {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Hasher {
    async fn work<T: Send + 'static>(
        &self,
        on: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let turn = timeout(PATIENCE, Arc::clone(&self.0).acquire_owned());
        let Ok(Ok(turn)) = turn.await else {
            return Err(Busy);
        };
        let work = spawn_blocking(move || {
            // Kept by the work itself: whoever asked may be gone before it is done.
            let _turn = turn;
            on()
        });
        work.await.map_err(|_| Busy)
    }

    pub(super) async fn verify(&self, password: String, hash: &PasswordHash) -> Result<bool, Busy> {
        let hash = hash.as_phc().to_owned();
        // The parameters are the hash's own: those of today may be other ones.
        self.work(move || {
            let verified = Argon2::default().verify_password(password.as_bytes(), hash.as_str());
            verified.is_ok()
        })
        .await
    }
}

impl Gate {
    /// The hash of a password that [fits](unfit), for what `of` names: an owner and a name.
    ///
    /// The salt is made from that and the installation's key, so the same password gives the same
    /// hash: a create that is sent again by every push of a branch changes nothing, and its visitors'
    /// sessions go on. Two previews with one password have different hashes all the same.
    ///
    /// # Errors
    /// If too many are being hashed already.
    pub async fn hash(&self, password: String, of: &str) -> Result<PasswordHash, Busy> {
        let salt = self.keys.salt(&format!("salt\0{of}"));
        let hashed = self.hasher.work(move || {
            let hashed = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
            hashed.map(|hash| PasswordHash::new(hash.to_string()))
        });
        // Cannot fail for a password of this length and a salt of that.
        hashed.await?.map_err(|_| Busy)
    }
}

/// What is wrong with a password, if anything; never repeats it.
pub fn unfit(password: &str) -> Option<String> {
    let length = password.chars().count();
    let (least, most) = PASSWORD_LENGTH.into_inner();
    let control = password.chars().any(char::is_control);
    let fits = PASSWORD_LENGTH.contains(&length) && !control;
    (!fits).then(|| {
        format!("must have {least} to {most} characters, none of them a control character")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::GateKeys;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_alone() {
        let gate = Gate::new(GateKeys::parse(&"k".repeat(32)).unwrap());
        let hash = gate.hash("correct horse".into(), "me\0shop").await.unwrap();
        let phc = hash.as_phc();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(!phc.contains("horse"));
        let verify = |password: &str| gate.hasher.verify(password.to_owned(), &hash);
        assert_eq!(verify("correct horse").await, Ok(true));
        assert_eq!(verify("correct horsf").await, Ok(false));
        assert_eq!(verify("").await, Ok(false));
        let damaged = PasswordHash::new("$argon2id$".into());
        assert_eq!(gate.hasher.verify(String::new(), &damaged).await, Ok(false));

        let again = gate.hash("correct horse".into(), "me\0shop").await.unwrap();
        assert_eq!(again, hash);
        let other = gate.hash("correct horse".into(), "me\0docs").await.unwrap();
        assert_ne!(other, hash, "another preview has another salt");
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        for fits in ["12345678", "pässwört", &"ü".repeat(128), " with spaces "] {
            assert_eq!(unfit(fits), None, "{fits}");
        }
        for wrong in ["", "1234567", &"x".repeat(129), "pass\nword", "password\0"] {
            assert!(unfit(wrong).is_some_and(|why| why.contains("8 to 128")));
        }
    }

    #[tokio::test]
    async fn who_waits_too_long_is_sent_away() {
        let gate = Gate::new(GateKeys::parse(&"k".repeat(32)).unwrap());
        let hash = PasswordHash::new(String::new());
        let turns = gate.hasher.0.acquire_many(2).await.unwrap();
        assert_eq!(gate.hasher.verify("x".into(), &hash).await, Err(Busy));
        drop(turns);
        assert_eq!(gate.hasher.verify("x".into(), &hash).await, Ok(false));
    }
}
