//! An account with a cluster and a load balancer, and what a worker does, without its machinery.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, FixedResponseActionConfig, ProtocolEnum,
};
use futures::future::try_join_all;
use serde_json::value::RawValue;
use tempus_model::{Ledger, LedgerEntry, Spec, Stage, StepId};

use crate::aws::client::Client;
use crate::aws::options::{AwsOptions, Credentials, ListenerMode};
use crate::aws::testing::{Script, TestCtx, options};
use crate::aws::{AwsPlatform, logs, rank};
use crate::postgres::Databases;
use crate::{Ctx, LogQuery, LogStream, Platform, Progress, StepError};

/// How often something that waits is looked at again.
const LOOKS: usize = 60;

/// A platform on an emulator, and one preview.
pub(super) struct World {
    pub(super) platform: AwsPlatform,
    pub(super) client: Client,
    pub(super) options: AwsOptions,
    pub(super) ctx: TestCtx,
    pub(super) ledger: Ledger,
}

impl World {
    pub(super) async fn new(endpoint: &str, mode: ListenerMode) -> Self {
        Self::with_databases(endpoint, mode, Databases::None).await
    }

    /// One whose previews may have databases on this server.
    pub(super) async fn with_databases(
        endpoint: &str,
        mode: ListenerMode,
        databases: Databases,
    ) -> Self {
        let ctx = TestCtx::new();
        let mut options = options();
        options.databases = databases;
        options.endpoint = Some(endpoint.to_owned());
        options.credentials = Credentials::Emulator;
        options.cluster = format!("c-{}", ctx.identity.short());
        let client = Client::connect(&options).await.unwrap();
        let cluster = client.ecs.create_cluster().cluster_name(&options.cluster);
        cluster.send().await.unwrap();
        let (vpc, subnets) = network(&client).await;
        (options.vpc_id, options.subnets) = (vpc, subnets);
        let groups = client
            .security_groups(&options.vpc_id, Some("default"))
            .await;
        options.security_groups = vec![groups.unwrap()[0].id.clone()];
        let listener = &mut options.listeners[0];
        let (balancer, arn) =
            listener_on(&client, &options.subnets, &ctx.identity.short().to_string()).await;
        listener.load_balancer.arn = balancer;
        (listener.listener_arn, listener.mode) = (arn, mode);
        let platform = AwsPlatform::new(options.clone()).await.unwrap();
        Self {
            platform,
            client,
            options,
            ctx,
            ledger: Ledger::default(),
        }
    }

    /// A platform on an endpoint that answers what it is told to.
    pub(super) async fn scripted(script: &Script, ctx: TestCtx) -> Self {
        let options = script.tools.options.clone();
        Self {
            platform: AwsPlatform::new(options.clone()).await.unwrap(),
            client: Client::connect(&options).await.unwrap(),
            options,
            ctx,
            ledger: Ledger::default(),
        }
    }

    /// Another preview, in the same cluster and on the same listener.
    pub(super) async fn beside(&self) -> Self {
        let options = self.options.clone();
        Self {
            platform: AwsPlatform::new(options.clone()).await.unwrap(),
            client: Client::connect(&options).await.unwrap(),
            options,
            ctx: TestCtx::new(),
            ledger: Ledger::default(),
        }
    }

    /// The family of the first task definition of the plan.
    pub(super) fn family(&self, spec: &Spec) -> String {
        let plan = self.plan(spec);
        let mut steps = plan.iter().flat_map(|stage| &stage.steps);
        let step = steps.find(|step| step.step.kind() == "task-definition");
        let planned = step.and_then(|step| step.planned.clone()).unwrap();
        let code = self.platform.step("task-definition").unwrap();
        code.resource(&planned).unwrap().name
    }

    pub(super) fn plan(&self, spec: &Spec) -> Vec<Stage> {
        let plan = self
            .platform
            .newest(tempus_model::PlanKind::Create, self.ctx.wakefulness);
        let stages = self.platform.stages(plan, &self.ctx.request(spec));
        stages.unwrap()
    }

    /// Carries a plan out, and removes what it has not.
    pub(super) async fn converge(&mut self, spec: &Spec) -> Result<(), StepError> {
        let stages = self.plan(spec);
        for stage in &stages {
            for step in &stage.steps {
                let planned = step.planned.clone().unwrap();
                let generation = self.ctx.generation;
                self.ledger
                    .enter(&step.step, stage.rank, planned, generation);
            }
            let open = stage
                .steps
                .iter()
                .map(|step| self.ledger.get(&step.step).unwrap());
            let open = open
                .filter(|entry| !entry.done)
                .map(|entry| self.execute(entry));
            let done = try_join_all(open).await?;
            for (step, output) in done {
                self.ledger.finish(&step, output);
            }
        }
        let planned: Vec<_> = stages.iter().flat_map(|stage| &stage.steps).collect();
        self.compensate(|step| planned.iter().all(|planned| planned.step != *step))
            .await
    }

