//! Makes the allocator return large freed blocks to the system.

/// Makes the allocator map pieces of memory above half a MiB by themselves, so that they are given back as soon as they are
/// freed.
///
/// The allocator of glibc does so above 128 KiB at first, but moves that bound up to 32 MiB as soon as a larger piece is
/// freed. With thousands of VUs, an event of 1 MiB in each would else stay part of the process endlessly.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "no safe interface sets options of malloc")]
pub(super) fn give_back_large_pieces() {
    const LARGE: libc::c_int = 512 * 1024;
    // SAFETY: `mallopt` takes two numbers and may be called at any time; a refusal changes nothing. No other thread runs yet.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}

/// Other allocators need not be told.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn give_back_large_pieces() {}
