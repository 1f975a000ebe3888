#ifndef CCONFINE_H
#define CCONFINE_H

#include <stddef.h>
#include <stdint.h>

/// What a process may still do after `mon_confine`, beyond computing and talking over the descriptors that it has.
struct mon_confinement {
    /// Files and folders that may be read, with everything beneath; ends with NULL. What does not exist is passed over.
    const char *const *readable;
    /// Device files and folders that may be written and controlled as well; ends with NULL.
    const char *const *devices;
    /// Whether it may open sockets and resolve names.
    int has_network;
    /// The only TCP port to connect to, beside that of name servers; 0 for any.
    uint16_t tcp_port;
    /// Bytes of private writable memory; 0 for no limit.
    uint64_t memory;
};

/// Bits of the result of `mon_confine`: which fences stand.
enum {
    mon_confined_seccomp = 1,
    mon_confined_landlock = 2,
    mon_confined_user = 4,
};

/// Gives up what `confinement` does not name, for good; call before the process has threads.
///
/// No core dumps, no new privileges, no new processes, no writing of files; root becomes nobody if it has a network, and
/// keeps only the right to read otherwise. A fence that this kernel lacks is left out and missing in the result.
int mon_confine(const struct mon_confinement *confinement);

/// Makes the calling process end when the thread that started it does, whatever happens.
void mon_end_with_parent(void);

/// Closes every descriptor from `first` on.
void mon_close_from(int first);

/// A descriptor of `bytes` of memory that can neither grow nor shrink, closed on exec; -1 with errno.
int mon_sealed_memory(const char *name, uint64_t bytes);

/// Gives the pages of sealed memory back; they read as zeros.
void mon_discard_memory(int memory, uint64_t bytes);

#endif
