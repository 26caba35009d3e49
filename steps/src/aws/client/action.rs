//! Every call that the platform makes: the one list that rate limits, error sorting and the roles'
//! policies are made from.

/// The calls that share one request rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws) enum Family {
    TaskDefinitionChange,
    TaskDefinitionDelete,
    ServiceChange,
    EcsRead,
    ElbChange,
    ElbRead,
    TagRead,
    LogRead,
    MetricRead,
    SecurityGroup,
    Parameter,
    Schedule,
    Scaling,
    Image,
}

/// Whether a call changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws) enum Effect {
    Read,
    Change,
}

/// A call, and what a role must be allowed for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionInfo {
    /// The operation, such as `CreateService`.
    pub operation: &'static str,
    /// The IAM actions that it needs, such as `ecs:CreateService`; the first is the call's own.
    pub iam: &'static [&'static str],
}

macro_rules! actions {
    ($($name:ident: $family:ident, $effect:ident, [$($iam:literal),+];)+) => {
        /// A call.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(in crate::aws) enum Action { $($name),+ }

        impl Action {
            const ALL: &[Self] = &[$(Self::$name),+];

            /// The operation's name.
            pub(in crate::aws) const fn operation(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),+ }
            }

            /// The request rate that it is counted under.
            pub(in crate::aws) const fn family(self) -> Family {
                match self { $(Self::$name => Family::$family),+ }
            }

            /// Whether it changes anything.
            pub(in crate::aws) const fn effect(self) -> Effect {
                match self { $(Self::$name => Effect::$effect),+ }
            }

            /// The service, as IAM calls it.
            pub(in crate::aws) fn iam_service(self) -> &'static str {
                let own = self.iam().first().and_then(|own| own.split(':').next());
                own.unwrap_or_default()
            }

            /// The IAM actions that it needs.
            pub(in crate::aws) const fn iam(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($iam),+]),+ }
            }
        }
    };
}

