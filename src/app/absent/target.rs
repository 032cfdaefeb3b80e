//! A build without the built-in target.

use std::sync::Arc;

/// Returns the base URL of the built-in target.
pub(super) type Target = Arc<dyn Fn() -> Result<String, String> + Send + Sync>;

/// Reports that there is no target.
pub(super) fn on_first_use() -> Box<dyn Fn() -> Result<String, String> + Send + Sync> {
    Box::new(|| {
        Err("ssel was built without the built-in target: enable its feature `target`".into())
    })
}
