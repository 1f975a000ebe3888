internal import CConfine
internal import Glibc

extension SourceDescription {
    /// Gives up, for good, every right that reading this source does not take; returns the `mon_confined_` bits.
    func confine(memory: UInt64) -> Int32 {
        var confinement = mon_confinement()
        confinement.memory = memory
        var readable: [String] = []
        var devices = hardwareDecoding == .vaapi ? ["/dev/dri"] : []
        switch url.kind {
        case .file: readable = [url.secret]
        case .device: devices.append(url.secret)
        case .rtsp, .http:
            readable = Self.networkFiles + (authorities.map { [$0] } ?? [])
            confinement.has_network = 1
            // Web cameras send their viewers to other ports.
            confinement.tcp_port = url.kind == .rtsp ? url.endpoint?.port ?? 0 : 0
            Self.loadResolver()
        }
        if hardwareDecoding == .vaapi { readable += Self.driverFiles }
        return Self.withPaths(readable) { readable in
            Self.withPaths(devices) { devices in
                confinement.readable = readable
                confinement.devices = devices
                return mon_confine(&confinement)
            }
        }
    }

    /// The paths as C wants them, with nil at their end.
    private static func withPaths(_ paths: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Int32) -> Int32
    {
        let copies = paths.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return (copies.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { body($0.baseAddress) }
    }

    /// What drivers of graphics devices read.
    private static let driverFiles = ["/usr/lib", "/usr/lib64", "/usr/share", "/sys/dev", "/sys/devices", "/etc/drirc"]

    /// What resolving names and checking certificates reads; no folder that may hold our own configuration.
    private static let networkFiles =
        ["resolv.conf", "hosts", "host.conf", "nsswitch.conf", "gai.conf", "services", "protocols", "ld.so.cache"]
        .map { "/etc/" + $0 } + [
            "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/gnutls", "/etc/localtime", "/usr/lib", "/usr/lib64",
            "/lib", "/lib64", "/usr/local/lib", "/usr/share", "/run/systemd/resolve", "/run/nscd", "/dev/urandom",
            "/dev/null",
        ]

    /// The C library loads its resolver when it is asked for the first time, which is easier with all rights.
    private static func loadResolver() {
        var found: UnsafeMutablePointer<addrinfo>?
        if getaddrinfo("localhost", nil, nil, &found) == 0 { freeaddrinfo(found) }
    }
}
