//! The identity of an unfinished span and its trace.

use std::fmt;

/// The IDs of a span and of its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SpanContext {
    /// The trace; never 0.
    pub trace: u128,
    /// The span; never 0.
    pub span: u64,
}

impl SpanContext {
    /// The name of the header, in lower case.
    pub(crate) const HEADER: &'static str = "traceparent";
}

impl fmt::Display for SpanContext {
    /// The value of the header by [W3C Trace SpanContext](https://www.w3.org/TR/trace-context/), with the sampled flag.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-01", self.trace, self.span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_has_the_format_of_the_standard() {
        let context = SpanContext {
            trace: 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736,
            span: 0x00f0_67aa_0ba9_02b7,
        };
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(context.to_string(), text);
    }
}
