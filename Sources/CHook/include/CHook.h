#ifndef CHOOK_H
#define CHOOK_H

#include <stddef.h>
#include <sys/types.h>

/// Starts the program `arguments[0]` (an absolute path) in a process group of its own, in `/`, with default signal
/// handling and no descriptor but three: its standard input reads `bytes` from memory, standard output and standard
/// error are `output`. Both lists end with NULL. Returns 0, or an error number.
int mon_hook_start(const char *const *arguments, const char *const *environment, const void *input, size_t bytes,
                   int output, pid_t *process);

/// Ends what is left of the program's process group, waits for the program itself, and returns its wait status.
int mon_hook_end(pid_t process);

/// Whether the program has ended by itself; it still has to be waited for.
int mon_hook_has_ended(pid_t process);

/// A pipe whose ends are closed on exec and whose reading end does not block. Returns 0, or an error number.
int mon_hook_pipe(int ends[2]);

#endif
