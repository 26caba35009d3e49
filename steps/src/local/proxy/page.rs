//! The small page that a person sees in place of a preview.
//!
//! It stands alone (no script, no image, nothing loaded), and every text in it is taken for
//! hostile: escaped, and kept from turning the text around it by `<bdi>`.

use std::fmt::{self, Display, Write as _};

use hyper::header::HeaderValue;

use super::answer::{Card, Reader};

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{margin:0;min-height:100vh;display:grid;place-items:center;\
font:1.0625rem/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText}\
main{max-width:36rem;padding:2rem;overflow-wrap:anywhere}\
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem}\
pre{white-space:pre-wrap;padding:.75rem 1rem;border:1px solid GrayText;border-radius:.375rem}\
small{color:GrayText}";

/// A page, and the policy under which alone it is shown.
pub(super) struct Page {
    pub(super) html: String,
    pub(super) policy: HeaderValue,
}

/// Writes the page. Only a [`Reader::Visitor`]'s reloads itself, and only if waiting helps.
pub(super) fn render(card: &Card, reader: Reader) -> Page {
    // Lets this one style through and no other, whatever text gets past the escaping.
    let nonce = format!("{:032x}", rand::random::<u128>());
    let reload = card
        .retry_after
        .filter(|_| reader == Reader::Visitor)
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
         <main role=\"status\">\n\
         <h1>{title}</h1>\n\
         <p><bdi>{detail}</bdi></p>\n\
         {quote}\
         <small>Tempus · {status}{promise}</small>\n\
         </main>\n\
         </body>\n\
         </html>\n",
        title = Escaped(&card.title),
        detail = Escaped(&card.detail),
        status = card.status.as_u16(),
    );
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    Page {
        html,
        policy: HeaderValue::from_str(&policy).expect("hex digits make a header value"),
    }
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
