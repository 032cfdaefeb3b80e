//! Makes the allocator return large freed blocks to the system.

/// Makes the allocator map blocks above 512 KiB separately, so that they return to the system when they are freed.
///
/// The allocator of glibc starts with a threshold of 128 KiB, but raises it up to 32 MiB when larger blocks are freed. With
/// thousands of VUs that each receive an event of 1 MiB, that memory would stay in the process.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "no safe interface sets options of malloc")]
pub(super) fn give_back_large_pieces() {
    const LARGE: libc::c_int = 512 * 1024;
    // SAFETY: `mallopt` takes two numbers and may be called at any time; a refusal changes nothing. No other thread runs yet.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}

/// Other allocators need no setting.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn give_back_large_pieces() {}
