//! Reads the text that `/metrics` shows: what is told elsewhere is what is shown there.

use std::collections::BTreeMap;

/// The labels of a series, by name.
pub(super) type Labels = BTreeMap<String, String>;

/// A metric and all its series.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Family {
    pub(super) name: String,
    pub(super) series: Series,
}

/// The series of a metric, by what it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Series {
    Counter(BTreeMap<Labels, f64>),
    Gauge(BTreeMap<Labels, f64>),
    Histogram(BTreeMap<Labels, Histogram>),
}

/// How often which size was met.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Histogram {
    /// Upper bounds, the last (infinity) left out, each with how many were no larger.
    pub(super) upto: Vec<(f64, f64)>,
    pub(super) count: f64,
    pub(super) sum: f64,
}

impl Histogram {
    /// How many were larger than this, which is one of the bounds.
    pub(super) fn above(&self, bound: f64) -> f64 {
        let upto = self.upto.iter().find(|(upper, _)| *upper >= bound);
        self.count - upto.map_or(self.count, |(_, upto)| *upto)
    }
}

/// Reads a text. What it does not understand it leaves out.
pub(super) fn read(text: &str) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for line in text.lines() {
        if let Some(about) = line.strip_prefix("# TYPE ") {
            families.extend(family(about));
        } else if let Some(last) = families.last_mut()
            && !line.starts_with('#')
            && let Some((name, labels, value)) = sample(line)
        {
            last.add(name, labels, value);
        }
    }
    families
}

fn family(about: &str) -> Option<Family> {
    let (name, kind) = about.split_once(' ')?;
    let series = match kind {
        "counter" => Series::Counter(BTreeMap::new()),
        "gauge" => Series::Gauge(BTreeMap::new()),
        "histogram" => Series::Histogram(BTreeMap::new()),
        _ => return None,
    };
    let name = name.to_owned();
    Some(Family { name, series })
}

impl Family {
    fn add(&mut self, name: &str, mut labels: Labels, value: f64) {
        let Some(part) = name.strip_prefix(&*self.name) else {
            return;
        };
        match (&mut self.series, part) {
            (Series::Counter(all) | Series::Gauge(all), "") => {
                all.insert(labels, value);
            }
            (Series::Histogram(all), "_sum") => all.entry(labels).or_default().sum = value,
            (Series::Histogram(all), "_count") => all.entry(labels).or_default().count = value,
            (Series::Histogram(all), "_bucket") => {
                let bound = labels.remove("le").and_then(|le| le.parse().ok());
                if let Some(bound) = bound.filter(|bound: &f64| bound.is_finite()) {
                    all.entry(labels).or_default().upto.push((bound, value));
                }
            }
            _ => {}
        }
    }
}

/// `name{label="value",…} number`
fn sample(line: &str) -> Option<(&str, Labels, f64)> {
    let end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(end);
    let mut labels = Labels::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, after) = rest.trim_start_matches(',').split_once("=\"")?;
            let (value, after) = quoted(after)?;
            labels.insert(label.to_owned(), value);
            rest = after;
        }
        rest = rest.strip_prefix('}')?;
    }
    let value = rest.split_ascii_whitespace().next()?.parse().ok()?;
    Some((name, labels, value))
}

/// The rest of a quoted text, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match letters.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        let owned = pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        owned.collect()
    }

    /// Held against what the recorder really writes.
    #[test]
    fn what_the_recorder_writes_is_read() {
        use metrics::{counter, gauge, histogram};
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new()
            .set_buckets(&[1.0, 5.0])
            .unwrap()
            .build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            counter!("jobs_total", "kind" => "a \"b\\,c\n}d").increment(3);
            counter!("jobs_total", "kind" => "x", "outcome" => "y").increment(4);
            gauge!("age").set(1.5);
            for size in [0.5, 3.0, 3.0, 9.0] {
                histogram!("took", "of" => "a").record(size);
            }
        });
        let mut found = read(&handle.render());
        found.sort_by(|a, b| a.name.cmp(&b.name));
        let counted = BTreeMap::from([
            (labels(&[("kind", "a \"b\\,c\n}d")]), 3.0),
            (labels(&[("kind", "x"), ("outcome", "y")]), 4.0),
        ]);
        let took = Histogram {
            upto: vec![(1.0, 1.0), (5.0, 3.0)],
            count: 4.0,
            sum: 15.5,
        };
        assert_eq!(
            [1.0, 5.0].map(|bound| took.above(bound).to_string()),
            ["3", "1"]
        );
        let of = |name: &str, series| Family {
            name: name.to_owned(),
            series,
        };
        assert_eq!(
            found,
            [
                of("age", Series::Gauge(BTreeMap::from([(Labels::new(), 1.5)]))),
                of("jobs_total", Series::Counter(counted)),
                of(
                    "took",
                    Series::Histogram(BTreeMap::from([(labels(&[("of", "a")]), took)]))
                ),
            ]
        );
    }

    #[test]
    fn what_is_no_sample_is_left_out() {
        let text = "lost 1\n# TYPE a gauge\n\n# HELP a words\na{b=\"c 1\nb 2\na x\na 3 1700000000\n\
                    # TYPE s summary\ns{quantile=\"0\"} 1\n";
        let found = read(text);
        assert_eq!(found.len(), 1, "{found:?}");
        let series = BTreeMap::from([(Labels::new(), 3.0)]);
        assert_eq!(found[0].series, Series::Gauge(series));
    }
}
