//! Evaluates `PromQL`, as far as our rules need it, in the way that Prometheus does. What is not
//! understood is refused, never guessed.

use std::collections::BTreeMap;
use std::time::Duration;

use promql_parser::label::Matchers;
use promql_parser::parser::token::{
    T_ADD, T_DIV, T_EQLC, T_GTE, T_GTR, T_LAND, T_LOR, T_LSS, T_LTE, T_LUNLESS, T_MAX, T_MIN,
    T_MUL, T_NEQ, T_SUB, T_SUM, TokenId,
};
use promql_parser::parser::{
    AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, MatrixSelector, VectorMatchCardinality,
    VectorSelector,
};

use super::history::{History, Labels};

const NAME: &str = "__name__";

/// What an expression is at a moment.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Scalar(f64),
    Vector(Vec<(Labels, f64)>),
}

/// Evaluates an expression at a time.
pub(super) fn evaluate(expr: &Expr, history: &History, now: f64) -> Result<Value, String> {
    let inner = |expr| evaluate(expr, history, now);
    match expr {
        Expr::NumberLiteral(number) => Ok(Value::Scalar(number.val)),
        Expr::Paren(paren) => inner(&paren.expr),
        Expr::VectorSelector(selector) => {
            let picks = picks(selector)?;
            Ok(Value::Vector(history.at(now, picks)))
        }
        Expr::Call(call) => function(call, history, now),
        Expr::Aggregate(aggregate) => {
            let Value::Vector(vector) = inner(&aggregate.expr)? else {
                return Err(format!("no vector: {expr}"));
            };
            combine(aggregate, vector).map(Value::Vector)
        }
        Expr::Binary(binary) => {
            let (left, right) = (inner(&binary.lhs)?, inner(&binary.rhs)?);
            operate(binary, left, right)
        }
        Expr::Unary(_)
        | Expr::Subquery(_)
        | Expr::StringLiteral(_)
        | Expr::MatrixSelector(_)
        | Expr::Extension(_) => Err(format!("not understood: {expr}")),
    }
}

/// Which series a selector means.
fn picks(selector: &VectorSelector) -> Result<impl Fn(&Labels) -> bool, String> {
    let VectorSelector {
        name,
        matchers,
        offset: None,
        at: None,
    } = selector
    else {
        return Err(format!("not understood: {selector}"));
    };
    let Matchers {
        matchers,
        or_matchers,
    } = matchers;
    if !or_matchers.is_empty() {
        return Err(format!("not understood: {selector}"));
    }
    Ok(move |labels: &Labels| {
        let of = |label: &str| labels.get(label).map_or("", String::as_str);
        name.as_ref().is_none_or(|name| of(NAME) == name)
            && matchers.iter().all(|one| one.is_match(of(&one.name)))
    })
}

fn function(call: &Call, history: &History, now: f64) -> Result<Value, String> {
    let args: Vec<&Expr> = call.args.args.iter().map(|arg| &**arg).collect();
    match (call.func.name, args.as_slice()) {
        ("increase", [Expr::MatrixSelector(range)]) => {
            increase(range, history, now).map(Value::Vector)
        }
        ("rate", [Expr::MatrixSelector(range)]) => {
            let mut vector = increase(range, history, now)?;
            for (_, value) in &mut vector {
                *value /= range.range.as_secs_f64();
            }
            Ok(Value::Vector(vector))
        }
        ("vector", [scalar]) => match evaluate(scalar, history, now)? {
            Value::Scalar(value) => Ok(Value::Vector(vec![(Labels::new(), value)])),
            Value::Vector(_) => Err(format!("no scalar: {call}")),
        },
        ("absent", [Expr::VectorSelector(selector)]) => {
            let is_there = !history.at(now, picks(selector)?).is_empty();
            let absent = (!is_there).then(|| (Labels::new(), 1.0));
            Ok(Value::Vector(absent.into_iter().collect()))
        }
        _ => Err(format!("not understood: {call}")),
    }
}

/// By how much each counter has grown within the range, from one end of it to the other: what was
/// seen, and what would have been at the ends if it went on like that.
fn increase(
    range: &MatrixSelector,
    history: &History,
    now: f64,
) -> Result<Vec<(Labels, f64)>, String> {
    let span = now - range.range.as_secs_f64()..now;
    let series = history.within(&span, picks(&range.vs)?);
    let grown = series.into_iter().filter_map(|(labels, values)| {
        let grown = extrapolated(&values, span.start, span.end)?;
        Some((without_name(labels), grown))
    });
    Ok(grown.collect())
}

