import CAllocationCount
import FoundationEssentials
import Glibc

/// Resident memory of this program in bytes, as the kernel counts it.
struct ProcessMemory {
    /// Now.
    let resident: Int
    /// The highest since the start or the last `resetPeak`.
    let peak: Int

    static func now() -> ProcessMemory {
        let text = (try? String(contentsOf: URL(filePath: "/proc/self/status"), encoding: .utf8)) ?? ""
        func bytes(_ key: String) -> Int {
            let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
            return (line?.split(whereSeparator: { !$0.isNumber }).first).flatMap { Int($0) }.map { $0 * 1024 } ?? 0
        }
        return ProcessMemory(resident: bytes("VmRSS:"), peak: bytes("VmHWM:"))
    }

    /// Gives freed memory back to the system and starts a new peak, so that what came before does not count.
    static func resetPeak() {
        allocation_trim()
        let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        write(descriptor, "5", 1)
        close(descriptor)
    }
}
