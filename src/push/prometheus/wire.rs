//! The messages of Prometheus remote write 1.0 and 2.0, as far as ssel sends them.

/// Version 1.0: `prometheus.WriteRequest`.
pub(super) mod v1 {
    /// All of a request.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct WriteRequest {
        /// The series.
        #[prost(message, repeated, tag = "1")]
        pub timeseries: Vec<TimeSeries>,
    }

    /// A series with what is new of it.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct TimeSeries {
        /// Its name and labels, sorted.
        #[prost(message, repeated, tag = "1")]
        pub labels: Vec<Label>,
        /// Numbers.
        #[prost(message, repeated, tag = "2")]
        pub samples: Vec<super::Sample>,
        /// Histograms.
        #[prost(message, repeated, tag = "4")]
        pub histograms: Vec<super::Histogram>,
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
    /// All of a request.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Request {
        /// Texts, which all else names by their places. The first is empty.
        #[prost(string, repeated, tag = "4")]
        pub symbols: Vec<String>,
        /// The series.
        #[prost(message, repeated, tag = "5")]
        pub timeseries: Vec<TimeSeries>,
    }

    /// A series with what is new of it.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct TimeSeries {
        /// Its name and labels, sorted: name, value, name, value and so on.
        #[prost(uint32, repeated, tag = "1")]
        pub labels_refs: Vec<u32>,
        /// Numbers.
        #[prost(message, repeated, tag = "2")]
        pub samples: Vec<super::Sample>,
        /// Histograms.
        #[prost(message, repeated, tag = "3")]
        pub histograms: Vec<super::Histogram>,
        /// What it is.
        #[prost(message, optional, tag = "5")]
        pub metadata: Option<Metadata>,
    }

    /// What a series is.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Metadata {
        /// 1 for a counter, 2 for a gauge, 3 for a histogram.
        #[prost(int32, tag = "1")]
        pub r#type: i32,
    }
}

/// A number at a time, with the same fields in both versions.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Sample {
    /// The number.
    #[prost(double, tag = "1")]
    pub value: f64,
    /// Milliseconds since the Unix epoch.
    #[prost(int64, tag = "2")]
    pub timestamp: i64,
    /// Start of the counting; version 2.0 only.
    #[prost(int64, tag = "3")]
    pub start_timestamp: i64,
}

/// A native histogram with whole counts. Its fields are the same in both versions.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Histogram {
    /// How many values.
    #[prost(uint64, optional, tag = "1")]
    pub count: Option<u64>,
    /// Their sum.
    #[prost(double, tag = "3")]
    pub sum: f64,
    /// How fine the buckets are.
    #[prost(sint32, tag = "4")]
    pub schema: i32,
    /// What counts as zero.
    #[prost(double, tag = "5")]
    pub zero_threshold: f64,
    /// How many values do.
    #[prost(uint64, optional, tag = "6")]
    pub zero_count: Option<u64>,
    /// Runs of buckets below zero.
    #[prost(message, repeated, tag = "8")]
    pub negative_spans: Vec<Span>,
    /// Their counts, each less the one before.
    #[prost(sint64, repeated, tag = "9")]
    pub negative_deltas: Vec<i64>,
    /// Runs of buckets above zero.
    #[prost(message, repeated, tag = "11")]
    pub positive_spans: Vec<Span>,
    /// Their counts, each less the one before.
    #[prost(sint64, repeated, tag = "12")]
    pub positive_deltas: Vec<i64>,
    /// Whether counting began anew with it.
    #[prost(enumeration = "ResetHint", tag = "14")]
    pub reset_hint: i32,
    /// Milliseconds since the Unix epoch.
    #[prost(int64, tag = "15")]
    pub timestamp: i64,
    /// Since when it has been counted; version 2.0 only.
    #[prost(int64, tag = "17")]
    pub start_timestamp: i64,
}

/// Buckets that follow one another.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Span {
    /// How many empty buckets lie between the run before and this one; of the first, the number of its first bucket.
    #[prost(sint32, tag = "1")]
    pub offset: i32,
    /// How many buckets.
    #[prost(uint32, tag = "2")]
    pub length: u32,
}

/// Whether the counts of a histogram began anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum ResetHint {
    /// To be found out.
    Unknown = 0,
    /// They did.
    Yes = 1,
    /// They did not.
    No = 2,
}
