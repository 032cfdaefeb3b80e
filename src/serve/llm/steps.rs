//! The order of the tokens of a reply.

use super::words;

/// One step of a reply: the tokens that each choice gets at that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReplyStep {
    pub(super) kind: StepKind,
    /// The index of its first token among those of its kind.
    pub(super) from: u64,
    /// The number of tokens.
    pub(super) tokens: u64,
}

impl ReplyStep {
    /// The text for a choice; empty for the name of a tool.
    pub(super) fn text(self, choice: u64) -> String {
        match self.kind {
            StepKind::Reasoning => words::reasoning(choice, self.from, self.tokens),
            StepKind::Content => words::content(choice, self.from, self.tokens),
            StepKind::ToolName { .. } => String::new(),
            StepKind::ToolArguments { piece, .. } => words::ARGUMENTS[piece].to_owned(),
        }
    }
}

/// The kind of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepKind {
    Reasoning,
    Content,
    /// The name of a tool call.
    ToolName {
        call: u64,
    },
    /// A piece of its arguments.
    ToolArguments {
        call: u64,
        piece: usize,
    },
}

/// Tokens of one choice, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) reasoning: u64,
    pub(super) content: u64,
    /// Tool calls, each with a name and arguments.
    pub(super) tools: u64,
}

/// The number of pieces of the arguments of a tool call.
const ARGUMENTS: usize = words::ARGUMENTS.len();

impl Sizes {
    /// The number of tokens of one choice.
    pub(super) fn tokens(self) -> u64 {
        self.reasoning + self.content + self.tools * (1 + ARGUMENTS as u64)
    }

    /// The steps; `size` returns the number of tokens of the n-th step of reasoning or content.
    pub(super) fn steps(self, size: impl Fn(u64) -> u64 + Copy) -> impl Iterator<Item = ReplyStep> {
        let text = move |kind, all: u64, first: u64| {
            let mut from = 0;
            let mut number = first;
            std::iter::from_fn(move || {
                let tokens = size(number).max(1).min(all - from);
                let step = ReplyStep { kind, from, tokens };
                from += tokens;
                number += 1;
                (tokens > 0).then_some(step)
            })
        };
        let tools = (0..self.tools).flat_map(|call| {
            let name = std::iter::once(StepKind::ToolName { call });
            let arguments =
                (0..ARGUMENTS).map(move |piece| StepKind::ToolArguments { call, piece });
            name.chain(arguments).map(|kind| ReplyStep {
                kind,
                from: 0,
                tokens: 1,
            })
        });
        let reasoning = text(StepKind::Reasoning, self.reasoning, 0);
        let before = text(StepKind::Reasoning, self.reasoning, 0).count() as u64;
        reasoning
            .chain(text(StepKind::Content, self.content, before))
            .chain(tools)
    }
}

/// Speculative decoding: each step drafts tokens, and produces the accepted ones and one more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Draft {
    /// The number of drafted tokens per step; 0 disables drafting.
    pub(super) tokens: u64,
    /// The share of them that is accepted.
    pub(super) acceptance: f64,
}

impl Draft {
    /// The number of drafted tokens that step `number` accepts; over many steps exactly the share.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count"
    )]
    pub(super) fn accepted(self, number: u64) -> u64 {
        let until = |steps: u64| ((steps * self.tokens) as f64 * self.acceptance + 1e-9) as u64;
        until(number + 1) - until(number)
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
            let steps: Vec<ReplyStep> = sizes.steps(|_| per_chunk).collect();
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
        assert_eq!(sizes.steps(|_| 1).count(), 16);
        assert_eq!(Sizes::default().steps(|_| 1).count(), 0);
    }

    #[test]
    fn drafts_are_accepted_in_exactly_this_share() {
        for (tokens, acceptance, expected) in
            [(4, 0.75, 3000), (3, 0.5, 1500), (5, 0.0, 0), (2, 1.0, 2000)]
        {
            let draft = Draft { tokens, acceptance };
            let accepted: Vec<u64> = (0..1000).map(|step| draft.accepted(step)).collect();
            assert_eq!(accepted.iter().sum::<u64>(), expected);
            assert!(accepted.iter().all(|accepted| *accepted <= tokens));
        }
    }
}
