//! What CloudWatch has counted, as the platform asks for it.

use aws_smithy_xml::decode::{Document, ScopedDecoder, try_data};
use tempus_model::Timestamp;

use super::{Action, Client, Failed};
use crate::StepError;

/// A metric of a load balancer's target group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::aws) struct Asked {
    /// Its name.
    pub(in crate::aws) metric: &'static str,
    /// What of the values of a period.
    pub(in crate::aws) statistic: &'static str,
    /// The load balancer, as CloudWatch names it: the end of its ARN.
    pub(in crate::aws) balancer: String,
    /// The target group, in the same way.
    pub(in crate::aws) target_group: String,
}

/// The values of a metric, each at the beginning of its period, in no order. Periods without one are
/// left out.
pub(in crate::aws) type Points = Vec<(Timestamp, f64)>;

impl Client {
    /// The values of these metrics over a time, in their order, in one call (two calls where a page
    /// does not hold them).
    pub(in crate::aws) async fn metrics(
        &self,
        asked: &[Asked],
        (from, until): (Timestamp, Timestamp),
        period: u64,
    ) -> Result<Vec<Points>, Failed> {
        let mut parameters = vec![
            pair("StartTime", &from),
            pair("EndTime", &until),
            pair("ScanBy", &"TimestampAscending"),
        ];
        for (index, asked) in asked.iter().enumerate() {
            let place = format!("MetricDataQueries.member.{}", index + 1);
            let stat = format!("{place}.MetricStat");
            let dimensions = format!("{stat}.Metric.Dimensions.member");
            parameters.extend([
                pair(&format!("{place}.Id"), &id(index)),
                pair(&format!("{place}.ReturnData"), &true),
                pair(&format!("{stat}.Metric.Namespace"), &"AWS/ApplicationELB"),
                pair(&format!("{stat}.Metric.MetricName"), &asked.metric),
                pair(&format!("{dimensions}.1.Name"), &"LoadBalancer"),
                pair(&format!("{dimensions}.1.Value"), &asked.balancer),
                pair(&format!("{dimensions}.2.Name"), &"TargetGroup"),
                pair(&format!("{dimensions}.2.Value"), &asked.target_group),
                pair(&format!("{stat}.Period"), &period),
                pair(&format!("{stat}.Stat"), &asked.statistic),
            ]);
        }
        let mut all = vec![Points::new(); asked.len()];
        let mut next = None::<String>;
        loop {
            let page = next.iter().map(|token| pair("NextToken", token));
            let parameters: Vec<_> = parameters.iter().cloned().chain(page).collect();
            self.lines.enter(Action::GetMetricData).await?;
            let sent = self.cloudwatch.send(Action::GetMetricData, &parameters);
            let (page, more) = results(&sent.await?)?;
            for (of, points) in page {
                let place = (0..asked.len()).find(|index| id(*index) == of);
                if let Some(place) = place {
                    all[place].extend(points);
                }
            }
            next = more;
            if next.is_none() {
                return Ok(all);
            }
        }
    }
}

#[cfg(test)]
impl Client {
    /// Any call, to set a test up.
    pub(in crate::aws) async fn raw_cloudwatch(
        &self,
        operation: &str,
        given: &[(&str, &str)],
    ) -> String {
        let given: Vec<_> = given.iter().map(|(key, value)| pair(key, value)).collect();
        self.cloudwatch.raw(operation, &given).await
    }
}

/// How an answer says which query it is to.
fn id(index: usize) -> String {
    format!("m{index}")
}

fn pair(key: &str, value: &impl ToString) -> (String, String) {
    (key.to_owned(), value.to_string())
}

type Results = Vec<(String, Points)>;

/// The results of a `GetMetricData`, and where the next page begins.
fn results(body: &str) -> Result<(Results, Option<String>), Failed> {
    let unreadable = || {
        let reason = "GetMetricData: an answer that cannot be read";
        Failed::from(StepError::transient(reason))
    };
    // A decoder that meets the end of half an answer says that there is no more.
    if !body.trim_end().ends_with("</GetMetricDataResponse>") {
        return Err(unreadable());
    }
    let mut document = Document::new(body);
    let mut root = document.root_element().map_err(|_| unreadable())?;
    let (mut all, mut next) = (Vec::new(), None);
    while let Some(mut result) = root.next_tag() {
        if !result.start_el().matches("GetMetricDataResult") {
            continue;
        }
        while let Some(mut part) = result.next_tag() {
            if part.start_el().matches("MetricDataResults") {
                while let Some(mut member) = part.next_tag() {
                    all.push(of_metric(&mut member).ok_or_else(unreadable)?);
                }
            } else if part.start_el().matches("NextToken") {
                let token = try_data(&mut part).map_err(|_| unreadable())?;
                next = Some(token.into_owned()).filter(|token| !token.is_empty());
            }
        }
    }
    Ok((all, next))
}

/// One metric's part of a page. What is not its whole part (`PartialData` has a next page) is none.
fn of_metric(member: &mut ScopedDecoder<'_, '_>) -> Option<(String, Points)> {
    let (mut id, mut times, mut values) = (None, Vec::new(), Vec::new());
    while let Some(mut tag) = member.next_tag() {
        if tag.start_el().matches("Id") {
            id = Some(try_data(&mut tag).ok()?.into_owned());
        } else if tag.start_el().matches("StatusCode") {
            let status = try_data(&mut tag).ok()?;
            if !matches!(&*status, "Complete" | "PartialData") {
                return None;
            }
        } else if tag.start_el().matches("Timestamps") {
            while let Some(mut time) = tag.next_tag() {
                let time = try_data(&mut time).ok()?;
                let time: jiff::Timestamp = time.parse().ok()?;
                times.push(Timestamp::from_millis(time.as_millisecond()));
            }
        } else if tag.start_el().matches("Values") {
            while let Some(mut value) = tag.next_tag() {
                values.push(try_data(&mut value).ok()?.parse().ok()?);
            }
        }
    }
    (times.len() == values.len()).then_some((id?, times.into_iter().zip(values).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"<GetMetricDataResponse
        xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><GetMetricDataResult>
        <MetricDataResults><member><Id>m0</Id><Label>x</Label><StatusCode>Complete</StatusCode>
        <Timestamps><member>2026-01-01T00:00:00Z</member><member>2026-01-01T00:01:00Z</member>
        </Timestamps><Values><member>3.0</member><member>0.0</member></Values></member>
        <member><Id>m1</Id><StatusCode>PartialData</StatusCode><Timestamps/><Values/></member>
        </MetricDataResults><NextToken>more</NextToken></GetMetricDataResult>
        </GetMetricDataResponse>"#;

    #[test]
    fn points_are_read_and_half_an_answer_is_none() {
        let (results, next) = results(ANSWER).unwrap();
        let first = Timestamp::from_millis(1_767_225_600_000);
        let points = vec![
            (first, 3.0),
            (Timestamp::from_millis(1_767_225_660_000), 0.0),
        ];
        assert_eq!(results, [("m0".into(), points), ("m1".into(), Vec::new())]);
        assert_eq!(next.as_deref(), Some("more"));
        for broken in [
            &ANSWER[..ANSWER.len() - 10],
            &ANSWER.replace("PartialData", "InternalError"),
            &ANSWER.replace("<member>0.0</member>", ""),
        ] {
            assert!(super::results(broken).is_err(), "{broken}");
        }
    }
}
