//! The groups of a coroutine.

use std::rc::Rc;

use crate::metrics::Tags;

/// The groups that a task is in, kept while another one runs.
#[derive(Default)]
pub(crate) struct Scope {
    /// Their names, outermost first.
    pub(crate) groups: Vec<Rc<str>>,
    /// Tags of its samples, and the `own_tags` of the VU they were made of.
    pub(crate) tags: Tags,
    pub(crate) own_tags: Tags,
}
