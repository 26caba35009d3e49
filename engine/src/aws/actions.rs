//! Every call that the engine makes, and what a role must be allowed for it. Policies are written
//! from this list; the tests hold every call that is really made against it.

/// Whose policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// `tempus api`: accepts, reads, sends hints, and takes dead letters away.
    Api,
    /// `tempus worker`: everything but making the resources.
    Worker,
    /// `tempus bootstrap`: makes the resources.
    Bootstrap,
}

/// A call, and what a role must be allowed for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionInfo {
    /// Service and operation, as in [`super::Usage::requests`].
    pub operation: &'static str,
    /// The IAM actions that it needs.
    pub iam: &'static [&'static str],
    /// Who makes it.
    pub roles: &'static [Role],
}

use Role::{Api, Bootstrap, Worker};

const EVERYBODY: &[Role] = &[Api, Worker, Bootstrap];
const RUNNING: &[Role] = &[Api, Worker];
const WORKER: &[Role] = &[Worker];
const BOOTSTRAP: &[Role] = &[Bootstrap];

macro_rules! actions {
    ($($operation:literal: [$($iam:literal),+], $roles:expr;)+) => {
        const ACTIONS: &[ActionInfo] = &[$(ActionInfo {
            operation: $operation,
            iam: &[$($iam),+],
            roles: $roles,
        }),+];
    };
}

actions! {
    "DynamoDB.GetItem": ["dynamodb:GetItem"], EVERYBODY;
    "DynamoDB.BatchGetItem": ["dynamodb:BatchGetItem"], RUNNING;
    "DynamoDB.Query": ["dynamodb:Query"], RUNNING;
    "DynamoDB.PutItem": ["dynamodb:PutItem"], EVERYBODY;
    "DynamoDB.UpdateItem": ["dynamodb:UpdateItem"], RUNNING;
    "DynamoDB.DeleteItem": ["dynamodb:DeleteItem"], RUNNING;
    "DynamoDB.TransactWriteItems":
        ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], RUNNING;
    "SQS.SendMessageBatch": ["sqs:SendMessage"], RUNNING;
    "SQS.GetQueueAttributes": ["sqs:GetQueueAttributes"], EVERYBODY;
    "SQS.ReceiveMessage": ["sqs:ReceiveMessage"], WORKER;
    "SQS.ChangeMessageVisibilityBatch": ["sqs:ChangeMessageVisibility"], WORKER;
    "SQS.DeleteMessageBatch": ["sqs:DeleteMessage"], WORKER;
    "Scheduler.CreateSchedule":
        ["scheduler:CreateSchedule", "iam:PassRole"], &[Worker, Bootstrap];
    "Scheduler.UpdateSchedule":
        ["scheduler:UpdateSchedule", "iam:PassRole"], &[Worker, Bootstrap];
    "Scheduler.GetSchedule": ["scheduler:GetSchedule"], WORKER;
    "Scheduler.DeleteSchedule": ["scheduler:DeleteSchedule"], WORKER;
    "Scheduler.ListSchedules": ["scheduler:ListSchedules"], WORKER;
    "Scheduler.CreateScheduleGroup": ["scheduler:CreateScheduleGroup"], BOOTSTRAP;
    "DynamoDB.CreateTable": ["dynamodb:CreateTable"], BOOTSTRAP;
    "DynamoDB.DescribeTable": ["dynamodb:DescribeTable"], BOOTSTRAP;
    "DynamoDB.DescribeTimeToLive": ["dynamodb:DescribeTimeToLive"], BOOTSTRAP;
    "DynamoDB.UpdateTimeToLive": ["dynamodb:UpdateTimeToLive"], BOOTSTRAP;
    "DynamoDB.UpdateContinuousBackups": ["dynamodb:UpdateContinuousBackups"], BOOTSTRAP;
    "SQS.CreateQueue": ["sqs:CreateQueue"], BOOTSTRAP;
    "SQS.SetQueueAttributes": ["sqs:SetQueueAttributes"], BOOTSTRAP;
}

/// Every call that the engine and its bootstrap can make.
pub fn actions() -> &'static [ActionInfo] {
    ACTIONS
}
