//! The small page that a person sees in place of a preview.
//!
//! It stands alone (no script, no image, nothing loaded), and every text in it is taken for
//! hostile: escaped, and kept from turning the text around it by `<bdi>`.

use std::fmt::{self, Display, Write as _};

use hyper::header::HeaderValue;

use super::{Card, Form, Reader};

const STYLE: &str = "\
:root{color-scheme:light dark;--page:#f4f5f7;--card:#fff;--text:#1b1f27;--soft:#5a6372;\
--line:#d5d9e0;--edge:#848d9b;--key:#3a5bd0;--on-key:#fff;--wrong:#b3261e}\
@media(prefers-color-scheme:dark){:root{--page:#14171c;--card:#1d2128;--text:#eceff4;\
--soft:#a4adbb;--line:#333a45;--edge:#7d8796;--key:#9db4ff;--on-key:#10131a;--wrong:#ffb0a8}}\
*{box-sizing:border-box}\
body{margin:0;min-height:100vh;min-height:100svh;display:grid;place-items:center;padding:1rem;\
font:1.0625rem/1.5 system-ui,sans-serif;background:var(--page);color:var(--text)}\
main{width:100%;max-width:30rem;padding:2rem;background:var(--card);\
border:1px solid var(--line);border-radius:.875rem;overflow-wrap:anywhere}\
h1{font-size:1.375rem;line-height:1.3;margin:0 0 .5rem;text-wrap:balance}\
p{margin:0 0 1rem;color:var(--soft)}\
pre{white-space:pre-wrap;margin:0 0 1rem;padding:.75rem 1rem;font-size:.875rem;\
border:1px solid var(--line);border-radius:.5rem;background:var(--page)}\
label{display:block;margin:1.25rem 0 .375rem;font-weight:600}\
input,button{width:100%;min-height:2.875rem;font:inherit;border-radius:.5rem}\
input{padding:.5rem .75rem;border:1px solid var(--edge);background:var(--card);color:inherit}\
input[aria-invalid=true]{border-color:var(--wrong)}\
button{margin:1rem 0 .25rem;padding:.5rem 1rem;border:0;background:var(--key);\
color:var(--on-key);font-weight:600;cursor:pointer}\
button:hover{filter:brightness(1.08)}\
:focus-visible{outline:3px solid var(--key);outline-offset:2px}\
.wrong{margin:.5rem 0 0;color:var(--wrong);font-weight:600}\
small{display:block;margin-top:1.25rem;padding-top:1rem;border-top:1px solid var(--line);\
color:var(--soft)}";

/// A page, and the policy under which alone it is shown.
pub(super) struct Page {
    pub(super) html: String,
    pub(super) policy: HeaderValue,
}

/// Writes the page. Only a [`Reader::Visitor`]'s reloads itself, and only if waiting helps and
/// nobody is typing in it.
pub(super) fn render(card: &Card, reader: Reader) -> Page {
    // Lets this one style through and no other, whatever text gets past the escaping.
    let nonce = format!("{:032x}", rand::random::<u128>());
    let reload = card
        .retry_after
        .filter(|_| reader == Reader::Visitor && card.form.is_none())
        .map(|seconds| format!("<meta http-equiv=\"refresh\" content=\"{seconds}\">\n"))
        .unwrap_or_default();
    let promise = if reload.is_empty() {
        ""
    } else {
        " · this page looks again by itself"
    };
    let quote = card
        .quote
        .as_deref()
        .map(|text| format!("<pre><bdi>{}</bdi></pre>\n", Escaped(text)))
        .unwrap_or_default();
    let form = card.form.as_ref().map(written).unwrap_or_default();
    // What changes by itself is announced; a page with something to fill in is read from its top.
    let role = match card.form {
        Some(_) => "",
        None => " role=\"status\"",
    };
    let html = format!(
        "<!doctype html>\n\
         <html lang=\"en\">\n\
         <head>\n\
         <meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         {reload}\
         <title>{title}</title>\n\
         <style nonce=\"{nonce}\">{STYLE}</style>\n\
         </head>\n\
         <body>\n\
         <main{role}>\n\
         <h1>{title}</h1>\n\
         <p><bdi>{detail}</bdi></p>\n\
         {quote}\
         {form}\
         <small>Tempus · {status}{promise}</small>\n\
         </main>\n\
         </body>\n\
         </html>\n",
        title = Escaped(&card.title),
        detail = Escaped(&card.detail),
        status = card.status.as_u16(),
    );
    // A form may be sent to where it came from, and nowhere else.
    let target = match card.form {
        Some(_) => "'self'",
        None => "'none'",
    };
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action {target}; \
         frame-ancestors 'none'"
    );
    Page {
        html,
        policy: HeaderValue::from_str(&policy).expect("hex digits make a header value"),
    }
}

fn written(form: &Form) -> String {
    let (invalid, wrong) = match form.wrong {
        Some(wrong) => (
            " aria-invalid=\"true\" aria-describedby=\"wrong\"",
            format!(
                "<p class=\"wrong\" id=\"wrong\" role=\"alert\">{}</p>\n",
                Escaped(wrong)
            ),
        ),
        None => ("", String::new()),
    };
    format!(
        "<form method=\"post\" action=\"{action}\">\n\
         <input type=\"hidden\" name=\"next\" value=\"{next}\">\n\
         <label for=\"password\">Password</label>\n\
         <input type=\"password\" id=\"password\" name=\"password\" required autofocus \
         autocomplete=\"current-password\"{invalid}>\n\
         {wrong}\
         <button type=\"submit\">Open the preview</button>\n\
         </form>\n",
        action = Escaped(&form.action),
        next = Escaped(&form.next),
    )
}

/// Text as HTML shows it, safe in elements and in quoted attributes alike.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(c)?,
                c if c.is_control() => f.write_char(char::REPLACEMENT_CHARACTER)?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(
            Escaped("<a href=\"x\" id='y'>&\u{1b}[0m\n").to_string(),
            "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;\u{fffd}[0m\n"
        );
    }
}
