import ECS

extension InstanceRecord {
    /// Whether its status ends by itself.
    var isMoving: Bool {
        ["Pending", "Starting", "Stopping"].contains(instance.status) && statusEnd > 0
    }

    /// Begins a status on the way: Pending, Starting or Stopping.
    ///
    /// - Parameter duration: how long each of them takes, in nanoseconds.
    mutating func move(to status: String, _ now: Int64, _ duration: Int64) {
        instance.status = status
        let (end, overflow) = now.addingReportingOverflow(duration)
        statusEnd = overflow ? .max : max(1, end)
        moveDuration = duration
    }

    /// Goes on to the status that follows: Pending, Starting, Running; Stopping, Stopped.
    mutating func moveOn(_ now: Int64, _ duration: Int64) {
        switch instance.status {
        case "Pending": move(to: "Starting", now, duration)
        case "Starting":
            instance.startTime = Time.minutes(now)
            run()
        default:
            instance.status = "Stopped"
            statusEnd = 0
        }
    }

    /// It is Running: what a start clears is cleared.
    mutating func run() {
        instance.status = "Running"
        statusEnd = 0
        needsRestart = false
        isHibernated = false
    }
}
