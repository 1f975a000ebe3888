/// What a `LabCamera` does with one of its paths. Changes hold at once, for connections that exist as well.
package struct Feed: Sendable {
    /// How the stream's own clock runs, from picture to picture.
    package enum Timing: Sendable {
        case regular
        /// Stands still.
        case equal
        /// Goes back by three seconds at every twentieth picture.
        case backward
        /// Leaps by a minute at every twentieth picture.
        case jumping
        /// Two pictures at a time share one time.
        case pairs
    }

    /// What the camera says of its streams.
    package enum Description: Sendable {
        case video
        /// No video, only sound.
        case audioOnly
        /// Video of this name.
        case codec(String)
        /// These words instead.
        case text(String)
    }

    package var clip: Clip
    /// Pictures per second.
    package var rate = 10.0
    package var timing = Timing.regular
    package var description = Description.video
    /// Of the user `viewer`; nil lets everybody watch.
    package var password: String?
    /// The answer to every request of this method, such as `("DESCRIBE", "503 Service Unavailable")`.
    package var refusal: (method: String, status: String)?
    /// Answers go out byte by byte, this many per second.
    package var answerRate: Double?
    /// Every answer to DESCRIBE stops after this many bytes, and nothing follows.
    package var answerLimit: Int?
    /// The picture of the clip that a connection begins with.
    package var firstPicture = 0
    /// Whether pictures are held back, though connections stay.
    package var isHeld = false
    /// Stops in the middle of a key picture for this long, once per connection, after some seconds.
    package var pauseInKeyPicture: Duration?
    /// Sends RTCP sender reports each second, by a clock that is off by this much.
    package var senderReports: Duration?
    /// Over HTTP, the body ends after this many pictures.
    package var bodyLimit: Int?

    package init(_ clip: Clip, rate: Double = 10) {
        self.clip = clip
        self.rate = rate
    }
}

/// What became of a path's pictures and connections.
package struct FeedCounts: Sendable, Equatable {
    /// Connections that got as far as PLAY.
    package var played = 0
    /// Connections that play now.
    package var playing = 0
    /// Pictures given to the kernel or waiting for it, over all connections.
    package var sent = 0
    /// Pictures left out because the client did not read.
    package var skipped = 0
    /// Requests whose user name or password was wrong.
    package var unauthorised = 0
}
