//! Accepts what pull requests call for, by the code that accepts `POST /preview/create`.

use async_trait::async_trait;
use tempus_api::Api;
use tempus_api::repository::complete;
use tempus_api::shape::{BudgetView, CreateRequest, Problem, ProblemKind, Usd};
use tempus_model::Ttl;
use tempus_model::github::Rules;
use tempus_worker::github::{Called, FileText, NoFile, NotCalled, Previews, Wish};

use super::file;
use crate::config::{Config, PlatformKind};

/// How much of a commit is in an image's tag.
const SHORT: usize = 7;

/// Why a command of a pull request is not run on one machine.
const NO_CHECKOUT: &str = "command: this server runs previews as processes of its own machine, and makes no checkout of a \
                           pull request's commit yet; have it made by `tempus create DIR` in a checkout";

/// Accepts previews through the API's own code.
pub(super) struct ApiPreviews {
    api: Api,
    image: Option<String>,
    longest: Ttl,
    platform: PlatformKind,
}

impl ApiPreviews {
    pub(super) fn new(api: Api, config: &Config) -> Self {
        let image = config.github.image.as_ref();
        Self {
            api,
            image: image.map(|image| image.as_str().to_owned()),
            longest: config.ttl.maximum,
            platform: config.platform,
        }
    }

    /// Gives every service that names no image the one that was built of this commit.
    fn fill_in(&self, request: &mut CreateRequest, wish: &Wish) {
        let Some(image) = &self.image else { return };
        let sha = wish.sha.as_str();
        let image = image
            .replace("{name}", wish.name.as_str())
            .replace("{short_sha}", sha.get(..SHORT).unwrap_or(sha))
            .replace("{sha}", sha);
        match &mut request.services {
            Some(services) => {
                for service in services
                    .iter_mut()
                    .filter(|service| service.image.is_none())
                {
                    service.image = Some(image.clone());
                }
            }
            None => request.image = request.image.take().or(Some(image)),
        }
    }
}

#[async_trait]
impl Previews for ApiPreviews {
    fn rules(&self, file: Option<&FileText>) -> Result<Rules, NoFile> {
        Ok(file::read(file)?.rules)
    }

    async fn call_for(&self, wish: Wish) -> Result<Called, NotCalled> {
        let asked = file::read(wish.file.as_ref());
        let mut request = asked.map_err(|no| NotCalled::Refused(no.0))?.request;
        if self.platform == PlatformKind::Local && names_a_command(&request) {
            // It would be run where the server is, without the commit's files.
            return Err(NotCalled::Refused(NO_CHECKOUT.to_owned()));
        }
        self.fill_in(&mut request, &wish);
        complete(&mut request);
        // A server that lets previews live less long has said so.
        let asked: Option<Ttl> = request.ttl.as_deref().and_then(|ttl| ttl.parse().ok());
        if asked.is_some_and(|asked| asked > self.longest) {
            request.ttl = Some(self.longest.to_string());
        }
        request.name = Some(wish.name.to_string());
        request.commit_sha = Some(wish.sha);
        request.repository = wish.origin.repository;
        request.repository_id = wish.origin.repository_id;
        request.pr_number = wish.origin.pr_number;
        request.branch = wish.origin.branch;
        request.installation_id = wish.origin.installation_id;
        match self.api.create(request, wish.owner).await {
            Ok((accepted, budgets)) => Ok(Called {
                preview: accepted.preview,
                warning: budgets.first().map(warning),
            }),
            Err(problem) => Err(not_called(&problem)),
        }
    }
}

fn names_a_command(request: &CreateRequest) -> bool {
    let services = request.services.iter().flatten();
    request.command.is_some()
        || services
            .into_iter()
            .any(|service| service.command.is_some())
}

/// What a pull request is told of a budget. Previews of others are no concern of whoever reads it.
fn warning(budget: &BudgetView) -> String {
    let told = BudgetView {
        by: Vec::new(),
        ..budget.clone()
    };
    told.to_string()
}

/// That a budget is spent, without the sum: it grows, and each change of a comment counts at GitHub.
fn spent(problem: &Problem) -> String {
    let Some(budget) = &problem.budget else {
        return problem.detail.clone();
    };
    format!(
        "the monthly budget of {}, {}, is spent by estimate: a new preview is made when the month is \
         over, at {}, or when somebody raises the budget",
        budget.whose,
        Usd(budget.monthly_usd),
        budget.ends_at
    )
}

/// What a refusal means to whoever will come again.
fn not_called(problem: &Problem) -> NotCalled {
    match problem.kind {
        ProblemKind::NameTaken => NotCalled::NameTaken,
        ProblemKind::Quota => {
            let mut why = problem.detail.clone();
            if !problem.holders.is_empty() {
                why = format!("{why}; they are held by {}", problem.holders.join(", "));
            }
            NotCalled::Later(why)
        }
        ProblemKind::Budget => NotCalled::Later(spent(problem)),
        ProblemKind::NoListener => NotCalled::Later(problem.detail.clone()),
        ProblemKind::Unavailable | ProblemKind::Unanswered | ProblemKind::Internal => {
            NotCalled::Unavailable(problem.detail.clone())
        }
        _ => {
            let errors = problem.errors.iter();
            let errors: Vec<_> = errors
                .map(|e| format!("{} {}", e.field, e.problem))
                .collect();
            NotCalled::Refused(if errors.is_empty() {
                problem.detail.clone()
            } else {
                errors.join("\n")
            })
        }
    }
}
