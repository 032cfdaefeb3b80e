//! Token counts of `OpenAI`'s APIs, which name the same counts differently.

use super::object::object;
use super::value::Count;

object! {
    /// The details of a count.
    pub(super) struct Details {
        "cached_tokens" => cached_tokens: Count,
        "reasoning_tokens" => reasoning_tokens: Count,
    }
}

/// Declares the struct `Usage` of an API by its names of the counts: prompt and details, completion and details.
macro_rules! usage {
    ($prompt:literal, $prompt_details:literal, $completion:literal, $completion_details:literal) => {
        $crate::llm::chunk::object::object! {
            struct Usage {
                $prompt => prompt: Count,
                $prompt_details => prompt_details: $crate::llm::chunk::usage::Details,
                $completion => completion: Count,
                $completion_details => completion_details: $crate::llm::chunk::usage::Details,
            }
        }

        impl Usage {
            fn to_usage(&self) -> tokens::Usage {
                tokens::Usage {
                    prompt: self.prompt.0,
                    cached: self.prompt_details.cached_tokens.0,
                    completion: self.completion.0,
                    reasoning: self.completion_details.reasoning_tokens.0,
                }
            }
        }
    };
}
pub(super) use usage;
