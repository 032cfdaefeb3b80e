//! Where results go. [`terminal`] is the only file of the program that prints.

mod repeats;
pub mod terminal;

pub use terminal::{Level, Settings, Stream, Terminal};
