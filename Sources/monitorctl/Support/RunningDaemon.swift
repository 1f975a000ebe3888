import Service

/// Tells the daemon, when it runs, what has changed on disk.
enum RunningDaemon {
    /// Another version of a profile is in force.
    static func takeOver(_ profile: String, socket: String) throws {
        do throws(ControlError) {
            try ControlClient.ask(.profileChanged(profile: profile), at: socket)
        } catch {
            guard error.code != .unreachable else {
                return Terminal.note("monitord does not run; it takes this version at its next start")
            }
            throw error
        }
    }
}
