#define _GNU_SOURCE
#include "CConfine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const uid_t nobody = 65534;

// MARK: Landlock: which files and ports

// Newer than the headers of the oldest supported distribution; numbers are of the kernel's stable interface.
static const uint64_t access_truncate = 1ULL << 14, access_ioctl = 1ULL << 15;
static const uint64_t access_bind_tcp = 1ULL << 0, access_connect_tcp = 1ULL << 1;
static const int rule_net_port = 2;

struct net_ruleset {
    uint64_t files;
    uint64_t network;
};

struct net_port {
    uint64_t allowed;
    uint64_t port;
};

static void allow_beneath(int ruleset, const char *path, uint64_t allowed) {
    int place = open(path, O_PATH | O_CLOEXEC);
    if (place < 0) return;
    // The kernel refuses rights that only folders have for anything that is not one.
    struct landlock_path_beneath_attr rule = {.allowed_access = allowed, .parent_fd = place};
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
        rule.allowed_access &= ~(uint64_t)LANDLOCK_ACCESS_FS_READ_DIR;
        syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    }
    close(place);
}

static int fence_files(const struct mon_confinement *confinement) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) return 0;
    struct net_ruleset handled = {.files = (1ULL << 13) - 1};
    if (version >= 2) handled.files |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3) handled.files |= access_truncate;
    if (version >= 5) handled.files |= access_ioctl;
    int fences_ports = version >= 4 && confinement->has_network && confinement->tcp_port != 0;
    if (fences_ports) handled.network = access_bind_tcp | access_connect_tcp;
    int ruleset = (int)syscall(
        SYS_landlock_create_ruleset, &handled, version >= 4 ? sizeof handled : sizeof handled.files, 0);
    if (ruleset < 0) return 0;
    const uint64_t read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    for (const char *const *path = confinement->readable; path && *path; path++) allow_beneath(ruleset, *path, read);
    const uint64_t device = (read | LANDLOCK_ACCESS_FS_WRITE_FILE | access_ioctl) & handled.files;
    for (const char *const *path = confinement->devices; path && *path; path++) allow_beneath(ruleset, *path, device);
    if (fences_ports) {
        struct net_port ports[] = {{access_connect_tcp, confinement->tcp_port}, {access_connect_tcp, 53}};
        for (int i = 0; i < 2; i++) syscall(SYS_landlock_add_rule, ruleset, rule_net_port, &ports[i], 0);
    }
    long result = syscall(SYS_landlock_restrict_self, ruleset, 0);
    close(ruleset);
    return result == 0;
}

// MARK: seccomp: which calls

// Reading, memory, time, threads, signals to oneself: what every decoder needs.
static const int harmless[] = {
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(lseek),
    SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx),
    SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
    SCMP_SYS(getdents64), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getcwd), SCMP_SYS(munmap),
    SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(set_robust_list),
    SCMP_SYS(get_robust_list), SCMP_SYS(rseq), SCMP_SYS(set_tid_address), SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(getuid),
    SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall),
    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(getrandom), SCMP_SYS(uname), SCMP_SYS(sysinfo),
    SCMP_SYS(getrlimit), SCMP_SYS(getrusage), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6),
    SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(fcntl), SCMP_SYS(dup),
    SCMP_SYS(pipe2), SCMP_SYS(eventfd2), SCMP_SYS(membarrier),
};

static const int of_network[] = {
    SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt), SCMP_SYS(shutdown), SCMP_SYS(sendmmsg), SCMP_SYS(recvmmsg),
};

// No decoder calls these; whoever does is not one any more.
static const int hostile[] = {
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
    SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(init_module),
    SCMP_SYS(finit_module), SCMP_SYS(kexec_load), SCMP_SYS(bpf), SCMP_SYS(setuid), SCMP_SYS(setgid),
    SCMP_SYS(setresuid), SCMP_SYS(setresgid), SCMP_SYS(reboot), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(keyctl),
};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static int allow_all(scmp_filter_ctx filter, const int *calls, size_t count) {
    int failed = 0;
    for (size_t i = 0; i < count; i++) failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    return failed;
}

