//! What a preview is: beside what it does.

use maud::{Markup, html};
use tempus_model::AccessMode;

use crate::console::{previews, words};
use crate::shape::{PreviewView, ServiceView, Usd};

/// All of it.
pub(super) fn aside(preview: &PreviewView) -> Markup {
    html! {
        aside aria-label="About this preview" {
            section.card {
                h2 { "Life" }
                dl {
                    dt { "Time left" } dd { (previews::left(preview)) }
                    @if let Some(pin) = &preview.pin {
                        dt { "Pinned" } dd { (pin.reason) }
                    }
                    dt { "Created" } dd { (words::time(preview.created_at)) }
                    @if let Some(sleep) = preview.sleep { dt { "Sleeps" } dd { "after " (sleep) " without a request" } }
                    @if let Some(verified) = preview.verified_at { dt { "Proved gone" } dd { (words::time(verified)) } }
                    (cost(preview))
                }
            }
            section.card {
                h2 { "Source" }
                dl {
                    dt { "Owner" } dd { (preview.owner.login) }
                    @if let Some(repository) = &preview.repository { dt { "Repository" } dd { a href=(previews::Choice::of_repository(repository).address()) { (repository) } } }
                    @if let Some(pr) = preview.pr_number { dt { "Pull request" } dd { "#" (pr) } }
                    @if let Some(branch) = &preview.branch { dt { "Branch" } dd { (branch) } }
                    @if let Some(sha) = &preview.commit_sha {
                        dt { "Commit" } dd { code title=(sha) { (words::commit(sha)) } }
                    }
                    dt { "Template" } dd { (preview.template) }
                    @if preview.access != AccessMode::Open { dt { "Access" } dd { (preview.access) } }
                    @if let Some(schedule) = &preview.schedule { dt { "Schedule" } dd { code { (schedule) } } }
                    dt { "Id" } dd { code.id { (preview.preview_id) } }
                    dt { "Generation" } dd { (preview.generation) }
                }
            }
            section.card {
                h2 { "Services" }
                @if preview.services.is_empty() { p.none { "None is known." } }
                @for service in &preview.services { (card(service, previews::link(preview).is_some())) }
                @if let Some(runs) = &preview.runs {
                    h3 { "Last runs" }
                    ul { @for run in runs {
                        li { (words::time(run.began_at)) " " (run.exit.as_deref().unwrap_or("still runs")) }
                    } }
                }
            }
            @if !preview.resources.is_empty() {
                section.card {
                    details {
                        summary { h2 { "Resources" } }
                        dl.long { @for (name, value) in &preview.resources {
                            dt { (name) } dd { code { (text(value)) } }
                        } }
                    }
                }
            }
        }
    }
}

fn text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn cost(preview: &PreviewView) -> Markup {
    html! {
        @if let Some(cost) = &preview.cost {
            dt { "Cost so far" }
            dd {
                (Usd(cost.so_far_usd).to_string())
                @if cost.hourly_usd > 0.0 { ", " (Usd(cost.hourly_usd).to_string()) " an hour" }
            }
            @if let Some(all) = cost.until_expiry_usd { dt { "By its end" } dd { (Usd(all).to_string()) } }
        }
    }
}

fn card(service: &ServiceView, answers: bool) -> Markup {
    html! {
        div.service {
            h3 { (service.name)
                @if service.replicas > 1 { " " span.hint { "× " (service.replicas) } }
            }
            @if answers {
                @if let Some(url) = service.url.as_deref().filter(|url| url.starts_with("http")) {
                    a href=(url) target="_blank" rel="noopener noreferrer" { (url) }
                }
            }
            dl {
                @if let Some(image) = &service.image { dt { "Image" } dd { code { (image) } } }
                @if let Some(command) = &service.command { dt { "Command" } dd { code { (command) } } }
                @if let Some(dir) = &service.dir { dt { "Folder" } dd { code { (dir) } } }
                dt { "Size" } dd { (service.cpu) " CPU units, " (service.memory) " MiB" }
                dt { "Ready when" } dd { code { (service.health_path) } " answers" }
                @if let Some(by_load) = &service.autoscale { dt { "By load" } dd { "up to " (by_load.max) } }
                @if !service.env.is_empty() { dt { "Variables" } dd { (service.env.join(", ")) } }
                @if !service.secrets.is_empty() { dt { "Secrets" } dd { (service.secrets.join(", ")) } }
            }
        }
    }
}
