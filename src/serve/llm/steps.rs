//! The order in which a reply's tokens come.

/// One moment of a reply: what each answer gets then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) kind: StepKind,
    /// Number of its first token among those of its kind.
    pub(super) from: u64,
    /// Tokens it holds.
    pub(super) tokens: u64,
}

/// What a step consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepKind {
    Reasoning,
    Content,
    /// The name of a tool call.
    ToolName {
        call: u64,
    },
    /// One piece of its arguments.
    ToolArguments {
        call: u64,
        piece: usize,
    },
}

/// Tokens of one answer, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) reasoning: u64,
    pub(super) content: u64,
    /// Calls, each of a name and its arguments.
    pub(super) tools: u64,
}

/// Pieces of one tool call's arguments.
const ARGUMENTS: usize = super::words::ARGUMENTS.len();

impl Sizes {
    /// All tokens of one answer.
    pub(super) fn tokens(self) -> u64 {
        self.reasoning + self.content + self.tools * (1 + ARGUMENTS as u64)
    }

    /// The steps, with that many tokens of reasoning or content in each.
    pub(super) fn steps(self, per_chunk: u64) -> impl Iterator<Item = Step> {
        let text = move |kind, all: u64| {
            let starts = (0..all.div_ceil(per_chunk)).map(move |step| step * per_chunk);
            starts.map(move |from| Step {
                kind,
                from,
                tokens: per_chunk.min(all - from),
            })
        };
        let tools = (0..self.tools).flat_map(|call| {
            let name = std::iter::once(StepKind::ToolName { call });
            let arguments =
                (0..ARGUMENTS).map(move |piece| StepKind::ToolArguments { call, piece });
            name.chain(arguments).map(|kind| Step {
                kind,
                from: 0,
                tokens: 1,
            })
        });
        text(StepKind::Reasoning, self.reasoning)
            .chain(text(StepKind::Content, self.content))
            .chain(tools)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_hold_all_tokens_in_order() {
        let sizes = Sizes {
            reasoning: 3,
            content: 5,
            tools: 2,
        };
        for per_chunk in [1, 2, 3, 100] {
            let steps: Vec<Step> = sizes.steps(per_chunk).collect();
            assert_eq!(
                steps.iter().map(|step| step.tokens).sum::<u64>(),
                sizes.tokens()
            );
            let content: Vec<_> = steps
                .iter()
                .filter(|step| step.kind == StepKind::Content)
                .collect();
            assert_eq!(content[0].from, 0);
            assert!(
                content
                    .windows(2)
                    .all(|pair| pair[0].from + pair[0].tokens == pair[1].from)
            );
        }
        assert_eq!(sizes.steps(1).count(), 16);
        assert_eq!(Sizes::default().steps(1).count(), 0);
    }
}