fn extrapolated(values: &[(f64, f64)], start: f64, end: f64) -> Option<f64> {
    let (first, last) = (values.first()?, values.last()?);
    let sampled = last.0 - first.0;
    if sampled <= 0.0 {
        return None;
    }
    let mut grown = last.1 - first.1;
    for pair in values.windows(2) {
        // A counter that falls has begun anew.
        if pair[1].1 < pair[0].1 {
            grown += pair[0].1;
        }
    }
    let gaps = u32::try_from(values.len() - 1).ok()?;
    let average = sampled / f64::from(gaps);
    let at_end = |distance: f64| {
        if distance < average * 1.1 {
            distance
        } else {
            average / 2.0
        }
    };
    let mut before = at_end(first.0 - start);
    if grown > 0.0 && first.1 >= 0.0 {
        // It was not below nothing before.
        before = before.min(sampled * (first.1 / grown));
    }
    Some(grown * (sampled + before + at_end(end - last.0)) / sampled)
}

fn combine(
    aggregate: &AggregateExpr,
    vector: Vec<(Labels, f64)>,
) -> Result<Vec<(Labels, f64)>, String> {
    let of: fn(f64, f64) -> f64 = match aggregate.op.id() {
        T_SUM => |a, b| a + b,
        T_MAX => f64::max,
        T_MIN => f64::min,
        _ => return Err(format!("not understood: {aggregate}")),
    };
    if aggregate.param.is_some() {
        return Err(format!("not understood: {aggregate}"));
    }
    let mut groups: BTreeMap<Labels, f64> = BTreeMap::new();
    for (labels, value) in vector {
        let mut labels = without_name(labels);
        match &aggregate.modifier {
            None => labels.clear(),
            Some(LabelModifier::Include(by)) => labels.retain(|name, _| by.labels.contains(name)),
            Some(LabelModifier::Exclude(but)) => {
                labels.retain(|name, _| !but.labels.contains(name));
            }
        }
        let group = groups.entry(labels);
        group
            .and_modify(|so_far| *so_far = of(*so_far, value))
            .or_insert(value);
    }
    Ok(groups.into_iter().collect())
}

fn operate(binary: &BinaryExpr, left: Value, right: Value) -> Result<Value, String> {
    let op = binary.op.id();
    if let Some(modifier) = &binary.modifier {
        let plain = modifier.matching.is_none()
            && !modifier.return_bool
            && modifier.fill_values.lhs.is_none()
            && modifier.fill_values.rhs.is_none()
            && matches!(
                modifier.card,
                VectorMatchCardinality::OneToOne | VectorMatchCardinality::ManyToMany
            );
        if !plain {
            return Err(format!("not understood: {binary}"));
        }
    }
    let not_understood = || format!("not understood: {binary}");
    match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => {
            let value = arithmetic(op, left, right).ok_or_else(not_understood)?;
            Ok(Value::Scalar(value))
        }
        (Value::Vector(left), Value::Scalar(right)) => {
            let each = left
                .into_iter()
                .map(|(labels, value)| (labels, value, right));
            pairs(op, each).ok_or_else(not_understood)
        }
        (Value::Scalar(left), Value::Vector(right)) if !is_comparison(op) => {
            let each = right
                .into_iter()
                .map(|(labels, value)| (labels, left, value));
            pairs(op, each).ok_or_else(not_understood)
        }
        (Value::Scalar(_), Value::Vector(_)) => Err(not_understood()),
        (Value::Vector(left), Value::Vector(right)) => match op {
            T_LAND | T_LOR | T_LUNLESS => Ok(Value::Vector(sets(op, left, right))),
            _ => {
                let mut by_labels = BTreeMap::new();
                for (labels, value) in right {
                    if by_labels.insert(without_name(labels), value).is_some() {
                        return Err(format!("ambiguous: {binary}"));
                    }
                }
                let each = left.into_iter().filter_map(|(labels, value)| {
                    let other = by_labels.get(&without_name(labels.clone()))?;
                    Some((labels, value, *other))
                });
                pairs(op, each).ok_or_else(not_understood)
            }
        },
    }
}

/// A comparison keeps what it holds for; arithmetic makes something that has no name.
fn pairs(op: TokenId, each: impl Iterator<Item = (Labels, f64, f64)>) -> Option<Value> {
    let mut vector = Vec::new();
    for (labels, left, right) in each {
        if is_comparison(op) {
            if compare(op, left, right) {
                vector.push((labels, left));
            }
        } else {
            vector.push((without_name(labels), arithmetic(op, left, right)?));
        }
    }
    Some(Value::Vector(vector))
}

fn sets(op: TokenId, left: Vec<(Labels, f64)>, right: Vec<(Labels, f64)>) -> Vec<(Labels, f64)> {
    let has = |side: &[(Labels, f64)], labels: &Labels| {
        let key = without_name(labels.clone());
        side.iter()
            .any(|(other, _)| without_name(other.clone()) == key)
    };
    if op == T_LOR {
        let further: Vec<_> = right.into_iter().filter(|(l, _)| !has(&left, l)).collect();
        return [left, further].concat();
    }
    let wanted = op == T_LAND;
    let kept = left.into_iter().filter(|(l, _)| has(&right, l) == wanted);
    kept.collect()
}

