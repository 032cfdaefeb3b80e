//! What a reader makes of streams.
