//! What the API measures, and what it counts of the store for whoever looks.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics::{counter, gauge, histogram};
use tempus_model::{Metric, MetricUnit};

use crate::census::Count;
use crate::shape::{BudgetStanding, BudgetView, ProblemKind};

const REQUESTS: &str = "tempus_http_requests_total";
pub(crate) const DURATION: &str = "tempus_http_request_duration_seconds";
const REFUSED: &str = "tempus_refused_total";
const HINTS_LOST: &str = "tempus_hints_lost_total";
const PREVIEWS: &str = "tempus_previews";
const PARKED: &str = "tempus_previews_parked";
const LETTERS: &str = "tempus_dead_letters";
const QUEUED: &str = "tempus_queue_messages";
const OLDEST: &str = "tempus_queue_oldest_age_seconds";
const MONTH: &str = "tempus_cost_month_dollars";
const MONTHLY: &str = "tempus_budget_dollars";
const BUDGETS: &str = "tempus_budgets";
const COST: &str = "tempus_cost_dollars_per_hour";

/// Every metric that the API has. Its lost hints are the worker's metric of that name.
#[rustfmt::skip] // a table reads better with one metric a line
pub const METRICS: &[Metric] = {
    use MetricUnit::{Count, Dollars, DollarsPerHour, Seconds};
    &[
        Metric::counter(REQUESTS, Count, &["method", "route", "status"], "HTTP requests."),
        Metric::histogram(DURATION, Seconds, &["method", "route"], "Time to the head of the answer."),
        Metric::counter(REFUSED, Count, &["reason"], "Requests that were refused."),
        Metric::gauge(PREVIEWS, Count, &["phase"], "Previews that are not gone."),
        Metric::gauge(PARKED, Count, &[], "Previews that wait for a person."),
        Metric::gauge(LETTERS, Count, &["kind"], "Unreadable messages, and reports of what belongs to no row."),
        Metric::gauge(QUEUED, Count, &["state"], "Messages on the queue."),
        Metric::gauge(OLDEST, Seconds, &[], "How long the work has waited that is due longest and that nobody has taken up."),
        Metric::gauge(COST, DollarsPerHour, &[], "What the tasks of the previews cost that are not gone, by list price."),
        Metric::gauge(MONTH, Dollars, &[], "What all previews have cost this month, by list price."),
        Metric::gauge(MONTHLY, Dollars, &[], "What all previews may cost in a month."),
        Metric::gauge(BUDGETS, Count, &["standing"], "Monthly budgets, an owner's or everybody's, by how much of them is used."),
    ]
};

/// Shows what has not happened yet as zero: what appears only with its first time is an increase
/// that nobody sees.
pub(crate) fn begin() {
    for kind in [
        ProblemKind::Quota,
        ProblemKind::NoListener,
        ProblemKind::Budget,
    ] {
        counter!(REFUSED, "reason" => kind.word()).increment(0);
    }
    counter!(HINTS_LOST).increment(0);
    // What the objective of accepting asks for.
    for (method, route) in [
        ("POST", "/preview/create"),
        ("POST", "/preview/{preview_id}/update"),
        ("POST", "/preview/{preview_id}/extend"),
        ("DELETE", "/preview/{preview_id}"),
    ] {
        for status in [
            StatusCode::INTERNAL_SERVER_ERROR,
            StatusCode::SERVICE_UNAVAILABLE,
        ] {
            let status = status.as_u16().to_string();
            counter!(REQUESTS, "method" => method, "route" => route, "status" => status)
                .increment(0);
        }
    }
}

/// A method as a metric and a span know it: a client can invent methods, and each would be a metric
/// of its own.
pub(crate) fn method(method: &Method) -> &str {
    match *method {
        Method::GET | Method::HEAD | Method::POST | Method::DELETE => method.as_str(),
        _ => "other",
    }
}

/// Counts a request.
pub(crate) fn request(method: &str, route: &str, status: StatusCode, took: Duration) {
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.as_u16().to_string()),
    ];
    counter!(REQUESTS, &labels).increment(1);
    histogram!(DURATION, &labels[..2]).record(took);
}

/// Counts a request that was refused.
pub(crate) fn refused(reason: &'static str) {
    counter!(REFUSED, "reason" => reason).increment(1);
}

/// Counts a hint that could not be sent.
pub(crate) fn hint_lost() {
    counter!(HINTS_LOST).increment(1);
}

/// Shows a count of the previews.
pub(crate) fn previews(count: &Count) {
    for (phase, previews) in &count.phases {
        gauge!(PREVIEWS, "phase" => phase.as_str()).set(*previews);
    }
    gauge!(PARKED).set(count.parked);
    gauge!(LETTERS, "kind" => "message").set(count.messages);
    gauge!(LETTERS, "kind" => "orphan").set(count.orphans);
    if let Some(dollars) = count.dollars_per_hour {
        gauge!(COST).set(dollars);
    }
}

/// Shows what the month has cost so far, and how its budgets stand.
pub(crate) fn costs(dollars: f64, monthly: Option<f64>, budgets: &[BudgetView]) {
    gauge!(MONTH).set(dollars);
    if let Some(monthly) = monthly {
        gauge!(MONTHLY).set(monthly);
    }
    for (standing, word) in [
        (BudgetStanding::Within, "within"),
        (BudgetStanding::Warned, "warned"),
        (BudgetStanding::Spent, "spent"),
    ] {
        let stand = budgets.iter().filter(|budget| budget.standing == standing);
        let number = u32::try_from(stand.count()).unwrap_or(u32::MAX);
        gauge!(BUDGETS, "standing" => word).set(number);
    }
}

/// Shows how much is on the queue.
pub(crate) fn queue(depth: &tempus_engine::Depth) {
    for (state, messages) in [
        ("visible", depth.visible),
        ("in_flight", depth.in_flight),
        ("delayed", depth.delayed),
    ] {
        // A queue of more than 2^53 messages would be shown a little wrong.
        #[expect(clippy::cast_precision_loss, reason = "see above")]
        gauge!(QUEUED, "state" => state).set(messages as f64);
    }
    gauge!(OLDEST).set(depth.oldest.as_secs_f64());
}
