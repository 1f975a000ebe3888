/* Preloaded into the daemon: appends to WRITE_TRACE what the process does to the files of the folder WRITE_TRACE_FOLDER, in
 * the order in which it happens: creations, writes, truncations, syncs, removals and renamings. What the process says to
 * people (standard error, replies on sockets) and every line it adds to a file called fed.ndjson stand between them.
 *
 * A record is a line "KIND NANOSECONDS OFFSET LENGTH PATH", a payload of LENGTH bytes where the kind has one (W, L, A), and a
 * line feed. Maps of shared memory are not seen: SQLite makes only its index of the write-ahead log that way, which it
 * rebuilds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { MOST_FILES = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int trace = -1;
static char folder[PATH_MAX];
static size_t folder_length;
/* Names of the folder's files by descriptor; "" for the folder itself, "/" for the file of lines that only count. */
static char *names[MOST_FILES];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("WRITE_TRACE"), *watched = getenv("WRITE_TRACE_FOLDER");
    if (!path || !watched || strcmp(program_invocation_short_name, "monitord") != 0) return;
    snprintf(folder, sizeof folder, "%s", watched);
    folder_length = strlen(folder);
    int opened = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    trace = fcntl(opened, F_DUPFD_CLOEXEC, 1000);
    syscall(SYS_close, opened);
}

static void put(const void *bytes, size_t count) {
    while (count > 0) {
        long written = syscall(SYS_write, trace, bytes, count);
        if (written <= 0) abort();
        bytes = (const char *)bytes + written;
        count -= (size_t)written;
    }
}

static void record(char kind, long long offset, const void *bytes, size_t count, const char *name) {
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    char line[PATH_MAX + 100];
    int length = snprintf(line, sizeof line, "%c %lld %lld %zu %s\n", kind,
                          (long long)now.tv_sec * 1000000000 + now.tv_nsec, offset, count, name);
    put(line, (size_t)length);
    if (bytes) put(bytes, count);
    put("\n", 1);
}

/* The part of a path below the watched folder; NULL for every other path. */
static const char *below(const char *path) {
    if (trace < 0 || !path || strncmp(path, folder, folder_length) != 0) return NULL;
    if (path[folder_length] == 0) return "";
    return path[folder_length] == '/' ? path + folder_length + 1 : NULL;
}

static const char *name_of(int descriptor) {
    return trace >= 0 && descriptor >= 0 && descriptor < MOST_FILES ? names[descriptor] : NULL;
}

static int is_file(const char *name) { return name && name[0] && name[0] != '/'; }

static int open_traced(int directory, const char *path, int flags, mode_t mode) {
    const char *name = below(path), *last = trace >= 0 ? strrchr(path, '/') : NULL;
    int counts = !name && last && strcmp(last, "/fed.ndjson") == 0;
    if (!name && !counts) return (int)syscall(SYS_openat, directory, path, flags, mode);
    pthread_mutex_lock(&lock);
    int is_new = name && (flags & O_CREAT) && access(path, F_OK) != 0;
    int result = (int)syscall(SYS_openat, directory, path, flags, mode), problem = errno;
    if (result >= 0 && result < MOST_FILES) {
        free(names[result]);
        names[result] = strdup(counts ? "/" : name);
        if (is_new) record('C', 0, NULL, 0, name);
        else if (name && (flags & O_TRUNC)) record('T', 0, NULL, 0, name);
    }
    pthread_mutex_unlock(&lock);
    errno = problem;
    return result;
}

#define OPEN(NAME)                                                                                                     \
    int NAME(const char *path, int flags, ...) {                                                                       \
        va_list more;                                                                                                  \
        va_start(more, flags);                                                                                         \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;                                        \
        va_end(more);                                                                                                  \
        return open_traced(AT_FDCWD, path, flags, mode);                                                               \
    }
