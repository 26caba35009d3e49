//! An account that previews can run in: made and looked at without Tempus's own code, call by
//! call over HTTP.

use serde_json::{Value, json};

/// A cluster, a network and a load balancer in path mode.
pub struct Account {
    endpoint: String,
    client: reqwest::Client,
    /// The load balancer's DNS name.
    pub dns: String,
    vpc: String,
    subnets: [String; 2],
    group: String,
    balancer: String,
    listener: String,
}

const CLUSTER: &str = "previews";
const VERSION_EC2: &str = "2016-11-15";
const VERSION_ELB: &str = "2015-12-01";

impl Account {
    pub async fn new(endpoint: &str) -> Self {
        let mut account = Self {
            endpoint: endpoint.to_owned(),
            client: reqwest::Client::new(),
            dns: String::new(),
            vpc: String::new(),
            subnets: Default::default(),
            group: String::new(),
            balancer: String::new(),
            listener: String::new(),
        };
        account
            .ecs("CreateCluster", &json!({"clusterName": CLUSTER}))
            .await;
        let vpc = account
            .query(
                "ec2",
                VERSION_EC2,
                &[("Action", "CreateVpc"), ("CidrBlock", "10.9.0.0/16")],
            )
            .await;
        account.vpc = between(&vpc, "vpcId");
        for (index, (zone, block)) in [("us-east-1a", "10.9.1.0/24"), ("us-east-1b", "10.9.2.0/24")]
            .into_iter()
            .enumerate()
        {
            let fields = [
                ("Action", "CreateSubnet"),
                ("VpcId", &account.vpc),
                ("AvailabilityZone", zone),
                ("CidrBlock", block),
            ];
            let made = account.query("ec2", VERSION_EC2, &fields).await;
            account.subnets[index] = between(&made, "subnetId");
        }
        let fields = [
            ("Action", "CreateSecurityGroup"),
            ("GroupName", "previews"),
            ("GroupDescription", "previews"),
            ("VpcId", &account.vpc),
        ];
        account.group = between(&account.query("ec2", VERSION_EC2, &fields).await, "groupId");
        let fields = [
            ("Action", "CreateLoadBalancer"),
            ("Name", "previews"),
            ("Subnets.member.1", &account.subnets[0]),
            ("Subnets.member.2", &account.subnets[1]),
        ];
        let made = account
            .query("elasticloadbalancing", VERSION_ELB, &fields)
            .await;
        account.balancer = between(&made, "LoadBalancerArn");
        account.dns = between(&made, "DNSName");
        let fields = [
            ("Action", "CreateListener"),
            ("LoadBalancerArn", &account.balancer),
            ("Protocol", "HTTP"),
            ("Port", "80"),
            ("DefaultActions.member.1.Type", "fixed-response"),
            (
                "DefaultActions.member.1.FixedResponseConfig.StatusCode",
                "404",
            ),
        ];
        let made = account
            .query("elasticloadbalancing", VERSION_ELB, &fields)
            .await;
        account.listener = between(&made, "ListenerArn");
        account
    }

    /// What a bootstrap is given.
    pub fn aws(&self) -> String {
        let endpoint = &self.endpoint;
        format!(
            "[aws]\nregion = \"us-east-1\"\nendpoint = \"{endpoint}\"\n\
             credentials = \"emulator\"\n\n"
        )
    }

    /// Everything besides `[aws]`.
    pub fn settings(&self) -> String {
        let [first, second] = &self.subnets;
        let Self {
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
cluster = "{CLUSTER}"
vpc_id = "{vpc}"
subnets = "{first}, {second}"
security_groups = "{group}"
execution_role_arn = "arn:aws:iam::000000000000:role/execution"
verify_delay = "2s"
listeners = """
name=a1 listener={listener} balancer={balancer} dns={dns} mode=path slots=95
"""

[api]
listen = "127.0.0.1:0"

[worker]
reminder = "2s"

[log]
format = "json"
level = "info"
"#
        )
    }

    /// How many services are not gone.
    pub async fn services(&self) -> usize {
        let listed = self.ecs("ListServices", &json!({"cluster": CLUSTER})).await;
        listed["serviceArns"].as_array().unwrap().len()
    }

    /// Puts a message on a queue, as EventBridge does.
    pub async fn send(&self, queue: &str, body: &str) {
        let message = json!({"QueueUrl": queue, "MessageBody": body});
        self.json("sqs", "AmazonSQS.SendMessage", &message).await;
    }

    /// How many messages a queue has, in flight or not.
    pub async fn messages(&self, queue: &str) -> u32 {
        let asked = json!({"QueueUrl": queue, "AttributeNames": ["All"]});
        let answer = self.json("sqs", "AmazonSQS.GetQueueAttributes", &asked);
        let attributes = answer.await["Attributes"].clone();
        let count = |name: &str| attributes[name].as_str().unwrap().parse::<u32>().unwrap();
        count("ApproximateNumberOfMessages") + count("ApproximateNumberOfMessagesNotVisible")
    }

    async fn ecs(&self, call: &str, body: &Value) -> Value {
        let target = format!("AmazonEC2ContainerServiceV20141113.{call}");
        self.json("ecs", &target, body).await
    }

    async fn json(&self, service: &str, call: &str, body: &Value) -> Value {
        let request = self.client.post(&self.endpoint).body(body.to_string());
        let request = signed(request, service)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", call);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{call}: {answer:?}");
        answer.json().await.unwrap()
    }

    async fn query(&self, service: &str, version: &str, fields: &[(&str, &str)]) -> String {
        let form = serde_urlencoded::to_string(
            [("Version", version)]
                .iter()
                .chain(fields)
                .collect::<Vec<_>>(),
        );
        let request = self.client.post(&self.endpoint).body(form.unwrap());
        let request =
            signed(request, service).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert!(status.is_success(), "{fields:?}: {status} {body}");
        body
    }
}

/// An emulator looks at nothing of a signature but which service it is for.
fn signed(request: reqwest::RequestBuilder, service: &str) -> reqwest::RequestBuilder {
    let scope = format!("Credential=test/20260101/us-east-1/{service}/aws4_request");
    let rest = "SignedHeaders=host, Signature=0";
    request.header("authorization", format!("AWS4-HMAC-SHA256 {scope}, {rest}"))
}

/// The text of the first element of this name.
fn between(xml: &str, name: &str) -> String {
    let (_, rest) = xml
        .split_once(&format!("<{name}>"))
        .unwrap_or_else(|| panic!("{xml}"));
    rest.split('<').next().unwrap().to_owned()
}
