//! Prometheus's text format, as far as our servers write it. What is not understood is an error.

use std::collections::BTreeMap;

use super::history::Labels;

/// One line of a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    pub(super) labels: Labels,
    pub(super) value: f64,
    /// Whether it is a gauge: neither a counter nor a part of a histogram.
    pub(super) is_gauge: bool,
}

/// Reads a page of `/metrics`.
pub(super) fn read(page: &str) -> Result<Vec<Sample>, String> {
    let mut types = BTreeMap::new();
    let mut samples = Vec::new();
    for line in page.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            let (name, kind) = declared.split_once(' ').ok_or(line)?;
            types.insert(name, kind);
        } else if !line.starts_with('#') {
            let (labels, value) = sample(line).ok_or_else(|| format!("not a sample: {line}"))?;
            let is_gauge = types.get(labels["__name__"].as_str()) == Some(&"gauge");
            samples.push(Sample {
                labels,
                value,
                is_gauge,
            });
        }
    }
    Ok(samples)
}

fn sample(line: &str) -> Option<(Labels, f64)> {
    let end = line.find(['{', ' '])?;
    let mut labels = Labels::from([("__name__".to_owned(), line[..end].to_owned())]);
    let mut rest = &line[end..];
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        loop {
            if let Some(after) = rest.strip_prefix('}') {
                rest = after;
                break;
            }
            let (name, after) = rest.split_once("=\"")?;
            let (value, after) = quoted(after)?;
            labels.insert(name.trim_start_matches(',').to_owned(), value);
            rest = after;
        }
    }
    let value = rest.trim();
    let value = match value {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        number => number.parse().ok()?,
    };
    Some((labels, value))
}

/// The text up to the closing quote, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                escaped => value.push(escaped),
            },
            plain => value.push(plain),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_line_by_line() {
        let page = "# HELP a_total Of something.\n# TYPE a_total counter\n\
                    a_total{x=\"1\",y=\"a\\\"b,}\\\\\"} 3\n\n# TYPE b gauge\nb 0.5\nc_bucket{le=\"+Inf\"} 7\n";
        let read = read(page).unwrap();
        let of = |pairs: &[(&str, &str)]| -> Labels {
            let pairs = pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
            pairs.collect()
        };
        let first = of(&[("__name__", "a_total"), ("x", "1"), ("y", "a\"b,}\\")]);
        assert_eq!(read[0].labels, first);
        assert_eq!((read[0].value, read[0].is_gauge), (3.0, false));
        assert_eq!((read[1].value, read[1].is_gauge), (0.5, true));
        assert_eq!(
            read[2].labels,
            of(&[("__name__", "c_bucket"), ("le", "+Inf")])
        );
        assert!(super::read("nonsense\n").is_err());
        assert!(super::read("a{x=\"1} 3\n").is_err());
    }
}
