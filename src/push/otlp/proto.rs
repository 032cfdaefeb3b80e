//! The messages of OTLP 1.x, as far as ssel uses them.
//!
//! Field numbers are those of the [official definitions](https://github.com/open-telemetry/opentelemetry-proto); the
//! tests in `tests/it/otlp` decode the messages with the official library.

/// `opentelemetry.proto.common.v1` and `opentelemetry.proto.resource.v1`.
pub(super) mod common {
    use std::fmt::Debug;

    use prost::{Message, Oneof};

    /// `ExportMetricsServiceRequest` or `ExportTraceServiceRequest`, with metrics or spans as items.
    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct ExportRequest<T: Message + Default + Debug> {
        #[prost(message, repeated, tag = "1")]
        pub(crate) resources: Vec<ResourceItems<T>>,
    }

    /// `ResourceMetrics` or `ResourceSpans`.
    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct ResourceItems<T: Message + Default + Debug> {
        #[prost(message, optional, tag = "1")]
        pub(crate) resource: Option<Resource>,
        #[prost(message, repeated, tag = "2")]
        pub(crate) scopes: Vec<ScopeItems<T>>,
    }

    /// `ScopeMetrics` or `ScopeSpans`.
    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct ScopeItems<T: Message + Default + Debug> {
        #[prost(message, optional, tag = "1")]
        pub(crate) scope: Option<Scope>,
        #[prost(message, repeated, tag = "2")]
        pub(crate) items: Vec<T>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct KeyValue {
        #[prost(string, tag = "1")]
        pub(crate) key: String,
        #[prost(message, optional, tag = "2")]
        pub(crate) value: Option<AnyValue>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct AnyValue {
        #[prost(oneof = "Value", tags = "1, 2, 3, 4, 5")]
        pub(crate) value: Option<Value>,
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum Value {
        #[prost(string, tag = "1")]
        Text(String),
        #[prost(bool, tag = "2")]
        Flag(bool),
        #[prost(int64, tag = "3")]
        Int(i64),
        #[prost(double, tag = "4")]
        Double(f64),
        #[prost(message, tag = "5")]
        Array(ArrayValue),
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct ArrayValue {
        #[prost(message, repeated, tag = "1")]
        pub(crate) values: Vec<AnyValue>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Scope {
        #[prost(string, tag = "1")]
        pub(crate) name: String,
        #[prost(string, tag = "2")]
        pub(crate) version: String,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Resource {
        #[prost(message, repeated, tag = "1")]
        pub(crate) attributes: Vec<KeyValue>,
    }
}

/// `opentelemetry.proto.metrics.v1` and `opentelemetry.proto.collector.metrics.v1`.
pub(super) mod metrics {
    use prost::{Message, Oneof};

    use super::common::KeyValue;

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Metric {
        #[prost(string, tag = "1")]
        pub(crate) name: String,
        #[prost(string, tag = "3")]
        pub(crate) unit: String,
        #[prost(oneof = "Data", tags = "5, 7, 10")]
        pub(crate) data: Option<Data>,
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum Data {
        #[prost(message, tag = "5")]
        Gauge(GaugePoints),
        #[prost(message, tag = "7")]
        Sum(Sum),
        #[prost(message, tag = "10")]
        Histogram(ExponentialHistogram),
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct GaugePoints {
        #[prost(message, repeated, tag = "1")]
        pub(crate) points: Vec<NumberPoint>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Sum {
        #[prost(message, repeated, tag = "1")]
        pub(crate) points: Vec<NumberPoint>,
        #[prost(int32, tag = "2")]
        pub(crate) temporality: i32,
        #[prost(bool, tag = "3")]
        pub(crate) is_monotonic: bool,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct ExponentialHistogram {
        #[prost(message, repeated, tag = "1")]
        pub(crate) points: Vec<ExponentialPoint>,
        #[prost(int32, tag = "2")]
        pub(crate) temporality: i32,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Temporality {
        Delta = 1,
        Cumulative = 2,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct NumberPoint {
        #[prost(message, repeated, tag = "7")]
        pub(crate) attributes: Vec<KeyValue>,
        #[prost(fixed64, tag = "2")]
        pub(crate) start: u64,
        #[prost(fixed64, tag = "3")]
        pub(crate) time: u64,
        #[prost(oneof = "Number", tags = "4, 6")]
        pub(crate) value: Option<Number>,
    }

    #[derive(Clone, Copy, PartialEq, Oneof)]
    pub(crate) enum Number {
        #[prost(double, tag = "4")]
        Double(f64),
        #[prost(sfixed64, tag = "6")]
        Int(i64),
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct ExponentialPoint {
        #[prost(message, repeated, tag = "1")]
        pub(crate) attributes: Vec<KeyValue>,
        #[prost(fixed64, tag = "2")]
        pub(crate) start: u64,
        #[prost(fixed64, tag = "3")]
        pub(crate) time: u64,
        #[prost(fixed64, tag = "4")]
        pub(crate) count: u64,
        #[prost(double, optional, tag = "5")]
        pub(crate) sum: Option<f64>,
        #[prost(sint32, tag = "6")]
        pub(crate) scale: i32,
        #[prost(fixed64, tag = "7")]
        pub(crate) zero_count: u64,
        #[prost(message, optional, tag = "8")]
        pub(crate) positive: Option<Buckets>,
        #[prost(message, optional, tag = "9")]
        pub(crate) negative: Option<Buckets>,
        #[prost(double, optional, tag = "12")]
        pub(crate) min: Option<f64>,
        #[prost(double, optional, tag = "13")]
        pub(crate) max: Option<f64>,
        #[prost(double, tag = "14")]
        pub(crate) zero_threshold: f64,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Buckets {
        #[prost(sint32, tag = "1")]
        pub(crate) offset: i32,
        #[prost(uint64, repeated, tag = "2")]
        pub(crate) counts: Vec<u64>,
    }
}

/// `opentelemetry.proto.trace.v1` and `opentelemetry.proto.collector.trace.v1`.
pub(super) mod trace {
    use prost::Message;

    use super::common::KeyValue;

    /// `SPAN_KIND_CLIENT`.
    pub(crate) const CLIENT: i32 = 3;

    /// `STATUS_CODE_ERROR`.
    pub(crate) const ERROR: i32 = 2;

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct SpanMessage {
        #[prost(bytes = "vec", tag = "1")]
        pub(crate) trace: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        pub(crate) id: Vec<u8>,
        #[prost(fixed32, tag = "16")]
        pub(crate) flags: u32,
        #[prost(string, tag = "5")]
        pub(crate) name: String,
        #[prost(int32, tag = "6")]
        pub(crate) kind: i32,
        #[prost(fixed64, tag = "7")]
        pub(crate) start: u64,
        #[prost(fixed64, tag = "8")]
        pub(crate) end: u64,
        #[prost(message, repeated, tag = "9")]
        pub(crate) attributes: Vec<KeyValue>,
        #[prost(message, repeated, tag = "11")]
        pub(crate) events: Vec<Event>,
        #[prost(message, optional, tag = "15")]
        pub(crate) status: Option<Status>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Event {
        #[prost(fixed64, tag = "1")]
        pub(crate) time: u64,
        #[prost(string, tag = "2")]
        pub(crate) name: String,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Status {
        #[prost(string, tag = "2")]
        pub(crate) message: String,
        #[prost(int32, tag = "3")]
        pub(crate) code: i32,
    }
}

/// The answer to an export request: how much was rejected, and why.
pub(super) mod answer {
    use prost::Message;

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct ExportResponse {
        #[prost(message, optional, tag = "1")]
        pub(crate) partial_success: Option<PartialSuccess>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct PartialSuccess {
        #[prost(int64, tag = "1")]
        pub(crate) rejected: i64,
        #[prost(string, tag = "2")]
        pub(crate) message: String,
    }

    /// `google.rpc.Status`, the body of an error response.
    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct RpcStatus {
        #[prost(string, tag = "2")]
        pub(crate) message: String,
    }
}
