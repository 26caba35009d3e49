//! One browser window, and what a person does in it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempus_tests::server::{Server, eventually};

use crate::chrome::Chrome;
use crate::driver::Driver;

/// How long a page may take to show what it should, on a machine that does something else as well.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How large the window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    Desktop,
    Phone,
}

/// What the person prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Light,
    Dark,
}

/// A window.
pub struct Browser {
    web: Client,
    base: String,
    /// Outlives the window.
    _driver: Driver,
}

impl Browser {
    /// A window of a server's console, still empty.
    pub async fn of(server: &Server) -> Self {
        let driver = Driver::start();
        let wanted = json!({
            "goog:chromeOptions": {"args": driver.arguments()},
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let address = format!("http://127.0.0.1:{}", driver.port);
        let web = ClientBuilder::new(HttpConnector::new())
            .capabilities(serde_json::from_value(wanted).unwrap())
            .connect(&address)
            .await;
        let browser = Self {
            web: web.unwrap(),
            base: server.api().url(),
            _driver: driver,
        };
        browser.look(Screen::Desktop, Scheme::Light).await;
        browser
    }

    /// Another window, or other preferences.
    pub async fn look(&self, screen: Screen, scheme: Scheme) {
        let (width, height, is_phone) = match screen {
            Screen::Desktop => (1280, 860, false),
            Screen::Phone => (390, 844, true),
        };
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone});
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.cdp("Emulation.setEmulatedMedia", features).await;
    }

    /// Whether scripts run.
    pub async fn scripts(&self, are_on: bool) {
        let disabled = json!({"value": !are_on});
        self.cdp("Emulation.setScriptExecutionDisabled", disabled)
            .await;
    }

    async fn cdp(&self, method: &'static str, parameters: Value) -> Value {
        let told = self.web.issue_cmd(Chrome::Tell(method, parameters)).await;
        told.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Goes to a page.
    pub async fn open(&self, path: &str) {
        let address = format!("{}{path}", self.base);
        self.web.goto(&address).await.unwrap();
    }

    /// Where it is, without the server.
    pub async fn path(&self) -> String {
        let url = self.web.current_url().await.unwrap().to_string();
        url.replacen(&self.base, "", 1)
    }

    /// What a script of the page says.
    pub async fn script(&self, text: &str) -> Value {
        let ran = self.web.execute(text, Vec::new()).await;
        ran.unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    /// All that can be read on the page.
    pub async fn text(&self) -> String {
        let text = self.script("return document.body.innerText").await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page says this, without loading it again.
    pub async fn shows(&self, text: &str) {
        self.until(&format!("{text:?} on the page"), async || {
            let all = self.text().await;
            all.contains(text).then_some(())
        })
        .await;
    }

    /// Waits until it does not say this any more.
    pub async fn hides(&self, text: &str) {
        self.until(&format!("{text:?} gone from the page"), async || {
            let all = self.text().await;
            (!all.contains(text)).then_some(())
        })
        .await;
    }

    /// Waits until this can be said; fails with what the page shows.
    pub async fn until<T>(&self, what: &str, ask: impl AsyncFnMut() -> Option<T>) -> T {
        let shown = async {
            let text = self.text().await;
            let path = self.path().await;
            format!("{what}, at {path}, which shows:\n{text}")
        };
        // Its own patience is longer, so that this is what says what was seen instead.
        let found = tokio::time::timeout(PATIENCE, eventually(what, PATIENCE * 2, ask)).await;
        let Ok(found) = found else {
            panic!("not within {PATIENCE:?}: {}", shown.await)
        };
        found
    }

    /// What this selector finds, once it is there and can be seen.
    pub async fn find(&self, selector: &str) -> Element {
        self.until(selector, async || {
            let found = self.web.find(Locator::Css(selector)).await.ok()?;
            found.is_displayed().await.ok()?.then_some(found)
        })
        .await
    }

    /// Whether it is there at all.
    pub async fn has(&self, selector: &str) -> bool {
        !self
            .web
            .find_all(Locator::Css(selector))
            .await
            .unwrap()
            .is_empty()
    }

    /// Clicks it, once it can be clicked.
    pub async fn click(&self, selector: &str) {
        self.until(&format!("a click on {selector}"), async || {
            let found = self.web.find(Locator::Css(selector)).await.ok()?;
            found.click().await.ok()
        })
        .await;
    }

    /// Writes into a field what it shall have.
    pub async fn write(&self, selector: &str, text: &str) {
        let field = self.find(selector).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Presses keys wherever the focus is.
    pub async fn press(&self, keys: &str) {
        let at = self.web.active_element().await.unwrap();
        at.send_keys(keys).await.unwrap();
    }

    /// Goes on with the tab key until this has the focus.
    pub async fn tab_to(&self, selector: &str) {
        for _ in 0..60 {
            let script = format!("return document.activeElement?.matches({selector:?}) ?? false");
            if self.script(&script).await == true {
                return;
            }
            self.press(&Key::Tab).await;
        }
        panic!(
            "{selector} is not reached by the tab key: {}",
            self.text().await
        );
    }

    /// What is wider than there is room for: the page, or a list that could then only be read by moving it.
    pub async fn wider(&self) -> Value {
        self.script(
            "return [document.documentElement, ...document.querySelectorAll('.list')]
                .filter((part) => part.scrollWidth > part.clientWidth)
                .map((part) => `${part.scrollWidth - part.clientWidth}: ${part.innerText.slice(0, 40)}`)",
        )
        .await
    }

    /// What somebody is told who does not see it.
    pub async fn said(&self) -> String {
        let said = self
            .script("return document.getElementById('said').textContent")
            .await;
        said.as_str().unwrap_or_default().to_owned()
    }

    /// The text of another window that a link has opened, which is closed again.
    pub async fn other_window(&self) -> String {
        let own = self.web.window().await.unwrap();
        let other = self.until("another window", async || {
            let windows = self.web.windows().await.ok()?;
            windows.into_iter().find(|window| *window != own)
        });
        self.web.switch_to_window(other.await).await.unwrap();
        let text = self
            .until("a page in it", async || {
                let text = self.text().await;
                (!text.is_empty()).then_some(text)
            })
            .await;
        self.web.close_window().await.unwrap();
        self.web.switch_to_window(own).await.unwrap();
        text
    }

    /// What the page complained about: a script that failed, or something that the policy forbids.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.web.issue_cmd(Chrome::Complaints).await.unwrap();
        let entries = log.as_array().cloned().unwrap_or_default();
        let severe = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        // That a call was refused is what a case is about.
        let messages = severe.filter_map(|entry| entry["message"].as_str().map(str::to_owned));
        messages
            .filter(|message| !message.contains("Failed to load resource"))
            .collect()
    }

    /// Takes a picture of what is seen, for the documentation where that is wanted.
    pub async fn picture(&self, name: &str) -> Vec<u8> {
        let taken = self.cdp(
            "Page.captureScreenshot",
            json!({"format": "png", "captureBeyondViewport": false}),
        );
        let taken = taken.await;
        let picture = STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        if std::env::var_os("TEMPUS_TEST_PICTURES").is_some() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/console");
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(format!("{folder}/{name}.png"), &picture).unwrap();
        }
        picture
    }

    /// Closes the window. Nothing may have been complained about.
    pub async fn close(self) {
        let complaints = self.complaints().await;
        self.web.close().await.unwrap();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
}
