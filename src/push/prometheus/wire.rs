//! The messages of Prometheus remote write 1.0 and 2.0, as far as ssel sends them.

/// Version 1.0: `prometheus.WriteRequest`.
pub(super) mod v1 {
    /// A request.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct WriteRequest {
        /// The series.
        #[prost(message, repeated, tag = "1")]
        pub timeseries: Vec<TimeSeries>,
    }

    /// A series with its new samples.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct TimeSeries {
        /// Its name and labels, sorted.
        #[prost(message, repeated, tag = "1")]
        pub labels: Vec<Label>,
        /// Numbers.
        #[prost(message, repeated, tag = "2")]
        pub samples: Vec<super::NumberSample>,
        /// Histograms.
        #[prost(message, repeated, tag = "4")]
        pub histograms: Vec<super::NativeHistogram>,
    }

    /// A label.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Label {
        /// Its name.
        #[prost(string, tag = "1")]
        pub name: String,
        /// Its value.
        #[prost(string, tag = "2")]
        pub value: String,
    }
}

/// Version 2.0: `io.prometheus.write.v2.Request`.
pub(super) mod v2 {
    /// A request.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Request {
        /// Strings, referred to by index. The first is empty.
        #[prost(string, repeated, tag = "4")]
        pub symbols: Vec<String>,
        /// The series.
        #[prost(message, repeated, tag = "5")]
        pub timeseries: Vec<TimeSeries>,
    }

    /// A series with its new samples.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct TimeSeries {
        /// Its name and labels, sorted: name, value, name, value and so on.
        #[prost(uint32, repeated, tag = "1")]
        pub labels_refs: Vec<u32>,
        /// Numbers.
        #[prost(message, repeated, tag = "2")]
        pub samples: Vec<super::NumberSample>,
        /// Histograms.
        #[prost(message, repeated, tag = "3")]
        pub histograms: Vec<super::NativeHistogram>,
        /// Its metadata.
        #[prost(message, optional, tag = "5")]
        pub metadata: Option<Metadata>,
    }

    /// The metadata of a series.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Metadata {
        /// 1 for a counter, 2 for a gauge, 3 for a histogram.
        #[prost(int32, tag = "1")]
        pub r#type: i32,
    }
}

/// A number at a time, with the same fields in both versions.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct NumberSample {
    /// The number.
    #[prost(double, tag = "1")]
    pub value: f64,
    /// Milliseconds since the Unix epoch.
    #[prost(int64, tag = "2")]
    pub timestamp: i64,
    /// When counting began; version 2.0 only.
    #[prost(int64, tag = "3")]
    pub start_timestamp: i64,
}

/// A native histogram with whole counts. Its fields are the same in both versions.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct NativeHistogram {
    /// The number of values.
    #[prost(uint64, optional, tag = "1")]
    pub count: Option<u64>,
    /// Their sum.
    #[prost(double, tag = "3")]
    pub sum: f64,
    /// The resolution of the buckets.
    #[prost(sint32, tag = "4")]
    pub schema: i32,
    /// The width of the zero bucket.
    #[prost(double, tag = "5")]
    pub zero_threshold: f64,
    /// The number of values in the zero bucket.
    #[prost(uint64, optional, tag = "6")]
    pub zero_count: Option<u64>,
    /// Runs of buckets below zero.
    #[prost(message, repeated, tag = "8")]
    pub negative_spans: Vec<BucketSpan>,
    /// Their counts, each as the difference to the previous one.
    #[prost(sint64, repeated, tag = "9")]
    pub negative_deltas: Vec<i64>,
    /// Runs of buckets above zero.
    #[prost(message, repeated, tag = "11")]
    pub positive_spans: Vec<BucketSpan>,
    /// Their counts, each as the difference to the previous one.
    #[prost(sint64, repeated, tag = "12")]
    pub positive_deltas: Vec<i64>,
    /// Whether counting restarted with it.
    #[prost(enumeration = "ResetHint", tag = "14")]
    pub reset_hint: i32,
    /// Milliseconds since the Unix epoch.
    #[prost(int64, tag = "15")]
    pub timestamp: i64,
    /// When counting began; version 2.0 only.
    #[prost(int64, tag = "17")]
    pub start_timestamp: i64,
}

/// A run of consecutive buckets.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct BucketSpan {
    /// The number of empty buckets since the previous run; for the first run, the index of its first bucket.
    #[prost(sint32, tag = "1")]
    pub offset: i32,
    /// The number of buckets.
    #[prost(uint32, tag = "2")]
    pub length: u32,
}

/// Whether the counts of a histogram restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum ResetHint {
    /// Unknown.
    Unknown = 0,
    /// They restarted.
    Yes = 1,
    /// They continued.
    No = 2,
}
