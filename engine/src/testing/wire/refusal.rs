//! What a service says when it does not do what it is asked for, each in its own words.

use super::request::{Protocol, Request};

/// Why a service does not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Too many calls.
    Throttled,
    /// It is broken.
    Unavailable,
    /// It never does that.
    Rejected,
}

impl Refusal {
    /// The whole answer, head and body.
    pub(super) fn to(self, request: &Request) -> Vec<u8> {
        let (status, code) = self.words(request.service());
        let said = "injected";
        let (status, headers, body) = match request.protocol {
            Protocol::Json => (
                status,
                "content-type: application/x-amz-json-1.0\r\n".to_owned(),
                format!(r#"{{"__type":"com.amazonaws#{code}","message":"{said}"}}"#),
            ),
            Protocol::Rest => (
                status,
                format!("content-type: application/json\r\nx-amzn-errortype: {code}\r\n"),
                format!(r#"{{"Message":"{said}"}}"#),
            ),
            Protocol::Query => (
                status,
                "content-type: text/xml\r\n".to_owned(),
                format!(
                    "<ErrorResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/\
                     2015-12-01/\"><Error><Type>Sender</Type><Code>{code}</Code>\
                     <Message>{said}</Message></Error><RequestId>0</RequestId></ErrorResponse>"
                ),
            ),
            Protocol::Ec2 => (
                status,
                "content-type: text/xml\r\n".to_owned(),
                format!(
                    "<Response><Errors><Error><Code>{code}</Code><Message>{said}</Message></Error>\
                     </Errors><RequestID>0</RequestID></Response>"
                ),
            ),
        };
        answer(status, &headers, &body)
    }

    /// Status and code, as each service's API reference lists them.
    fn words(self, service: &str) -> (u16, &'static str) {
        match (self, service) {
            (Self::Throttled, "dynamodb") => (400, "ProvisionedThroughputExceededException"),
            (Self::Throttled, "sqs") => (400, "RequestThrottled"),
            (Self::Throttled, "elb") => (400, "Throttling"),
            (Self::Throttled, "ec2") => (503, "RequestLimitExceeded"),
            (Self::Throttled, "scheduler") => (429, "ThrottlingException"),
            (Self::Throttled, _) => (400, "ThrottlingException"),
            (Self::Unavailable, "dynamodb") => (500, "InternalServerError"),
            (Self::Unavailable, "ecs") => (500, "ServerException"),
            (Self::Unavailable, "scheduler") => (500, "InternalServerException"),
            (Self::Unavailable, "ec2") => (500, "InternalError"),
            (Self::Unavailable, _) => (503, "ServiceUnavailable"),
            (Self::Rejected, "ecs") => (400, "InvalidParameterException"),
            (Self::Rejected, "elb") => (400, "ValidationError"),
            (Self::Rejected, "ec2" | "sqs") => (400, "InvalidParameterValue"),
            (Self::Rejected, _) => (400, "ValidationException"),
        }
    }
}

/// An answer with further headers, each with the end of its line.
pub(super) fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let headers = match headers {
        "" => "content-type: application/x-amz-json-1.0\r\n",
        given => given,
    };
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Injected\r\n{headers}content-length: {length}\r\n\r\n");
    [head.as_bytes(), body.as_bytes()].concat()
}
