//! Claims a row for a delivery, or says what to do with the delivery instead.

use tempus_engine::{ClaimError, Delivery, StoreError, chance};
use tempus_model::transition::claim::{Claim, NoClaim};
use tempus_model::{Nonce, Row, Snapshot, Work, broken};
use tokio::time::Instant;

use crate::held::Held;
use crate::{Parts, WorkerConfig, metrics};

/// What came of a claim.
pub(crate) enum Claimed {
    /// The lease is ours.
    Ours(Box<Held>),
    /// Somebody else holds the row; this is the row as it stands.
    Held(Box<Row>),
    /// There is nothing to do.
    Nothing,
    /// The saga has ended its workers too often and is parked now.
    Parked,
}

/// How often a row that changes between look and claim is looked at again.
const LOOKS: u32 = 8;

impl Parts {
    /// Claims the row if it calls for work.
    pub(crate) async fn claim(
        &self,
        config: &WorkerConfig,
        mut snapshot: Snapshot,
        delivery: &Delivery,
    ) -> Result<Claimed, StoreError> {
        let preview = snapshot.identity.id;
        let nonce = Nonce(chance::random());
        // Before the claim, so that the message never comes back while the lease stands.
        let how_long = config.hidden_for();
        let is_hidden = delivery.hidden_until >= Instant::now() + how_long;
        if !is_hidden || broken!(ShortVisibility) {
            self.keep_hidden(&delivery.handle, how_long).await;
        }
        for _ in 0..LOOKS {
            let (sent, now) = (Instant::now(), self.now());
            let work = snapshot.row.work(now);
            if matches!(
                work,
                Work::Nothing | Work::LookIfIdle | Work::Warn | Work::Expire
            ) {
                return Ok(Claimed::Nothing);
            }
            let claim = Claim {
                worker: config.name.clone(),
                nonce,
                message: Some(delivery.id.clone()),
                looked_at: snapshot.row.version,
                fresh: self.fresh(&snapshot, work, now).await?,
                now,
                lease: config.lease,
                margin: config.skew,
            };
            let answer = self.store.claim(preview, &claim).await;
            match answer {
                Ok(row) if row.parked.is_some() => return Ok(Claimed::Parked),
                Ok(row) => {
                    if snapshot.row.lease.is_some() {
                        metrics::lease_expired();
                    }
                    return Ok(self.held(config, snapshot, row, &claim, sent, delivery));
                }
                Err(ClaimError::NotFound | ClaimError::NoClaim(NoClaim::NotDue(_))) => {
                    return Ok(Claimed::Nothing);
                }
                Err(ClaimError::NoClaim(NoClaim::Held(..) | NoClaim::Changed)) => {}
                Err(ClaimError::Store(StoreError::Unanswered(_))) => {
                    tokio::time::sleep(config.backoff).await;
                }
                Err(ClaimError::Store(error)) => return Err(error),
            }
            let Some(now_stands) = self.store.get(preview).await? else {
                return Ok(Claimed::Nothing);
            };
            // Our own claim, whose answer was lost.
            if now_stands.row.nonce == nonce && now_stands.row.lease.is_some() {
                let row = now_stands.row.clone();
                return Ok(self.held(config, now_stands, row, &claim, sent, delivery));
            }
            snapshot = now_stands;
            if snapshot.row.is_held(self.now(), config.skew) {
                return Ok(Claimed::Held(Box::new(snapshot.row)));
            }
        }
        Ok(Claimed::Held(Box::new(snapshot.row)))
    }

    fn held(
        &self,
        config: &WorkerConfig,
        mut snapshot: Snapshot,
        row: Row,
        claim: &Claim,
        sent: Instant,
        delivery: &Delivery,
    ) -> Claimed {
        snapshot.row = row;
        let message = Some(delivery.handle.clone());
        match Held::new(self.clone(), config.clone(), snapshot, claim, sent, message) {
            Some(held) => Claimed::Ours(Box::new(held)),
            None => Claimed::Nothing,
        }
    }
}
