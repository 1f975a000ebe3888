internal import Glibc

/// Processors that are online, as the C library counts them.
func onlineProcessors() -> Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }
