//! Whose images they are, and what is said of those that cannot be deleted.

use std::sync::Arc;

use serde_json::{Value, json};
use tempus_model::Spec;

use super::*;
use crate::aws::testing::{Answer, Script, TestCtx, options, service, spec};

const REGISTRY: &str = "000000000000.dkr.ecr.us-east-1.amazonaws.com";

fn name() -> DnsName {
    "pr-1-shop".parse().unwrap()
}

fn planned() -> OwnImagesPlan {
    OwnImagesPlan { name: name() }
}

/// What runs this image.
fn running(image: &str) -> Spec {
    let mut web = service("web", 80, Some("/"));
    web.image = Some(image.to_owned());
    spec(vec![web])
}

async fn script() -> Script {
    let mut options = options();
    options.images = Images::Deleted;
    Script::with(options).await
}

/// A preview that ran its image of the repository `shop`.
fn ctx() -> TestCtx {
    let ctx = TestCtx::new();
    ctx.remember(&running(&format!("{REGISTRY}/shop:pr-1-shop-0123abc")));
    ctx
}

async fn compensate(script: &Script, ctx: &TestCtx) -> Result<Progress<()>, StepError> {
    let step = OwnImages(Arc::clone(&script.tools));
    step.compensate(ctx, &planned(), None).await
}

fn page(tags: &[&str]) -> Answer {
    let ids: Vec<_> = tags
        .iter()
        .map(|tag| json!({ "imageDigest": "sha256:1", "imageTag": tag }))
        .collect();
    Answer::Json(json!({ "imageIds": ids }))
}

#[test]
fn only_this_account_s_registry_of_this_region_is_asked_and_only_for_the_preview_s_own() {
    let options = options();
    let own = |image: &str| repository_of_own(&options, &name(), image).map(str::to_owned);
    for host in [
        REGISTRY,
        "000000000000.dkr.ecr-fips.us-east-1.amazonaws.com",
        "000000000000.dkr.ecr.us-east-1.amazonaws.com.cn",
        "000000000000.dkr-ecr.us-east-1.on.aws",
    ] {
        let image = format!("{host}/team/shop:pr-1-shop-0123abc");
        assert_eq!(own(&image).as_deref(), Some("team/shop"), "{image}");
    }
    let digest = format!("{REGISTRY}/shop:pr-1-shop-0123abc@sha256:0123");
    assert_eq!(own(&digest).as_deref(), Some("shop"));
    for other in [
        "nginx:pr-1-shop-0123abc",
        "library/nginx:pr-1-shop-0123abc",
        "ghcr.io/octo/shop:pr-1-shop-0123abc",
        // Another account's, another region's, and what only looks like ours.
        "111111111111.dkr.ecr.us-east-1.amazonaws.com/shop:pr-1-shop-0123abc",
        "000000000000.dkr.ecr.us-east-2.amazonaws.com/shop:pr-1-shop-0123abc",
        "000000000000.dkr.ecr.us-east-1.amazonaws.com.example.com/shop:pr-1-shop-0123abc",
        "1000000000000.dkr.ecr.us-east-1.amazonaws.com/shop:pr-1-shop-0123abc",
        // Not built for it.
        "000000000000.dkr.ecr.us-east-1.amazonaws.com/hub/nginx:1.27",
        "000000000000.dkr.ecr.us-east-1.amazonaws.com/shop:pr-11-shop-0123abc",
        "000000000000.dkr.ecr.us-east-1.amazonaws.com/shop@sha256:0123",
        "000000000000.dkr.ecr.us-east-1.amazonaws.com/shop",
    ] {
        assert_eq!(own(other), None, "{other}");
    }
}

