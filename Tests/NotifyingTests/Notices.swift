import Alerting
import Basics

/// A message as the outbox hands it out.
func notice(_ number: Int = 1, camera: String = "yard") -> EventNotice {
    EventNotice(
        id: "0199c82c-6c00-7000-8000-00000000000\(number).opened.\(number)", camera: camera,
        event: "0199c82c-6c00-7000-8000-00000000000\(number)", moment: .opened,
        timeMs: 1_760_000_000_000, document: #"{"schema":1,"kind":"both"}"#)
}

/// Waits until a condition holds; false when it does not for a very long time.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    let clocks = SystemClocks()
    let end = clocks.monotonic() + .seconds(60)
    while try !condition() {
        guard clocks.monotonic() < end else { return false }
        clocks.sleep(for: .milliseconds(20))
    }
    return true
}
