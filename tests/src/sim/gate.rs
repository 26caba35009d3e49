//! Where every call of every port passes: what goes wrong with it is decided here.

use std::sync::Arc;

use async_trait::async_trait;
use tempus_model::PreviewId;
use tempus_steps::sim::{Fault, Hook};

/// What a wrapper does about a call besides asking the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Makes it.
    Make,
    /// Pretends to.
    Drop,
}

/// Stands around every call that one process makes. It may let the call fail, be lost or hang, or
/// be the last thing that its process ever did. `about` is the preview, where the wrapper knows.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Before the call has its effect. An error means that it never has.
    async fn enter(&self, call: &str, about: Option<PreviewId>) -> Result<Effect, Fault>;

    /// After the call has had its effect. An error means that its answer is lost.
    async fn leave(&self, call: &str, about: Option<PreviewId>) -> Result<(), Fault>;
}

/// Lets everything pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct Open;

#[async_trait]
impl Gate for Open {
    async fn enter(&self, _call: &str, _about: Option<PreviewId>) -> Result<Effect, Fault> {
        Ok(Effect::Make)
    }

    async fn leave(&self, _call: &str, _about: Option<PreviewId>) -> Result<(), Fault> {
        Ok(())
    }
}

/// A gate as the simulated cloud's hook.
pub struct CloudGate(pub Arc<dyn Gate>);

#[async_trait]
impl Hook for CloudGate {
    async fn before(&self, call: &str) -> Result<(), Fault> {
        let entered = self.0.enter(&format!("cloud.{call}"), None).await;
        entered.map(|_| ())
    }

    async fn after(&self, call: &str) -> Result<(), Fault> {
        self.0.leave(&format!("cloud.{call}"), None).await
    }
}
