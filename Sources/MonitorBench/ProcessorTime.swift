import Basics
import Glibc

/// Processor time that all threads of this program have used so far; unlike passing time, hardly disturbed by others.
func processorTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