static int allow_memory(scmp_filter_ctx filter) {
    // Libraries may still be mapped, from files that this process cannot write; code of its own making may not.
    int failed = seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    failed |= seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_WRITE | PROT_EXEC, PROT_EXEC),
        SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, 0));
    failed |= seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    return failed;
}

static int allow_threads(scmp_filter_ctx filter) {
    int failed = seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    // Its flags lie in memory that a filter cannot see; on "not implemented" the C library falls back to clone.
    failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    // Signals to oneself only: abort.
    failed |= seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
    // Asking for limits, not setting them.
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_EQ, 0, 0));
    return failed;
}

static int allow_files(scmp_filter_ctx filter, int has_devices) {
    const scmp_datum_t writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
    // With devices the fence is Landlock's.
    const scmp_datum_t mask = has_devices ? O_CREAT | O_TRUNC : writing;
    int failed = seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, mask, 0));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, mask, 0));
    if (has_devices) return failed | seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 0);
    const unsigned long asked[] = {FIONREAD, FIONBIO, TCGETS};
    for (size_t i = 0; i < COUNT(asked); i++)
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, asked[i], 0));
    return failed;
}

static int allow_network(scmp_filter_ctx filter) {
    const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
    int failed = allow_all(filter, of_network, COUNT(of_network));
    for (size_t i = 0; i < COUNT(families); i++)
        failed |= seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0));
    return failed;
}

static int fence_calls(const struct mon_confinement *confinement) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter) return 0;
    int has_devices = confinement->devices && confinement->devices[0];
    int failed = allow_all(filter, harmless, COUNT(harmless)) | allow_memory(filter) | allow_threads(filter);
    failed |= allow_files(filter, has_devices);
    if (confinement->has_network) failed |= allow_network(filter);
    for (size_t i = 0; i < COUNT(hostile); i++)
        failed |= seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, hostile[i], 0);
    int loaded = !failed && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return loaded;
}

// MARK: User and limits

static int fence_user(const struct mon_confinement *confinement) {
    if (geteuid() != 0) return 1;
    if (confinement->has_network)
        return setgroups(0, NULL) == 0 && setresgid(nobody, nobody, nobody) == 0 && setresuid(nobody, nobody, nobody) == 0;
    // Recordings may belong to anybody.
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}, {0}};
    data[0].effective = data[0].permitted = 1u << CAP_DAC_READ_SEARCH;
    return syscall(SYS_capset, &header, data) == 0;
}

static void fence_resources(const struct mon_confinement *confinement) {
    const struct rlimit none = {0, 0}, few = {128, 128};
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_FSIZE, &none);
    setrlimit(RLIMIT_NOFILE, &few);
    if (confinement->memory == 0) return;
    const struct rlimit memory = {confinement->memory, confinement->memory};
    setrlimit(RLIMIT_DATA, &memory);
}

int mon_confine(const struct mon_confinement *confinement) {
    int fences = 0;
    fence_resources(confinement);
    if (fence_user(confinement)) fences |= mon_confined_user;
    // After a change of user, which resets it: neither core dumps nor /proc/PID/mem for others of that user.
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fences;
    if (fence_files(confinement)) fences |= mon_confined_landlock;
    if (fence_calls(confinement)) fences |= mon_confined_seccomp;
    return fences;
}

void mon_end_with_parent(void) {
    pid_t parent = getppid();
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    // It may have died before the request.
    if (getppid() != parent) _exit(0);
}

void mon_close_from(int first) { syscall(SYS_close_range, first, ~0U, 0); }

int mon_sealed_memory(const char *name, uint64_t bytes) {
    int memory = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0) return -1;
    if (ftruncate(memory, (off_t)bytes) == 0 && fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        return memory;
    int error = errno;
    close(memory);
    errno = error;
    return -1;
}

void mon_discard_memory(int memory, uint64_t bytes) {
    fallocate(memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes);
}
