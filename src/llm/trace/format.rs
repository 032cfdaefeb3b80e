//! The formats of published traces.

use std::fmt;

/// The format of a trace file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TraceFormat {
    /// JSON lines as published by Mooncake: `timestamp` in milliseconds, `input_length`, `output_length`, and `hash_ids` of
    /// blocks of 512 tokens; also the additions of `AIPerf`: `session_id`, `delay`, `text_input`, `messages`.
    Mooncake,
    /// JSON lines as published by Alibaba for Qwen: `timestamp` in seconds, `chat_id`, `parent_chat_id`, and `hash_ids` of
    /// blocks of 16 tokens.
    Bailian,
    /// A CSV file as published by Azure: `TIMESTAMP,ContextTokens,GeneratedTokens`.
    Azure,
    /// A CSV file as published by `BurstGPT`: `Timestamp` in seconds, `Request tokens`, `Response tokens`.
    BurstGpt,
}

impl TraceFormat {
    /// All formats.
    pub(crate) const ALL: [Self; 4] = [Self::Mooncake, Self::Bailian, Self::Azure, Self::BurstGpt];

    /// The name in options and messages.
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

    /// Tokens per hashed block, by default.
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
