//! Templates of replies: named sections, each with its conditions.
//!
//! ```text
//! == done + llama
//! event: message_stop
//! data: {"type":"message_stop"}
//!
//! == reason when finish !length
//! "$word"
//! ```
//!
//! A section begins with `== NAME`. Of the sections with a name, the first whose conditions hold is used; if there is none, the
//! text is empty. Conditions follow `when`: names of [`TemplateFlag`], which must be set, or with `!` must not be set. `$name`
//! stands for a section or a value. A blank line separates events. Each event is a separate HTTP chunk, unless the conditions
//! after `+` hold, so that the next event shares its chunk. Lines with `#` are comments.

use std::collections::HashMap;
use std::ops::BitOr;

macro_rules! flags {
    ($($name:ident)*) => {
        /// A condition of a section.
        #[expect(non_camel_case_types, reason = "the names are those in the templates")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum TemplateFlag { $($name),* }

        const FLAGS: &[(&str, TemplateFlag)] = &[$((stringify!($name), TemplateFlag::$name)),*];
    };
}

flags! {
    vllm llama vendor completions
    open block_start token block_end finish usage_event done error ping malformed whole
    reasoning content tool tool_name tool_arguments
    stop length tool_calls ends
    usage continuous details empty has_reasoning has_content has_tools
    last last_choice last_piece
}

/// A set of flags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TemplateFlags(u64);

impl From<TemplateFlag> for TemplateFlags {
    fn from(flag: TemplateFlag) -> Self {
        Self(1 << flag as u32)
    }
}

impl<T: Into<TemplateFlags>> BitOr<T> for TemplateFlags {
    type Output = Self;

    fn bitor(self, other: T) -> Self {
        Self(self.0 | other.into().0)
    }
}

impl TemplateFlags {
    /// This flag if `is_set`, else none.
    pub(super) fn of(flag: TemplateFlag, is_set: bool) -> Self {
        if is_set { flag.into() } else { Self(0) }
    }

    fn contains(self, all: Self) -> bool {
        self.0 & all.0 == all.0
    }
}

/// Conditions: flags that must be set, and flags that must not.
#[derive(Debug, Clone, Copy, Default)]
struct Condition {
    set: TemplateFlags,
    unset: TemplateFlags,
}

impl Condition {
    fn parse(words: &str) -> Result<Self, String> {
        let mut condition = Self::default();
        for word in words.split_whitespace() {
            let name = word.trim_start_matches('!');
            let (_, flag) = FLAGS
                .iter()
                .find(|(known, _)| *known == name)
                .ok_or_else(|| format!("unknown condition {word}"))?;
            if word == name {
                condition.set = condition.set | *flag;
            } else {
                condition.unset = condition.unset | *flag;
            }
        }
        Ok(condition)
    }

    fn holds(self, flags: TemplateFlags) -> bool {
        flags.contains(self.set) && flags.0 & self.unset.0 == 0
    }
}

/// A piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    Text(&'static str),
    /// `$name`.
    Name(&'static str),
}

/// One variant of a section.
#[derive(Debug)]
pub(super) struct TemplateSection {
    condition: Condition,
    shares_chunk: Option<Condition>,
    pub(super) events: Vec<Vec<Piece>>,
}

impl TemplateSection {
    /// Whether the event after this section goes into the same HTTP chunk.
    pub(super) fn shares_chunk(&self, flags: TemplateFlags) -> bool {
        self.shares_chunk.is_some_and(|when| when.holds(flags))
    }
}

/// The sections of one API.
#[derive(Debug, Default)]
pub(super) struct Template {
    sections: HashMap<&'static str, Vec<TemplateSection>>,
    /// The end of an event.
    pub(super) end: &'static str,
}

impl Template {
    /// Reads the sections of `source`; `end` is what ends each event.
    pub(super) fn parse(source: &'static str, end: &'static str) -> Result<Self, String> {
        let mut sections: HashMap<_, Vec<TemplateSection>> = HashMap::new();
        for part in source.split("== ").skip(1) {
            let (head, body) = part.split_once('\n').unwrap_or((part, ""));
            let (head, shares) = match head.split_once('+') {
                Some((head, shares)) => (head, Some(shares)),
                None => (head, None),
            };
            let (name, condition) = head.split_once(" when ").unwrap_or((head, ""));
            // Comments follow the text of a section.
            let body = body.split("\n#").next().unwrap_or_default().trim_end();
            let body = if body.starts_with('#') { "" } else { body };
            let events = body.split("\n\n").filter(|event| !event.is_empty());
            sections
                .entry(name.trim())
                .or_default()
                .push(TemplateSection {
                    condition: Condition::parse(condition)?,
                    shares_chunk: shares.map(Condition::parse).transpose()?,
                    events: events.map(pieces).collect(),
                });
        }
        Ok(Self { sections, end })
    }

    /// All names that its texts refer to.
    #[cfg(test)]
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        let sections = self.sections.values().flatten();
        let pieces = sections.flat_map(|section| section.events.iter().flatten());
        pieces.filter_map(|piece| match piece {
            Piece::Name(name) => Some(*name),
            Piece::Text(_) => None,
        })
    }

    /// The applicable section with this name; `None` if there is no section with this name.
    #[expect(
        clippy::option_option,
        reason = "no such section, and one that does not apply"
    )]
    pub(super) fn section(
        &self,
        name: &str,
        flags: TemplateFlags,
    ) -> Option<Option<&TemplateSection>> {
        let variants = self.sections.get(name)?;
        Some(
            variants
                .iter()
                .find(|variant| variant.condition.holds(flags)),
        )
    }
}

fn pieces(text: &'static str) -> Vec<Piece> {
    let mut parts = text.split('$');
    let mut pieces = vec![Piece::Text(parts.next().unwrap_or_default())];
    for part in parts {
        let end = part
            .find(|c: char| !c.is_ascii_lowercase() && c != '_')
            .unwrap_or(part.len());
        pieces.extend([Piece::Name(&part[..end]), Piece::Text(&part[end..])]);
    }
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "# A comment.\n\n== a when vllm !stop\n{\"a\":$b_c}\n# Another.\n== a + llama\nx: $d\n\ny$$\n";

    #[test]
    fn the_first_section_whose_conditions_hold_is_used() {
        let template = Template::parse(SOURCE, "\n\n").unwrap();
        let events = |flags: TemplateFlags| {
            template
                .section("a", flags)
                .unwrap()
                .unwrap()
                .events
                .clone()
        };
        let vllm = TemplateFlags::from(TemplateFlag::vllm);
        assert_eq!(
            events(vllm),
            [[Piece::Text("{\"a\":"), Piece::Name("b_c"), Piece::Text("}")]]
        );
        assert_eq!(events(vllm | TemplateFlag::stop).len(), 2);
        let section = template
            .section("a", TemplateFlag::llama.into())
            .unwrap()
            .unwrap();
        assert!(section.shares_chunk(TemplateFlag::llama.into()) && !section.shares_chunk(vllm));
        assert!(template.section("b", vllm).is_none());
        assert!(Template::parse("== a when windy\n", "").is_err());
    }
}
