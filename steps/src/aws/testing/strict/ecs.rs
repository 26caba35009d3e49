//! Services that take their time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Refused, page};

/// How many looks it takes until a task has started, or is seen to fail.
const START: u32 = 2;
/// How many more until the task of the version before has stopped.
const REPLACE: u32 = 2;
/// How many looks a service drains for.
const DRAIN: u32 = 3;
/// After how many it is not shown any more.
const SHOWN: u32 = 5;

/// What is known of the services, by name.
#[derive(Default)]
pub(super) struct Services {
    all: BTreeMap<String, Service>,
    fails: BTreeSet<String>,
}

struct Service {
    arn: String,
    token: Value,
    /// The task definition that is wanted, and the one before it while that still runs.
    at: String,
    from: Option<String>,
    course: Course,
    looks: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Course {
    /// To the wanted task definition.
    Starts,
    /// Towards it, and back.
    Fails,
    /// Away.
    Drains,
}

impl Service {
    fn drains(&self) -> bool {
        self.course == Course::Drains && self.looks < DRAIN
    }
}

/// The task definition that a call cannot do without.
pub(super) fn definition_wanted<'i>(operation: &str, input: &'i Value) -> Option<&'i str> {
    let makes = ["CreateService", "UpdateService"].contains(&operation);
    input["taskDefinition"].as_str().filter(|_| makes)
}

/// The target group that a call cannot do without.
pub(super) fn target_group_wanted<'i>(operation: &str, input: &'i Value) -> Option<&'i str> {
    let makes = operation == "CreateService";
    let group = input["loadBalancers"][0]["targetGroupArn"].as_str();
    group.filter(|_| makes)
}

impl Services {
    pub(super) fn fail_next_update(&mut self, service: &str) {
        self.fails.insert(service.to_owned());
    }

    /// Whether there is a service of this name that was not deleted.
    pub(super) fn is_active(&self, name: &str) -> bool {
        let service = self.all.get(name);
        service.is_some_and(|service| service.course != Course::Drains)
    }

    pub(super) fn any_drains(&self) -> bool {
        self.all.values().any(Service::drains)
    }

    /// Whether AWS would do it at all.
    pub(super) fn may(&self, operation: &str, input: &Value) -> Result<(), Refused> {
        let name = input["serviceName"].as_str().or(input["service"].as_str());
        let service = name.and_then(|name| self.all.get(name));
        let refused = |code, message: &str| Err((code, message.to_owned()));
        match (operation, service) {
            ("CreateService", Some(service)) if service.drains() => refused(
                "InvalidParameterException",
                "Unable to Start a service that is still Draining.",
            ),
            ("CreateService", Some(service))
                if service.course != Course::Drains && service.token != input["clientToken"] =>
            {
                refused(
                    "InvalidParameterException",
                    "Creation of service was not idempotent.",
                )
            }
            ("UpdateService" | "DeleteService", Some(service))
                if service.course == Course::Drains =>
            {
                refused("ServiceNotActiveException", "Service was not ACTIVE.")
            }
            ("DescribeServices", _)
                if input["services"]
                    .as_array()
                    .is_none_or(|all| all.len() > 10) =>
            {
                refused(
                    "InvalidParameterException",
                    "Services cannot have more than 10 elements.",
                )
            }
            _ => Ok(()),
        }
    }

    /// Makes of the emulator's answer what AWS's would be.
    pub(super) fn rewrite(&mut self, operation: &str, input: &Value, output: &mut Value) {
        match operation {
            "CreateService" => self.created(input, output),
            "UpdateService" => self.updated(output),
            "DeleteService" => {
                let name = output["service"]["serviceName"]
                    .as_str()
                    .unwrap()
                    .to_owned();
                let service = self.all.get_mut(&name).unwrap();
                (service.course, service.looks) = (Course::Drains, 0);
                self.show(&mut output["service"]);
            }
            "DescribeServices" => self.described(output),
            "ListServices" => {
                let draining = self.all.values().filter(|service| service.drains());
                let draining: Vec<_> = draining.map(|service| json!(service.arn)).collect();
                output["serviceArns"]
                    .as_array_mut()
                    .unwrap()
                    .extend(draining);
                paged(input, output, "serviceArns");
            }
            "ListTaskDefinitions" => paged(input, output, "taskDefinitionArns"),
            "ListTaskDefinitionFamilies" => paged(input, output, "families"),
            "FilterLogEvents" => paged(input, output, "events"),
            _ => {}
        }
    }

