#define _GNU_SOURCE
#include "CHook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/// The input as a file in memory: nobody has to feed a program that does not read. -1 with errno.
static int memory_file(const void *input, size_t bytes) {
    int memory = memfd_create("notification", MFD_CLOEXEC);
    if (memory < 0) return -1;
    ssize_t written = write(memory, input, bytes);
    if (written >= 0 && (size_t)written == bytes) return memory;
    close(memory);
    if (written >= 0) errno = ENOSPC;
    return -1;
}

static int start(const char *const *arguments, const char *const *environment, int memory, int output,
                 pid_t *process) {
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    // Opened again: from its beginning, and only for reading.
    posix_spawn_file_actions_addopen(&actions, 0, path, O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_adddup2(&actions, output, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawn_file_actions_addchdir_np(&actions, "/");
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    int result = posix_spawn(process, arguments[0], &actions, &attributes, (char *const *)arguments,
                             (char *const *)environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return result;
}

int mon_hook_start(const char *const *arguments, const char *const *environment, const void *input, size_t bytes,
                   int output, pid_t *process) {
    int memory = memory_file(input, bytes);
    if (memory < 0) return errno;
    int result = start(arguments, environment, memory, output, process);
    close(memory);
    return result;
}

int mon_hook_has_ended(pid_t process) {
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)process, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == process;
}

int mon_hook_end(pid_t process) {
    // The program is not reaped yet, so the number still means its group.
    kill(-process, SIGKILL);
    int status = 0;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {}
    return status;
}

int mon_hook_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return 0;
}
