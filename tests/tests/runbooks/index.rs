//! The index: every alarm has a page, every page a shape, and every link leads somewhere.

use std::collections::BTreeSet;

use tempus_tests::alerts::Rules;
use tempus_tests::runbook::{Page, folder, words};

/// Pages with a test: those whose commands are marked for one.
const TESTED: &[&str] = &[
    "api-errors.md",
    "budget-warned.md",
    "cloud-throttled.md",
    "drain-a-worker.md",
    "github-unreachable.md",
    "late-expiry.md",
    "leases-lost.md",
    "parked-saga.md",
    "queue-age.md",
    "quota-reached.md",
    "replay-dead-letters.md",
    "restore-a-backup.md",
    "roll-a-release-back.md",
    "rotate-secrets.md",
    "slow-ready.md",
    "sweep-found-orphans.md",
    "sweep-missing.md",
    "table-throttled.md",
];

/// In this order.
const SECTIONS: [&str; 4] = [
    "What it means",
    "How to look",
    "What to do",
    "How to know that it worked",
];

fn pages() -> Vec<Page> {
    let names = std::fs::read_dir(folder()).unwrap().map(|entry| {
        let name = entry.unwrap().file_name();
        name.into_string().unwrap()
    });
    let mut names: Vec<_> = names.filter(|name| name != "README.md").collect();
    names.sort();
    names.iter().map(|name| Page::open(name)).collect()
}

#[test]
fn every_alarm_has_its_page_and_stands_in_the_index() {
    let index = Page::open("README.md").text;
    let rules = Rules::shipped();
    assert!(rules.alerts.len() >= 12, "{}", rules.alerts.len());
    for alert in &rules.alerts {
        let page = alert.runbook.strip_prefix("runbooks/").unwrap();
        Page::open(page);
        let named = format!("`{}`", alert.alarm);
        let row = index
            .lines()
            .find(|line| line.starts_with('|') && line.contains(&named));
        let row = row.unwrap_or_else(|| panic!("{} is not in the index", alert.alarm));
        assert!(row.contains(&format!("({page})")), "{row}");
    }
}

#[test]
fn every_page_has_the_same_shape_and_is_in_the_index() {
    let index = Page::open("README.md").text;
    let mut tested = BTreeSet::new();
    for page in pages() {
        let titles = page
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("## "));
        assert_eq!(titles.collect::<Vec<_>>(), SECTIONS, "{}", page.name);
        assert!(page.text.starts_with("# "), "{}", page.name);
        assert!(index.contains(&format!("({})", page.name)), "{}", page.name);
        if page.is_tested() {
            tested.insert(page.name.clone());
        }
    }
    let known: BTreeSet<_> = TESTED.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(tested, known);
}

#[test]
fn every_link_leads_somewhere() {
    for page in pages().iter().chain([&Page::open("README.md")]) {
        for link in page.text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            let file = link.split('#').next().unwrap();
            if !file.contains("://") {
                assert!(folder().join(file).exists(), "{}: {link}", page.name);
            }
        }
    }
}

/// A word in capitals is either declared, or something that a shell or AWS knows.
#[test]
fn every_word_in_capitals_is_declared() {
    const THEIRS: &[&str] = &[
        "AWS", "DESC", "ELAPSED", "ERROR", "FT", "KILL", "REQUEST", "STOPPED", "TERM", "TZ", "DB",
    ];
    let declared = words();
    assert!(declared.contains("PREVIEW"), "{declared:?}");
    for page in pages() {
        for command in page.commands() {
            let parts = command.split(|c: char| !(c.is_ascii_alphanumeric() || "_${".contains(c)));
            for word in parts.filter(|word| word.len() > 1) {
                let capitals = word.bytes().all(|byte| byte.is_ascii_uppercase());
                let known = declared.contains(word) || THEIRS.contains(&word);
                assert!(!capitals || known, "{}: {word} in {command}", page.name);
            }
        }
    }
}
