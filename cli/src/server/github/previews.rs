//! Accepts what pull requests call for, by the code that accepts `POST /preview/create`.

use async_trait::async_trait;
use tempus_api::Api;
use tempus_api::repository::complete;
use tempus_api::shape::{BudgetView, CreateRequest, Problem, ProblemKind, Usd};
use tempus_model::github::{Rules, short_sha};
use tempus_model::{Checkout, Ttl};
use tempus_worker::github::{Called, FileText, NoFile, NotCalled, Previews, Wish};

use super::file::{self, Asked};
use crate::config::{Config, PlatformKind};

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
            .replace("{short_sha}", short_sha(sha))
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
        let Asked {
            mut request, build, ..
        } = asked.map_err(|no| NotCalled::Refused(no.0))?;
        // Where previews are processes, a command runs on the commit's own files.
        if self.platform == PlatformKind::Local && names_a_command(&request) {
            request.checkout = Some(checkout(&wish, build)?);
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
        match self.api.create(request, wish.owner, wish.by).await {
            Ok((accepted, budgets)) => Ok(Called {
                preview: accepted.preview,
                warning: budgets.first().map(warning),
            }),
            Err(problem) => Err(not_called(&problem)),
        }
    }
}

/// The commit's files. Without them a command is not run: it would be, where the server is.
fn checkout(wish: &Wish, build: Option<String>) -> Result<Checkout, NotCalled> {
    let origin = &wish.origin;
    let found = (|| {
        Some(Checkout {
            repository_id: origin.repository_id?,
            repository: origin.repository.clone()?,
            installation_id: origin.installation_id?,
            sha: wish.sha.clone(),
            build,
        })
    })();
    found.ok_or_else(|| NotCalled::Refused("command: it is no repository's".to_owned()))
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
