//! The formats of published traces.

use std::fmt;

/// How a trace is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TraceFormat {
    /// Lines of JSON as Mooncake published them: `timestamp` in milliseconds, `input_length`, `output_length`, and
    /// `hash_ids` of blocks of 512 tokens. The additions of `AIPerf` are read too: `session_id`, `delay`, `text_input`,
    /// `messages`.
    Mooncake,
    /// Lines of JSON as Alibaba published them for Qwen: `timestamp` in seconds, `chat_id`, `parent_chat_id`, and
    /// `hash_ids` of blocks of 16 tokens.
    Bailian,
    /// A CSV file as Azure published them: `TIMESTAMP,ContextTokens,GeneratedTokens`.
    Azure,
    /// A CSV file as `BurstGPT` published it: `Timestamp` in seconds, `Request tokens`, `Response tokens`.
    BurstGpt,
}

impl TraceFormat {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Mooncake, Self::Bailian, Self::Azure, Self::BurstGpt];

    /// The word for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mooncake => "mooncake",
            Self::Bailian => "bailian",
            Self::Azure => "azure",
            Self::BurstGpt => "burstgpt",
        }
    }

    /// The format of this name.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Tokens of a block whose hash the format gives.
    pub(crate) fn block_size(self) -> u64 {
        match self {
            Self::Mooncake => 512,
            Self::Bailian | Self::Azure | Self::BurstGpt => 16,
        }
    }
}

impl fmt::Display for TraceFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