#define OPENAT(NAME)                                                                                                   \
    int NAME(int directory, const char *path, int flags, ...) {                                                        \
        va_list more;                                                                                                  \
        va_start(more, flags);                                                                                         \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;                                        \
        va_end(more);                                                                                                  \
        return open_traced(directory, path, flags, mode);                                                              \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int close(int descriptor) {
    if (name_of(descriptor)) {
        pthread_mutex_lock(&lock);
        free(names[descriptor]);
        names[descriptor] = NULL;
        pthread_mutex_unlock(&lock);
    }
    return REAL(close)(descriptor);
}

static void note_write(int descriptor, long long offset, const void *bytes, ssize_t count) {
    const char *name = name_of(descriptor);
    if (count <= 0) return;
    if (is_file(name)) record('W', offset, bytes, (size_t)count, name);
    else if (name && name[0] == '/') record('F', 0, NULL, 0, "");
    else if (descriptor == 2) record('L', 0, bytes, (size_t)count, "");
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    if (trace < 0 || (!name_of(descriptor) && descriptor != 2)) return REAL(write)(descriptor, bytes, count);
    pthread_mutex_lock(&lock);
    long long offset = is_file(name_of(descriptor)) ? lseek(descriptor, 0, SEEK_CUR) : 0;
    struct stat status;
    if (is_file(name_of(descriptor)) && (fcntl(descriptor, F_GETFL) & O_APPEND) && fstat(descriptor, &status) == 0)
        offset = status.st_size;
    ssize_t result = REAL(write)(descriptor, bytes, count);
    int problem = errno;
    note_write(descriptor, offset, bytes, result);
    pthread_mutex_unlock(&lock);
    errno = problem;
    return result;
}

static ssize_t pwrite_traced(int descriptor, const void *bytes, size_t count, off_t offset) {
    pthread_mutex_lock(&lock);
    ssize_t result = syscall(SYS_pwrite64, descriptor, bytes, count, offset);
    int problem = errno;
    note_write(descriptor, offset, bytes, result);
    pthread_mutex_unlock(&lock);
    errno = problem;
    return result;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return pwrite_traced(descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
    return pwrite_traced(descriptor, bytes, count, offset);
}

ssize_t writev(int descriptor, const struct iovec *pieces, int count) {
    if (!name_of(descriptor)) return REAL(writev)(descriptor, pieces, count);
    ssize_t sum = 0;
    for (int index = 0; index < count; index++) {
        ssize_t written = write(descriptor, pieces[index].iov_base, pieces[index].iov_len);
        if (written < 0) return sum > 0 ? sum : written;
        sum += written;
    }
    return sum;
}

ssize_t send(int descriptor, const void *bytes, size_t count, int flags) {
    if (trace < 0) return REAL(send)(descriptor, bytes, count, flags);
    pthread_mutex_lock(&lock);
    /* Before it is sent: whoever reads it may count on it. */
    record('A', 0, bytes, count, "");
    pthread_mutex_unlock(&lock);
    return REAL(send)(descriptor, bytes, count, flags);
}

/* A call on a descriptor, and what is recorded when it succeeds. */
#define AFTER(CALL, DESCRIPTOR, KIND, OFFSET)                                                                          \
    pthread_mutex_lock(&lock);                                                                                         \
    __typeof__(CALL) result = CALL;                                                                                    \
    int problem = errno;                                                                                               \
    const char *name = name_of(DESCRIPTOR);                                                                            \
    if (result == 0 && name && name[0] != '/') record(KIND, OFFSET, NULL, 0, name);                                    \
    pthread_mutex_unlock(&lock);                                                                                       \
    errno = problem;                                                                                                   \
    return result

/* While one is under way nothing else is recorded, so everything before it in the trace is covered by it. */
int fsync(int descriptor) { AFTER((int)syscall(SYS_fsync, descriptor), descriptor, 'S', 0); }
int fdatasync(int descriptor) { AFTER((int)syscall(SYS_fdatasync, descriptor), descriptor, 'S', 0); }
int ftruncate(int descriptor, off_t length) {
    AFTER((int)syscall(SYS_ftruncate, descriptor, length), descriptor, 'T', (long long)length);
}
int ftruncate64(int descriptor, off64_t length) {
    AFTER((int)syscall(SYS_ftruncate, descriptor, length), descriptor, 'T', (long long)length);
}
int fallocate(int descriptor, int mode, off_t offset, off_t length) {
    AFTER((int)syscall(SYS_fallocate, descriptor, mode, offset, length), descriptor, 'G', (long long)(offset + length));
}
int fallocate64(int descriptor, int mode, off64_t offset, off64_t length) {
    AFTER((int)syscall(SYS_fallocate, descriptor, mode, offset, length), descriptor, 'G', (long long)(offset + length));
}
int posix_fallocate(int descriptor, off_t offset, off_t length) {
    AFTER(REAL(posix_fallocate)(descriptor, offset, length), descriptor, 'G', (long long)(offset + length));
}
int posix_fallocate64(int descriptor, off64_t offset, off64_t length) {
    AFTER(REAL(posix_fallocate64)(descriptor, offset, length), descriptor, 'G', (long long)(offset + length));
}

static int remove_traced(int directory, const char *path, int flags) {
    const char *name = below(path);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_unlinkat, directory, path, flags), problem = errno;
    if (result == 0 && name) record('U', 0, NULL, 0, name);
    pthread_mutex_unlock(&lock);
    errno = problem;
    return result;
}

int unlink(const char *path) { return remove_traced(AT_FDCWD, path, 0); }
int unlinkat(int directory, const char *path, int flags) { return remove_traced(directory, path, flags); }

int rename(const char *from, const char *to) {
    const char *old = below(from), *new = below(to);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to), problem = errno;
    if (result == 0 && old && new) {
        char both[2 * PATH_MAX];
        snprintf(both, sizeof both, "%s/%s", old, new);
        record('R', 0, NULL, 0, both);
    }
    pthread_mutex_unlock(&lock);
    errno = problem;
    return result;
}
