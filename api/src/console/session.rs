//! `/console/sign-in` and `/console/sign-out`
//!
//! Plain forms, which need no script. A page of another site that sends one is refused by the guard, which
//! goes by what the browser says of where it comes from; one that says nothing is refused here.

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderMap, LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::SIGN_IN;
use super::frame::{Content, Frame, Place};
use crate::gate;
use crate::identity::{Caller, Cookie, says_where};
use crate::layer::peer::{Peer, Scheme};
use crate::refusal::Refusal;
use crate::shape::ProblemKind;
use crate::state::Api;

/// The form.
pub(super) async fn page(State(api): State<Api>, uri: Uri, headers: HeaderMap) -> Response {
    let next = next(uri.query().unwrap_or_default().as_bytes());
    if api.guard().is_none() {
        return see(&next);
    }
    form(&next, None, &headers)
}

/// Begins a session.
pub(super) async fn begin(State(api): State<Api>, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let sent = axum::body::to_bytes(body, usize::MAX).await;
    let sent = sent.map_err(|error| Refusal::unreadable("body", error.to_string()))?;
    may_be_sent(&parts.headers)?;
    let next = next(&sent);
    let Some(guard) = api.guard() else {
        return Ok(see(&next));
    };
    if gate::shares(&api, &parts.headers) {
        // A browser would send its session to every preview there.
        return Err(Refusal::new(
            ProblemKind::Misdirected,
            "previews answer at this name too, so nobody can sign in here; use the API's own name",
        ));
    }
    let peer = parts.extensions.get::<Peer>().copied();
    let begun = guard.sign_in(&api, &field(&sent, "token"), peer).await;
    let begun = match begun {
        Ok(begun) => begun,
        Err(refusal) if refusal.is_unauthenticated() => {
            let mut page = form(&next, Some(refusal.detail()), &parts.headers);
            *page.status_mut() = StatusCode::UNAUTHORIZED;
            page.extensions_mut()
                .extend(refusal.into_response().extensions().clone());
            return Ok(page);
        }
        Err(refusal) => return Err(refusal),
    };
    let scheme = peer.map_or(Scheme::Http, |peer| peer.scheme);
    let set = Cookie::over(scheme).set(&begun, api.now());
    Ok(with(see(&next), set))
}

/// Ends the session that it is asked with.
pub(super) async fn end(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, Refusal> {
    if let Some(session) = caller.session {
        api.store().revoke_token(session, api.now()).await?;
        tracing::info!(session.id = %session, by = %caller.who, "signed out");
    }
    let peer = request.extensions().get::<Peer>();
    let scheme = peer.map_or(Scheme::Http, |peer| peer.scheme);
    Ok(with(see(SIGN_IN), Cookie::over(scheme).clear()))
}

fn may_be_sent(headers: &HeaderMap) -> Result<(), Refusal> {
    let form = headers.get(CONTENT_TYPE).is_some_and(|value| {
        let value = value.as_bytes();
        value.starts_with(b"application/x-www-form-urlencoded")
    });
    if !form {
        return Err(Refusal::new(
            ProblemKind::NotJson,
            "this is a form's address; programs send their token with every call instead",
        ));
    }
    if !says_where(headers) {
        return Err(Refusal::new(
            ProblemKind::ForeignOrigin,
            "it is not said which page this form was sent from (Origin); use a current browser, and \
             the console's own page",
        ));
    }
    Ok(())
}

/// Where to go afterwards: a page of the console, whatever anybody wrote into the address.
fn next(form: &[u8]) -> String {
    let next = field(form, "next");
    let is_ours = next.parse::<Uri>().is_ok_and(|uri| {
        uri.authority().is_none() && super::is_page(uri.path()) && !uri.path().starts_with(SIGN_IN)
    });
    if is_ours && !next.contains('\\') {
        return next;
    }
    "/".to_owned()
}

fn field(form: &[u8], name: &str) -> String {
    let mut fields = form_urlencoded::parse(form);
    let found = fields.find(|(of, _)| of == name);
    found
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

fn see(place: &str) -> Response {
    let place = HeaderValue::try_from(place);
    let place = place.unwrap_or_else(|_| HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response()
}

fn with(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

fn form(next: &str, refused: Option<&str>, headers: &HeaderMap) -> Response {
    let content = Content {
        place: Place::Elsewhere,
        title: "Sign in".to_owned(),
        body: fields(next, refused),
        dialogs: html! {},
        refresh: None,
    };
    Frame::nobody().page(&content, headers)
}

fn fields(next: &str, refused: Option<&str>) -> Markup {
    html! {
        section.card.alone {
            h1 { "Sign in" }
            p { "With a token of this installation. It is sent once; the browser keeps a session of "
                "twelve hours at most, which ends with the token." }
            form method="post" action=(SIGN_IN) {
                input type="hidden" name="next" value=(next);
                label {
                    span { "Token" }
                    input type="password" name="token" required autofocus autocomplete="current-password"
                        placeholder="tps_…" spellcheck="false" aria-invalid=[refused.map(|_| "true")]
                        aria-describedby=[refused.map(|_| "refusal")];
                }
                @if let Some(refused) = refused { p.refusal #refusal role="alert" { (refused) } }
                div.buttons { button.main type="submit" { "Sign in" } }
            }
            p.hint { "An administrator makes one with " code { "tempus token create" } "." }
        }
    }
}

#[cfg(test)]
mod tests {
    fn after(next: &str) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        super::next(form.append_pair("next", next).finish().as_bytes())
    }

    #[test]
    fn nobody_is_sent_elsewhere_after_signing_in() {
        for own in ["/", "/?show=gone&search=a%20b", "/console/preview/x?job=1"] {
            assert_eq!(after(own), own);
        }
        for other in [
            "",
            "//evil.example/",
            "/\\evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "/previews",
            "/console/sign-in?next=/",
            "/\r\nset-cookie: a=b",
        ] {
            assert_eq!(after(other), "/", "{other}");
        }
    }
}
