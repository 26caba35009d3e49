//! What is refused, and what a specification is called.

use super::*;

fn service(name: &str, port: u16, path: Option<&str>) -> Service {
    Service {
        command: Some("true".into()),
        path: path.map(Into::into),
        ..Service::new(name.parse().unwrap(), port)
    }
}

fn fields(spec: &Spec) -> Vec<String> {
    let errors = spec.check(&Limits::default());
    errors.into_iter().map(|e| e.field).collect()
}

#[test]
fn each_refusal_names_its_field() {
    let of = |services| Spec::new(Template::ApiService, services);
    let good = of(vec![
        service("web", 80, Some("/")),
        service("api", 81, Some("/api")),
    ]);
    assert!(fields(&good).is_empty());
    assert_eq!(fields(&of(vec![])), ["services"]);
    assert_eq!(
        fields(&of(vec![service("a", 80, None), service("a", 81, None)])),
        ["services[1].name"]
    );
    assert_eq!(
        fields(&of(vec![service("a", 80, None), service("b", 80, None)])),
        ["services[1].port"]
    );
    assert_eq!(
        fields(&of(vec![
            service("a", 80, Some("/x")),
            service("b", 81, Some("/x/"))
        ])),
        ["services[1].path"]
    );
    assert_eq!(
        fields(&of(vec![service("a", 0, Some("x"))])),
        ["services[0].port", "services[0].path"]
    );
    let mut big = service("a", 80, None);
    big.memory = u32::MAX;
    big.env.insert("1=".into(), String::new());
    big.env.insert("TOKEN".into(), String::new());
    big.secrets.insert("TOKEN".into(), "arn:x".into());
    assert_eq!(
        fields(&of(vec![big])),
        ["services[0].env", "services[0].secrets", "memory"]
    );
}

#[test]
fn a_service_counts_as_often_as_it_may_run() {
    let of = |change: fn(&mut Service)| {
        let mut web = service("web", 80, Some("/"));
        change(&mut web);
        Spec::new(Template::ApiService, vec![web])
    };
    let scaled = |max, cpu| Some(Autoscale { max, cpu });
    assert!(fields(&of(|web| web.replicas = Some(16))).is_empty());
    assert_eq!(
        fields(&of(|web| web.replicas = Some(17))),
        ["cpu", "memory"]
    );
    let most = of(|web| web.autoscale = Some(Autoscale { max: 17, cpu: 70 }));
    assert_eq!(fields(&most), ["cpu", "memory"]);
    assert_eq!(
        fields(&of(|web| web.replicas = Some(0))),
        ["services[0].replicas"]
    );
    let mut odd = of(|_| {});
    odd.services[0].autoscale = scaled(0, 96);
    odd.services[0].replicas = Some(2);
    assert_eq!(
        fields(&odd),
        [
            "services[0].autoscale",
            "services[0].autoscale.max",
            "services[0].autoscale.cpu"
        ]
    );
    let mut one = of(|_| {});
    one.services[0].set_replicas(1);
    assert_eq!(one.id(), of(|_| {}).id(), "one is what is so anyway");
}

#[test]
fn a_schedule_and_its_template_come_together() {
    let worker = |schedule: Option<&str>, services| Spec {
        schedule: schedule.map(|text| text.parse().unwrap()),
        ..Spec::new(Template::ScheduledWorker, services)
    };
    let one = || vec![service("job", 80, None)];
    assert!(fields(&worker(Some("0 3 * * 1-5"), one())).is_empty());
    assert_eq!(fields(&worker(None, one())), ["schedule"]);
    assert_eq!(fields(&worker(Some("0 0 30 2 *"), one())), ["schedule"]);
    let mut routed = Spec::new(Template::ApiService, one());
    routed.schedule = Some("rate(1 minute)".parse().unwrap());
    assert_eq!(fields(&routed), ["schedule"]);
    let mut public = service("job", 80, Some("/"));
    public.health_path = "/up".into();
    let two = vec![public, service("other", 81, None)];
    assert_eq!(
        fields(&worker(Some("rate(1 hour)"), two)),
        ["services", "services[0].path", "services[0].health_path"]
    );
    let known = worker(Some("rate(1 hour)"), one());
    let stored = serde_json::to_string(&known).unwrap();
    assert_eq!(serde_json::from_str::<Spec>(&stored).unwrap(), known);
    assert!(!known.has_url() && routed.has_url());
}

#[test]
fn a_seed_needs_a_database_and_no_seed_keeps_the_id_of_before() {
    let mut spec = Spec::new(Template::ApiService, vec![service("a", 80, Some("/"))]);
    assert!(!serde_json::to_string(&spec).unwrap().contains("seed"));
    spec.seed = Seed::dump("db/seed.sql");
    assert_eq!(fields(&spec), ["seed"]);
    spec.template = Template::ApiDatabase.to_string();
    assert!(fields(&spec).is_empty());
}

#[test]
fn equal_specs_have_equal_ids() {
    let a = Spec::new(Template::ApiService, vec![service("a", 1, None)]);
    let mut b = a.clone();
    assert_eq!(a.id(), b.id());
    b.access = Access::Link;
    assert_ne!(a.id(), b.id());
    assert_eq!(a.program(), b.program());
    b.commit_sha = Some("abc".into());
    assert_ne!(a.program(), b.program());
    let mut built = a.clone();
    built.checkout = Some(Checkout {
        repository_id: 1,
        repository: "octo/shop".into(),
        installation_id: 2,
        sha: "a".repeat(40),
        build: Some("make".into()),
    });
    assert_ne!(a.program(), built.program());
    let stored = serde_json::to_string(&a).unwrap();
    assert!(
        !stored.contains("access"),
        "what was stored before is read: {stored}"
    );
}
