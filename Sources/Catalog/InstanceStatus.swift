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
        statusEnd = overflow ? .max : end
    }

    /// Goes on to the status that follows: Pending, Starting, Running; Stopping, Stopped.
    mutating func moveOn(_ now: Int64, _ duration: Int64) {
        switch instance.status {
        case "Pending": move(to: "Starting", now, duration)
        case "Starting":
            instance.status = "Running"
            instance.startTime = Time.minutes(now)
            statusEnd = 0
            needsRestart = false
            isHibernated = false
        default:
            instance.status = "Stopped"
            statusEnd = 0
        }
    }
}