#[tokio::test]
async fn of_every_page_the_preview_s_own_are_deleted_by_tag_a_hundred_at_a_time() {
    let own: Vec<_> = (0..130).map(|at| format!("pr-1-shop-{at:07x}")).collect();
    let first: Vec<_> = own[..80].iter().map(String::as_str).collect();
    let mut second: Vec<_> = own[80..].iter().map(String::as_str).collect();
    second.extend(["latest", "pr-1-shop-api-0123abc", "pr-11-shop-0123abc"]);
    let Answer::Json(mut begins) = page(&first) else {
        panic!("a page is JSON")
    };
    begins["nextToken"] = json!("more");
    let script = script()
        .await
        .on("ListImages", Answer::Json(begins))
        .on("ListImages", page(&second))
        .on(
            "BatchDeleteImage",
            Answer::Json(json!({ "imageIds": [], "failures": [] })),
        );
    assert_eq!(compensate(&script, &ctx()).await, Ok(Progress::Done(())));

    let bodies = |operation: &str| -> Vec<Value> {
        let bodies = script.bodies(operation).into_iter();
        bodies
            .map(|body| serde_json::from_str(&body).unwrap())
            .collect()
    };
    let listed = bodies("ListImages");
    assert_eq!((listed.len(), &listed[1]["nextToken"]), (2, &json!("more")));
    let deleted = bodies("BatchDeleteImage");
    for body in listed.iter().chain(&deleted) {
        let of = (&body["registryId"], &body["repositoryName"]);
        assert_eq!(of, (&json!("000000000000"), &json!("shop")));
    }
    let tags: Vec<Vec<_>> = deleted
        .iter()
        .map(|body| body["imageIds"].as_array().unwrap().clone())
        .collect();
    assert_eq!(tags.iter().map(Vec::len).collect::<Vec<_>>(), [100, 30]);
    let all: Vec<_> = own.iter().map(|tag| json!({ "imageTag": tag })).collect();
    assert_eq!(tags.concat(), all);
}

#[tokio::test]
async fn what_is_gone_is_deleted_and_what_is_left_is_said_and_tried_again() {
    let failure = |code: &str, reason: &str| {
        json!({ "imageId": { "imageTag": "pr-1-shop-0123abc" }, "failureCode": code,
            "failureReason": reason })
    };
    let gone = failure("ImageNotFound", "Requested image not found");
    let held = failure("ImageReferencedByManifestList", "sha256:2 leads to it");
    let script = script()
        .await
        .on(
            "ListImages",
            page(&["pr-1-shop-0123abc", "pr-1-shop-4567def"]),
        )
        .on(
            "BatchDeleteImage",
            Answer::Json(json!({ "failures": [gone, held] })),
        )
        .on(
            "BatchDeleteImage",
            Answer::Json(json!({ "failures": [gone] })),
        );
    let ctx = ctx();
    let error = compensate(&script, &ctx).await.unwrap_err();
    assert!(matches!(error, StepError::Transient { .. }), "{error:?}");
    for words in [
        "1 of 2 images",
        "repository shop",
        "pr-1-shop-0123abc (ImageReferencedByManifestList: sha256:2 leads to it)",
    ] {
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(compensate(&script, &ctx).await, Ok(Progress::Done(())));
}

#[tokio::test]
async fn a_repository_that_is_gone_has_no_images() {
    let gone = Answer::Error(400, "RepositoryNotFoundException", "no repository shop");
    let done = Ok(Progress::Done(()));
    let before = script().await.on("ListImages", gone.clone());
    assert_eq!(compensate(&before, &ctx()).await, done);
    let meanwhile = script()
        .await
        .on("ListImages", page(&["pr-1-shop-0123abc"]))
        .on("BatchDeleteImage", gone);
    assert_eq!(compensate(&meanwhile, &ctx()).await, done);
    assert_eq!(meanwhile.calls(), ["ListImages", "BatchDeleteImage"]);
}

#[tokio::test]
async fn a_refusal_says_what_the_role_must_be_allowed() {
    let denied = Answer::Error(400, "AccessDeniedException", "not you");
    let script = script()
        .await
        .on("ListImages", page(&["pr-1-shop-0123abc"]))
        .on("BatchDeleteImage", denied);
    let error = compensate(&script, &ctx()).await.unwrap_err();
    assert!(matches!(error, StepError::Rejected { .. }), "{error:?}");
    assert!(
        error.to_string().contains("ecr:BatchDeleteImage"),
        "{error}"
    );
}

#[tokio::test]
async fn nothing_is_called_for_what_is_not_the_preview_s_to_delete() {
    let done = Ok(Progress::Done(()));
    // A newer preview has the name.
    let script = script().await;
    let mut successor = ctx();
    successor.succeeded = true;
    assert_eq!(compensate(&script, &successor).await, done);
    // No image was built for it.
    let plain = TestCtx::new();
    plain.remember(&running(&format!("{REGISTRY}/hub/nginx:1.27")));
    assert_eq!(compensate(&script, &plain).await, done);
    assert_eq!(script.calls(), [""; 0]);
    // It is configured no more.
    let kept = Script::new().await;
    assert_eq!(compensate(&kept, &ctx()).await, done);
    assert_eq!(kept.calls(), [""; 0]);
}