actions! {
    RegisterTaskDefinition: TaskDefinitionChange, Change,
        ["ecs:RegisterTaskDefinition", "ecs:TagResource", "iam:PassRole"];
    DeregisterTaskDefinition: TaskDefinitionChange, Change, ["ecs:DeregisterTaskDefinition"];
    DeleteTaskDefinitions: TaskDefinitionDelete, Change, ["ecs:DeleteTaskDefinitions"];
    DescribeTaskDefinition: EcsRead, Read, ["ecs:DescribeTaskDefinition"];
    ListTaskDefinitions: EcsRead, Read, ["ecs:ListTaskDefinitions"];
    ListTaskDefinitionFamilies: EcsRead, Read, ["ecs:ListTaskDefinitionFamilies"];
    CreateService: ServiceChange, Change, ["ecs:CreateService", "ecs:TagResource"];
    UpdateService: ServiceChange, Change, ["ecs:UpdateService"];
    DeleteService: ServiceChange, Change, ["ecs:DeleteService"];
    DescribeServices: EcsRead, Read, ["ecs:DescribeServices"];
    ListServices: EcsRead, Read, ["ecs:ListServices"];
    ListTasks: EcsRead, Read, ["ecs:ListTasks"];
    DescribeTasks: EcsRead, Read, ["ecs:DescribeTasks"];
    StopTask: ServiceChange, Change, ["ecs:StopTask"];
    CreateTargetGroup: ElbChange, Change,
        ["elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:AddTags"];
    ModifyTargetGroup: ElbChange, Change, ["elasticloadbalancing:ModifyTargetGroup"];
    ModifyTargetGroupAttributes: ElbChange, Change,
        ["elasticloadbalancing:ModifyTargetGroupAttributes"];
    DeleteTargetGroup: ElbChange, Change, ["elasticloadbalancing:DeleteTargetGroup"];
    CreateRule: ElbChange, Change,
        ["elasticloadbalancing:CreateRule", "elasticloadbalancing:AddTags"];
    ModifyRule: ElbChange, Change, ["elasticloadbalancing:ModifyRule"];
    DeleteRule: ElbChange, Change, ["elasticloadbalancing:DeleteRule"];
    DescribeTargetGroups: ElbRead, Read, ["elasticloadbalancing:DescribeTargetGroups"];
    DescribeTargetHealth: ElbRead, Read, ["elasticloadbalancing:DescribeTargetHealth"];
    DescribeRules: ElbRead, Read, ["elasticloadbalancing:DescribeRules"];
    DescribeTags: ElbRead, Read, ["elasticloadbalancing:DescribeTags"];
    GetResources: TagRead, Read, ["tag:GetResources"];
    FilterLogEvents: LogRead, Read, ["logs:FilterLogEvents"];
    GetMetricData: MetricRead, Read, ["cloudwatch:GetMetricData"];
    CreateSchedule: Schedule, Change, ["scheduler:CreateSchedule", "iam:PassRole"];
    UpdateSchedule: Schedule, Change, ["scheduler:UpdateSchedule", "iam:PassRole"];
    DeleteSchedule: Schedule, Change, ["scheduler:DeleteSchedule"];
    GetSchedule: Schedule, Read, ["scheduler:GetSchedule"];
    ListSchedules: Schedule, Read, ["scheduler:ListSchedules"];
    CreateLogGroup: LogRead, Change, ["logs:CreateLogGroup", "logs:TagResource"];
    PutRetentionPolicy: LogRead, Change, ["logs:PutRetentionPolicy"];
    DeleteLogGroup: LogRead, Change, ["logs:DeleteLogGroup"];
    DescribeLogGroups: LogRead, Read, ["logs:DescribeLogGroups"];
    RegisterScalableTarget: Scaling, Change,
        ["application-autoscaling:RegisterScalableTarget", "application-autoscaling:TagResource",
         "iam:CreateServiceLinkedRole"];
    PutScalingPolicy: Scaling, Change,
        ["application-autoscaling:PutScalingPolicy", "cloudwatch:DescribeAlarms",
         "cloudwatch:PutMetricAlarm"];
    DeregisterScalableTarget: Scaling, Change,
        ["application-autoscaling:DeregisterScalableTarget", "cloudwatch:DeleteAlarms"];
    DescribeScalableTargets: Scaling, Read, ["application-autoscaling:DescribeScalableTargets"];
    CreateSecurityGroup: SecurityGroup, Change, ["ec2:CreateSecurityGroup", "ec2:CreateTags"];
    AuthorizeSecurityGroupIngress: SecurityGroup, Change, ["ec2:AuthorizeSecurityGroupIngress"];
    DescribeSecurityGroups: SecurityGroup, Read, ["ec2:DescribeSecurityGroups"];
    DeleteSecurityGroup: SecurityGroup, Change, ["ec2:DeleteSecurityGroup"];
    PutParameter: Parameter, Change, ["ssm:PutParameter", "ssm:AddTagsToResource"];
    DescribeParameters: Parameter, Read, ["ssm:DescribeParameters"];
    DeleteParameter: Parameter, Change, ["ssm:DeleteParameter"];
    ListImages: Image, Read, ["ecr:ListImages"];
    BatchDeleteImage: Image, Change, ["ecr:BatchDeleteImage"];
}

/// Every call that the platform can make, with the IAM actions it needs: what a worker's role
/// must allow, and nothing else.
pub fn actions() -> impl Iterator<Item = ActionInfo> {
    Action::ALL.iter().map(|action| ActionInfo {
        operation: action.operation(),
        iam: action.iam(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_s_own_iam_action_bears_its_name() {
        for action in actions() {
            let (_, name) = action.iam[0].split_once(':').unwrap();
            assert_eq!(name, action.operation);
        }
    }

    #[test]
    fn what_only_reads_is_told_by_its_name() {
        for action in Action::ALL {
            let reads = ["Describe", "List", "Filter", "Get"];
            let reads = reads
                .iter()
                .any(|verb| action.operation().starts_with(verb));
            assert_eq!(reads, action.effect() == Effect::Read, "{action:?}");
        }
    }
}