    fn created(&mut self, input: &Value, output: &mut Value) {
        let made = &mut output["service"];
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        let service = Service {
            arn: text("serviceArn"),
            token: input["clientToken"].clone(),
            at: text("taskDefinition"),
            from: None,
            course: Course::Starts,
            looks: 0,
        };
        self.all.insert(text("serviceName"), service);
        self.show(made);
    }

    fn updated(&mut self, output: &mut Value) {
        let made = &mut output["service"];
        let name = made["serviceName"].as_str().unwrap();
        let wanted = made["taskDefinition"].as_str().unwrap().to_owned();
        let item = name.rsplit('-').next().unwrap();
        let fails = self.fails.remove(item);
        let service = self.all.get_mut(name).unwrap();
        // What stands at it already begins no deployment.
        if service.at != wanted {
            service.from = Some(std::mem::replace(&mut service.at, wanted));
            service.looks = 0;
            service.course = if fails { Course::Fails } else { Course::Starts };
        }
        self.show(made);
    }

    fn described(&mut self, output: &mut Value) {
        let services = output["services"].as_array_mut().unwrap();
        let mut gone = Vec::new();
        services.retain_mut(|shown| {
            let name = shown["serviceName"].as_str().unwrap();
            let is_missing =
                |service: &Service| service.course == Course::Drains && service.looks >= SHOWN;
            if self.all.get(name).is_some_and(is_missing) {
                gone.push(json!({ "arn": shown["serviceArn"], "reason": "MISSING" }));
                return false;
            }
            self.show(shown);
            if let Some(service) = self.all.get_mut(shown["serviceName"].as_str().unwrap()) {
                service.looks += 1;
            }
            true
        });
        output["failures"].as_array_mut().unwrap().extend(gone);
    }

    /// How the service looks now.
    fn show(&mut self, shown: &mut Value) {
        let name = shown["serviceName"].as_str().unwrap();
        let Some(service) = self.all.get_mut(name) else {
            return;
        };
        let (has_started, has_replaced) =
            (service.looks >= START, service.looks >= START + REPLACE);
        if service.course == Course::Fails && has_started {
            // Rolled back, and nothing of it shows but an event.
            service.at = service.from.take().unwrap();
            service.course = Course::Starts;
            service.looks = START + REPLACE;
            let told = format!(
                "(service {name}) (deployment ecs-svc/2) deployment failed: tasks failed to start."
            );
            shown["events"] = json!([{ "id": "1", "message": told }]);
            shown["deployments"] = json!([of(&service.at, "PRIMARY", 1, Some("COMPLETED"))]);
        } else if service.course == Course::Drains {
            shown["status"] = json!(if service.drains() {
                "DRAINING"
            } else {
                "INACTIVE"
            });
            shown["deployments"] = json!([]);
        } else {
            let running = u32::from(has_started);
            let from = service.from.as_ref().filter(|_| !has_replaced);
            // That it is steady is said in numbers only.
            let state = (!has_started || from.is_some()).then_some("IN_PROGRESS");
            let mut deployments = vec![of(&service.at, "PRIMARY", running, state)];
            deployments.extend(from.map(|from| of(from, "ACTIVE", 1, Some("COMPLETED"))));
            shown["deployments"] = json!(deployments);
        }
        shown["taskDefinition"] = json!(service.at);
    }
}

fn of(definition: &str, status: &str, running: u32, state: Option<&str>) -> Value {
    json!({
        "id": "ecs-svc/1", "status": status, "taskDefinition": definition, "desiredCount": 1,
        "runningCount": running, "pendingCount": 1 - running, "failedTasks": 0,
        "rolloutState": state,
    })
}

fn paged(input: &Value, output: &mut Value, key: &str) {
    let all = output[key].as_array().unwrap().clone();
    let (page, next) = page(&all, input["nextToken"].as_str(), 0);
    output[key] = json!(page);
    output["nextToken"] = json!(next);
}
