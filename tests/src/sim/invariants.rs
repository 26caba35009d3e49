//! What must be true of a world at rest: the predicates, and what only a story with one preview
//! can try.

use tempus_engine::{Filter, Store};
use tempus_model::{Course, Phase, PreviewId};

use super::predicate::Sight;
use super::world::{World, spec};

impl World {
    /// Checks everything that must be true of this preview at rest.
    pub async fn check(&mut self, preview: PreviewId) -> Result<(), String> {
        self.hints_are_spent(preview).await?;
        self.eye.look(&Sight::Rest)?;
        let letters = self
            .engine
            .store()
            .dead_letters(10)
            .await
            .map_err(|e| e.to_string())?;
        if !letters.is_empty() {
            return Err(format!("dead letters: {letters:?}"));
        }
        Ok(())
    }

    /// No hint is left on the queue: none was multiplied for ever.
    async fn hints_are_spent(&mut self, preview: PreviewId) -> Result<(), String> {
        // Hints that were sent again because of the fault come within seconds and find nothing;
        // a message that its dead receiver hid comes back when its visibility ends.
        loop {
            let answered = self.strikes_answered;
            self.until_rest(preview, std::time::Duration::from_hours(2))
                .await?;
            self.pass(preview, std::time::Duration::from_mins(2)).await;
            if self.strikes_answered == answered {
                break;
            }
        }
        let depth = self
            .engine
            .queue()
            .depth()
            .await
            .map_err(|e| e.to_string())?;
        if depth.visible + depth.in_flight > 0 || depth.delayed > self.found_hints {
            return Err(format!("hints are left: {depth:?}"));
        }
        Ok(())
    }

    /// What must be true of a preview that has come to its end.
    pub async fn check_gone(&mut self, preview: PreviewId) -> Result<(), String> {
        self.check(preview).await?;
        let row = self.get(preview).await.row;
        if !matches!(row.phase(), Phase::Destroyed | Phase::Failed) {
            return Err(format!("not gone: {row:?}"));
        }
        let store = self.engine.store();
        let receipt = store.receipt(preview).await.map_err(|e| e.to_string())?;
        let receipt = receipt.ok_or_else(|| format!("no receipt: {row:?}"))?;
        if receipt.checks.iter().any(|check| !check.found.is_empty()) {
            return Err(format!("a receipt that finds something: {receipt:?}"));
        }
        if !self.cloud.truth().is_empty() {
            return Err(format!("left behind: {:?}", self.cloud.truth()));
        }
        if row.suspicion > 0 || row.due_at.is_some() || !row.ledger.is_empty() {
            return Err(format!("not at rest: {row:?}"));
        }
        Ok(())
    }

    /// Every slot that the preview held can be taken again: the quota is two, the listener three.
    pub async fn check_slots_are_free(&mut self) -> Result<(), String> {
        let ttl = std::time::Duration::from_hours(1);
        for name in ["app", "other"] {
            let made = self.create(name, spec(&[("web", "1")]), ttl).await;
            made.map_err(|error| format!("a slot was not given back: {error}"))?;
        }
        if self
            .create("third", spec(&[("web", "1")]), ttl)
            .await
            .is_ok()
        {
            return Err("two slots held three previews".to_owned());
        }
        let all = self.engine.store().list(&Filter::default(), None, 10).await;
        let live = all.map_err(|e| e.to_string())?.items;
        let live = live.iter().filter(|s| !s.row.is_gone()).count();
        if live != 2 {
            return Err(format!("two slots are taken, but {live} previews exist"));
        }
        Ok(())
    }

    /// Compensating what was compensated changes nothing: the preview's row is verified once
    /// more, which looks for everything again.
    pub async fn check_twice_is_once(&mut self, preview: PreviewId) -> Result<(), String> {
        let before = self.cloud.truth().len();
        let now = self.now();
        let doubted = self.store().doubt(preview, now).await;
        doubted.map_err(|e| e.to_string())?;
        self.hint(preview).await;
        self.until_rest(preview, std::time::Duration::from_hours(1))
            .await?;
        let row = self.get(preview).await.row;
        if row.suspicion > 0
            || row
                .saga
                .as_ref()
                .is_some_and(|saga| saga.course == Course::Unwind)
        {
            return Err(format!("the second verify did not end: {row:?}"));
        }
        if self.cloud.truth().len() != before {
            return Err("verifying again changed what exists".to_owned());
        }
        Ok(())
    }
}