    async fn execute(&self, entry: &LedgerEntry) -> Result<(StepId, Arc<RawValue>), StepError> {
        let code = self.platform.step(entry.step.kind()).unwrap();
        let mut looks = 0;
        loop {
            let output = entry.output.as_deref();
            let executed = code.execute(&self.ctx, &entry.planned, output).await;
            match passing(executed)? {
                Progress::Done(output) => return Ok((entry.step.clone(), output)),
                Progress::Wait { reason, .. } => {
                    looks += 1;
                    assert!(looks < LOOKS, "{}: {reason}", entry.step);
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    /// Removes everything.
    pub(super) async fn unwind(&mut self) -> Result<(), StepError> {
        self.compensate(|_| true).await
    }

    async fn compensate(&mut self, is_excess: impl Fn(&StepId) -> bool) -> Result<(), StepError> {
        for rank in (0..=rank::SCALING).rev() {
            for entry in self.ledger.clone().entries() {
                if entry.rank != rank || !is_excess(&entry.step) {
                    continue;
                }
                let code = self.platform.step(entry.step.kind()).unwrap();
                let mut looks = 0;
                let output = entry.output.as_deref();
                while let Progress::Wait { reason, .. } =
                    passing(code.compensate(&self.ctx, &entry.planned, output).await)?
                {
                    looks += 1;
                    assert!(looks < LOOKS, "{}: {reason}", entry.step);
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                self.ledger.strike_out(&entry.step);
            }
        }
        Ok(())
    }

    /// What an audit finds that no ledger entry stands for.
    pub(super) async fn strays(&self) -> Vec<crate::Stray> {
        let audit = self.platform.audit(&self.ctx, &self.ledger).await.unwrap();
        audit.strays
    }

    /// Removes what an audit finds, until one finds nothing.
    pub(super) async fn remove_strays(&self) {
        for _ in 0..LOOKS {
            let strays = self.strays().await;
            if strays.is_empty() {
                return;
            }
            for stray in strays {
                assert_eq!(stray.preview, Some(self.ctx.identity.id), "{stray:?}");
                let removed = passing(self.platform.remove(&self.ctx, &stray).await);
                assert!(removed.is_ok(), "{stray:?}: {removed:?}");
            }
        }
        panic!("there is always something: {:?}", self.strays().await);
    }

    /// The preview's log lines.
    pub(super) async fn lines(&self, query: &LogQuery) -> Result<LogStream, StepError> {
        let (of, ledger) = (&self.ctx.identity, &self.ledger);
        logs::logs(self.platform.tools(), of, ledger, query).await
    }

    /// All of the installation. Others share the account: what of theirs goes while it is listed makes the
    /// listing old.
    pub(super) async fn inventory(&self) -> Vec<crate::Stray> {
        for _ in 0..LOOKS {
            match self.platform.inventory(self.ctx.installation()).await {
                Err(StepError::Transient { .. }) => {}
                listed => return listed.unwrap(),
            }
        }
        panic!("something always goes while it is listed");
    }

    /// What the inventory has of this preview, by kind.
    pub(super) async fn kinds(&self) -> Vec<String> {
        let all = self.inventory().await.into_iter();
        let ours = all.filter(|s| s.preview == Some(self.ctx.identity.id));
        let mut kinds: Vec<_> = ours.map(|stray| stray.resource.kind).collect();
        kinds.sort();
        kinds
    }
}

/// What passes is waited for, as a worker does.
fn passing<T>(done: Result<Progress<T>, StepError>) -> Result<Progress<T>, StepError> {
    match done {
        Err(StepError::Transient { reason, .. }) => Ok(Progress::wait(Duration::ZERO, reason)),
        done => done,
    }
}

async fn network(client: &Client) -> (String, Vec<String>) {
    let answer = client.raw_ec2("DescribeVpcs", &[]).await;
    let vpc = between(&answer, "<vpcId>");
    let answer = client
        .raw_ec2(
            "DescribeSubnets",
            &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &vpc)],
        )
        .await;
    let subnets = answer.split("<subnetId>").skip(1);
    let subnets = subnets.map(|rest| rest.split('<').next().unwrap().to_owned());
    (vpc, subnets.take(2).collect())
}

fn between(answer: &str, tag: &str) -> String {
    let (_, rest) = answer
        .split_once(tag)
        .unwrap_or_else(|| panic!("no {tag} in {answer}"));
    rest.split('<').next().unwrap().to_owned()
}

async fn listener_on(client: &Client, subnets: &[String], name: &str) -> (String, String) {
    let made = client.elb.create_load_balancer().name(format!("lb-{name}"));
    let made = made
        .set_subnets(Some(subnets.to_vec()))
        .send()
        .await
        .unwrap();
    let balancer = made.load_balancers()[0]
        .load_balancer_arn()
        .unwrap()
        .to_owned();
    let nothing = FixedResponseActionConfig::builder()
        .status_code("404")
        .build();
    let otherwise = Action::builder()
        .r#type(ActionTypeEnum::FixedResponse)
        .fixed_response_config(nothing);
    let listener = client.elb.create_listener().load_balancer_arn(&balancer);
    let listener = listener
        .protocol(ProtocolEnum::Http)
        .port(80)
        .default_actions(otherwise.build());
    let made = listener.send().await.unwrap();
    let listener = made.listeners()[0].listener_arn().unwrap().to_owned();
    (balancer, listener)
}
