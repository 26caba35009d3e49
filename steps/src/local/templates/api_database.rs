//! `api-database`: services with a database of the preview's own, on the server of all of them.

use tempus_model::{FieldError, Seed, Spec, Stage};

use crate::common::{beside, opening};
use crate::local::{LocalOptions, plan, rank};
use crate::postgres::{self, Database, Folder};
use crate::{PlanRequest, StepError, Template};

pub(super) const TEMPLATE: Template<LocalOptions> = Template {
    name: tempus_model::Template::ApiDatabase,
    stages,
    admit,
};

fn stages(_: &LocalOptions, request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
    let mut stages = opening(request)?;
    stages.extend(plan::services(request)?);
    let database = Database::plan(request)?;
    if is_seeded_by_its_checkout(request.spec) {
        // The dump is there when the commit is, of the same rank: nothing of either is needed to remove
        // the other.
        let place = stages.partition_point(|stage| stage.rank <= rank::CHECKOUT);
        let (rank, steps) = (rank::CHECKOUT, vec![database]);
        stages.insert(place, Stage { rank, steps });
    } else {
        beside(&mut stages, rank::PORTS, database);
    }
    Ok(stages)
}

fn is_seeded_by_its_checkout(spec: &Spec) -> bool {
    spec.checkout.is_some() && matches!(spec.seed, Some(Seed::Dump(_)))
}

fn admit(options: &LocalOptions, spec: &Spec) -> Vec<FieldError> {
    let mut errors = postgres::admit(&options.databases, spec);
    // A commit's files are not here yet: whether the dump is among them is seen when it is loaded.
    if let Some(Seed::Dump(path)) = &spec.seed
        && !is_seeded_by_its_checkout(spec)
        && let Err(problem) = postgres::dump_file(Folder::named(spec).as_ref(), path)
    {
        errors.push(FieldError::new("seed", problem));
    }
    errors
}

#[cfg(test)]
mod tests {
    use tempus_model::{
        Checkout, Identity, InstallationId, Origin, Owner, Route, Service, Timestamp, Wakefulness,
    };

    use super::*;

    fn identity() -> Identity {
        let url = "http://pr-7-shop.localhost/".to_owned();
        Identity {
            id: "550e8400-e29b-41d4-a716-446655440000".parse().unwrap(),
            name: "pr-7-shop".parse().unwrap(),
            owner: Owner {
                id: "1".into(),
                login: "ada".into(),
                avatar_url: None,
            },
            origin: Origin::default(),
            template: "api-database".into(),
            route: Some(Route {
                listener: "local".into(),
                slot: None,
                url,
            }),
            created_at: Timestamp::default(),
            predecessor: None,
        }
    }

    fn options() -> LocalOptions {
        let moment = std::time::Duration::from_secs(1);
        LocalOptions {
            ports: 1..=2,
            grace: moment,
            ready_within: moment,
            build_within: moment,
            verify_delay: moment,
            work_dir: "/".into(),
            program: "/bin/true".into(),
            secrets: None,
            databases: postgres::Databases::None,
        }
    }

    /// The kinds of a plan's steps, stage by stage.
    fn plan(options: &LocalOptions, spec: &Spec) -> Vec<String> {
        let request = PlanRequest {
            installation: InstallationId::new(0xabc),
            identity: &identity(),
            spec,
            spec_id: spec.id(),
            expires_at: Timestamp::default(),
            wakefulness: Wakefulness::Awake,
        };
        let stages = stages(options, &request).unwrap();
        let kinds = |stage: &Stage| {
            let kinds: Vec<_> = stage.steps.iter().map(|of| of.step.kind()).collect();
            format!("{} {}", stage.rank, kinds.join(" "))
        };
        stages.iter().map(kinds).collect()
    }

    #[test]
    fn a_commit_s_dump_is_looked_for_once_the_commit_is_there() {
        let options = options();
        let mut spec = Spec::new(
            tempus_model::Template::ApiDatabase,
            vec![Service::new("web".parse().unwrap(), 80)],
        );
        spec.checkout = Some(Checkout {
            repository_id: 1,
            repository: "octo/shop".into(),
            installation_id: 2,
            sha: "a".repeat(40),
            build: None,
        });
        let rest = ["3 process", "4 healthy", "5 route"];
        // As it always was.
        let before = [&["0 timer", "2 ports database", "2 checkout"][..], &rest].concat();
        for seed in [None, Seed::database("shop_template")] {
            spec.seed = seed;
            assert_eq!(plan(&options, &spec), before);
        }
        spec.seed = Seed::dump("db/seed.sql");
        let after = [
            &["0 timer", "2 ports", "2 checkout", "2 database"][..],
            &rest,
        ]
        .concat();
        assert_eq!(plan(&options, &spec), after);
        let fields = |spec: &Spec| -> Vec<_> {
            let errors = admit(&options, spec).into_iter();
            errors.map(|error| error.field).collect()
        };
        assert_eq!(
            fields(&spec),
            ["template"],
            "there is no server, and that is all"
        );
        spec.checkout = None;
        assert_eq!(fields(&spec), ["template", "seed"]);
    }
}
