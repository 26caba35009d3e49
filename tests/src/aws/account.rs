//! An account that previews can run in, made without Tempus's own code.

use serde_json::json;

use super::calls::{Calls, between};

/// A cluster, a network, and a load balancer in path mode. One emulator holds as many as there are
/// names.
#[derive(Debug, Clone)]
pub struct Account {
    /// What its parts are called.
    pub name: String,
    /// The load balancer's DNS name.
    pub dns: String,
    pub(super) calls: Calls,
    pub(super) vpc: String,
    pub(super) listener: String,
    pub(super) subnets: [String; 2],
    pub(super) group: String,
    pub(super) balancer: String,
}

impl Account {
    /// Makes one of this name at this endpoint.
    pub async fn new(endpoint: &str, name: &str) -> Self {
        let calls = Calls::to(endpoint);
        calls
            .ecs("CreateCluster", &json!({"clusterName": name}))
            .await;
        let made = calls
            .ec2("CreateVpc", &[("CidrBlock", "10.9.0.0/16")])
            .await;
        let vpc = between(&made, "vpcId");
        let mut subnets: [String; 2] = Default::default();
        for (subnet, (zone, block)) in subnets
            .iter_mut()
            .zip([("us-east-1a", "10.9.1.0/24"), ("us-east-1b", "10.9.2.0/24")])
        {
            let fields = [
                ("VpcId", &*vpc),
                ("AvailabilityZone", zone),
                ("CidrBlock", block),
            ];
            *subnet = between(&calls.ec2("CreateSubnet", &fields).await, "subnetId");
        }
        let fields = [
            ("GroupName", name),
            ("GroupDescription", name),
            ("VpcId", &vpc),
        ];
        let group = between(&calls.ec2("CreateSecurityGroup", &fields).await, "groupId");
        let fields = [
            ("Name", name),
            ("Subnets.member.1", &*subnets[0]),
            ("Subnets.member.2", &*subnets[1]),
        ];
        let made = calls.elb("CreateLoadBalancer", &fields).await;
        let balancer = between(&made, "LoadBalancerArn");
        let dns = between(&made, "DNSName");
        let fields = [
            ("LoadBalancerArn", &*balancer),
            ("Protocol", "HTTP"),
            ("Port", "80"),
            ("DefaultActions.member.1.Type", "fixed-response"),
            (
                "DefaultActions.member.1.FixedResponseConfig.StatusCode",
                "404",
            ),
        ];
        let made = calls.elb("CreateListener", &fields).await;
        Self {
            name: name.to_owned(),
            dns,
            vpc,
            listener: between(&made, "ListenerArn"),
            subnets,
            group,
            balancer,
            calls,
        }
    }

    /// Its network.
    pub fn vpc(&self) -> &str {
        &self.vpc
    }

    /// The listener of its load balancer.
    pub fn listener(&self) -> &str {
        &self.listener
    }

    /// Plain calls to it.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// `[ecs]`: where previews are made.
    pub(super) fn ecs_section(&self) -> String {
        let [first, second] = &self.subnets;
        let Self {
            name,
            dns,
            vpc,
            group,
            balancer,
            listener,
            ..
        } = self;
        format!(
            r#"
[ecs]
cluster = "{name}"
vpc_id = "{vpc}"
subnets = "{first}, {second}"
security_groups = "{group}"
execution_role_arn = "arn:aws:iam::000000000000:role/execution"
service_connect_namespace = "{name}"
listeners = """
name=a1 listener={listener} balancer={balancer} dns={dns} mode=path slots=95
"""
"#
        )
    }
}