fn is_comparison(op: TokenId) -> bool {
    matches!(op, T_EQLC | T_NEQ | T_GTR | T_LSS | T_GTE | T_LTE)
}

#[expect(clippy::float_cmp, reason = "that is what `==` asks for")]
fn compare(op: TokenId, left: f64, right: f64) -> bool {
    match op {
        T_EQLC => left == right,
        T_NEQ => left != right,
        T_GTR => left > right,
        T_LSS => left < right,
        T_GTE => left >= right,
        _ => left <= right,
    }
}

fn arithmetic(op: TokenId, left: f64, right: f64) -> Option<f64> {
    Some(match op {
        T_ADD => left + right,
        T_SUB => left - right,
        T_MUL => left * right,
        T_DIV => left / right,
        _ => return None,
    })
}

fn without_name(mut labels: Labels) -> Labels {
    labels.remove(NAME);
    labels
}

/// Reads an expression.
pub(super) fn parse(text: &str) -> Result<Expr, String> {
    promql_parser::parser::parse(text).map_err(|error| format!("{text}: {error}"))
}

/// A duration as Prometheus writes it.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    promql_parser::util::parse_duration(text)
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "what is compared is exact")]
mod tests {
    use super::*;

    fn labels(text: &str) -> Labels {
        let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
        pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    }

    fn history() -> History {
        let mut history = History::default();
        for (at, ok, bad) in [(0.0, 10.0, 0.0), (60.0, 16.0, 0.0), (120.0, 4.0, 3.0)] {
            let samples = [
                (labels("__name__=jobs_total,how=ok,instance=a"), ok),
                (labels("__name__=jobs_total,how=bad,instance=a"), bad),
                (labels("__name__=depth,instance=a"), at / 60.0),
                (labels("__name__=depth,instance=b"), 7.0),
            ];
            history.take(at, |_| true, samples);
        }
        history
    }

    fn ask(text: &str) -> Vec<(Labels, f64)> {
        match evaluate(&parse(text).unwrap(), &history(), 120.0).unwrap() {
            Value::Vector(vector) => vector,
            Value::Scalar(value) => vec![(Labels::new(), value)],
        }
    }

    fn one(text: &str) -> f64 {
        let vector = ask(text);
        assert_eq!(vector.len(), 1, "{text}: {vector:?}");
        vector[0].1
    }

    #[test]
    fn it_says_what_prometheus_says() {
        assert_eq!(one("max(depth)"), 7.0);
        assert_eq!(one("sum(depth)"), 9.0);
        assert_eq!(one("sum(depth) * 2 + 1"), 19.0);
        assert_eq!(one("1 - sum(depth) / 3"), -2.0);
        assert_eq!(ask("depth > 2").len(), 1);
        assert_eq!(ask("depth > 7"), []);
        assert_eq!(ask("max(depth) == 0"), []);
        assert_eq!(ask(r#"depth{instance=~"a|c"}"#).len(), 1);
        assert_eq!(ask(r#"depth{instance!="a"}"#)[0].1, 7.0);
        // Ten and six more, then anew up to four: ten in all, seen over the whole range.
        assert_eq!(one(r#"increase(jobs_total{how="ok"}[2m])"#), 4.0 * 2.0);
        let whole = one(r#"increase(jobs_total{how="ok"}[121s])"#);
        assert!((whole - 10.0 * 121.0 / 120.0).abs() < 1e-9, "{whole}");
        // What was nothing at first was nothing before; what was not goes on for half a gap.
        assert_eq!(
            ask("sum by (how) (increase(jobs_total[5m])) > 0"),
            [(labels("how=bad"), 3.0), (labels("how=ok"), 12.5)]
        );
        assert_eq!(one("absent(nothing)"), 1.0);
        assert_eq!(ask("absent(depth)"), []);
        assert_eq!(one("sum(nothing) or vector(0)"), 0.0);
        assert_eq!(one("sum(depth) or vector(0)"), 9.0);
        assert_eq!(ask("sum(depth) > 1 and sum(depth) < 5"), []);
        assert_eq!(ask("sum(depth) > 1 and sum(depth) < 50").len(), 1);
        assert!(one("vector(0) / vector(0)").is_nan());
    }

    #[test]
    fn what_it_does_not_know_is_refused() {
        for text in [
            "depth offset 5m",
            "quantile(0.5, depth)",
            "depth > bool 1",
            "depth / on (instance) depth",
            "avg_over_time(depth[5m])",
            "increase(jobs_total[5m:1m])",
            "-depth",
        ] {
            let refused = evaluate(&parse(text).unwrap(), &history(), 120.0);
            assert!(refused.is_err(), "{text}: {refused:?}");
        }
    }
}
