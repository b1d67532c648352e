import Catalog
import ECS
import Journal
import System

extension Server {
    /// The answer to Metrics, but for what only the catalog knows.
    func metrics(_ now: Int64) -> Exposition {
        var out = Exposition()
        addProcess(&out)
        addRequests(&out)
        addConnections(&out)
        addJournal(&out)
        addData(&out)
        return out
    }

    private func addProcess(_ out: inout Exposition) {
        out.family("imaged_build_info", .gauge, "Always 1: what runs, and how.")
        out.sample(
            .init(1),
            [
                "version": imagedVersion, "protocol": "\(protocolVersion)",
                "durability": facts.mode,
            ])
        let process = ProcessFigures()
        out.single(
            "process_start_time_seconds", .gauge, "When the daemon started, since 1970.",
            .nanoseconds(startWallTime))
        out.single(
            "process_cpu_seconds_total", .counter, "Processor time used, of user and system.",
            .init(process.cpuSeconds))
        out.single(
            "process_resident_memory_bytes", .gauge, "Memory in use.", .init(process.residentBytes))
        out.single(
            "process_virtual_memory_bytes", .gauge, "Addresses in use.",
            .init(process.virtualBytes))
        out.single("process_threads", .gauge, "Threads.", .init(process.threadCount))
        out.single(
            "process_open_fds", .gauge, "Descriptors in use.", .init(process.openDescriptors))
        out.single(
            "process_max_fds", .gauge, "Descriptors that the process may have.",
            .init(process.descriptorsMax))
        out.single(
            "imaged_loop_turns_total", .counter, "Turns of the loop that serves all requests.",
            .init(counters.turns))
        out.single(
            "imaged_log_lines_dropped_total", .counter, "Lines of the log that nobody took.",
            .init(log.droppedCount))
    }

    private func addRequests(_ out: inout Exposition) {
        out.family(
            "imaged_requests_total", .counter,
            "Requests that ended, by operation and code; OK is success.")
        for row in counters.requests {
            out.sample(.init(row.count), ["operation": row.operation, "code": row.code])
        }
        out.family(
            "imaged_request_duration_seconds", .histogram,
            "From a request's arrival until its answer may leave, by class of operation.")
        for (name, histogram) in counters.latency {
            out.histogram(histogram, "class", name.rawValue)
        }
        out.single(
            "imaged_waiting_requests", .gauge,
            "Requests that wait for more than a sync: waits, watches, exports, held ones.",
            .init(parked.calls.count))
        out.single(
            "imaged_faulty_frames_total", .counter, "Frames that were refused as such.",
            .init(counters.faultyFrames))
    }

    private func addConnections(_ out: inout Exposition) {
        out.single(
            "imaged_connections", .gauge, "Connections that are open.", .init(connections.count))
        out.single(
            "imaged_connections_accepted_total", .counter, "Connections that were accepted.",
            .init(counters.acceptedConnections))
        out.family(
            "imaged_connections_refused_total", .counter,
            "Connections that were closed at once, by reason.")
        for reason in Self.refusalReasons {
            out.sample(.init(counters.refusedConnections[reason] ?? 0), ["reason": reason])
        }
        out.single(
            "imaged_connections_slow_total", .counter,
            "Connections that were closed because their clients were too slow.",
            .init(counters.slowConnections))
        out.single(
            "imaged_connection_buffer_bytes", .gauge,
            "What all connections' buffers hold: requests in part, answers that were not taken.",
            .init(bufferedBytes))
    }

    private func addJournal(_ out: inout Exposition) {
        guard let figures = journal?.figures else { return }
        out.single(
            "imaged_journal_records_total", .counter, "Records written to the journal.",
            .init(figures.records))
        out.single(
            "imaged_journal_written_bytes_total", .counter, "Bytes written to the journal.",
            .init(figures.bytes))
        out.single(
            "imaged_journal_syncs_total", .counter, "Syncs of the journal.", .init(figures.records))
        out.single(
            "imaged_journal_sync_seconds_total", .counter, "Time that they took.",
            .nanoseconds(figures.syncNanoseconds))
        out.single(
            "imaged_journal_bytes", .gauge, "What the journals hold since the last checkpoint.",
            .init(figures.heldBytes))
        out.single(
            "imaged_journal_unsynced_records", .gauge, "Records that are not yet on disk.",
            .init(figures.unsyncedRecords))
        out.family("imaged_checkpoints_total", .counter, "Checkpoints, by how they ended.")
        out.sample(.init(counters.checkpoints), ["result": "done"])
        out.sample(.init(counters.failedCheckpoints), ["result": "failed"])
    }

    private func addData(_ out: inout Exposition) {
        guard let workers else { return }
        let figures = workers.figures.withLock { $0 }
        out.family("imaged_snapshots_total", .counter, "Snapshots of files, by how they ended.")
        out.sample(.init(figures.storedSnapshots), ["result": "done"])
        out.sample(.init(figures.failedSnapshots), ["result": "failed"])
        out.single(
            "imaged_snapshot_read_bytes_total", .counter, "Bytes of disks read for snapshots.",
            .init(figures.readBytes))
        out.single(
            "imaged_snapshot_stored_bytes_total", .counter, "Bytes of clusters stored for them.",
            .init(figures.storedBytes))
        out.single(
            "imaged_snapshot_reclaimed_bytes_total", .counter,
            "Bytes given back to the file system for deleted snapshots.",
            .init(figures.reclaimedBytes))
        out.family("imaged_exports_total", .counter, "Exports, by how they ended.")
        out.sample(.init(figures.exports), ["result": "done"])
        out.sample(.init(figures.failedExports), ["result": "failed"])
        out.single(
            "imaged_exported_bytes_total", .counter, "Bytes written by exports, holes left out.",
            .init(figures.exportedBytes))
        out.single(
            "imaged_disk_files_made_total", .counter, "Files made for new disks.",
            .init(figures.madeDisks))
        out.family("imaged_thread_pool_waiting", .gauge, "Work that waits for a thread.")
        out.sample(.init(workers.copies.waitingCount), ["pool": "copies"])
        out.sample(.init(workers.looks.waitingCount), ["pool": "looks"])
        out.single(
            "imaged_data_free_bytes", .gauge,
            "What the file system with the data directory can still take.", .init(space().free))
    }
}

extension Catalog {
    /// The answer to Metrics. It tells of no account what another may not know: sums alone.
    func metrics(_ server: Exposition) -> MetricsResponse {
        var out = server
        let (queued, running) = jobCounts()
        out.family("imaged_jobs", .gauge, "Unfinished jobs on snapshots, by state.")
        out.sample(.init(queued), ["state": "queued"])
        out.sample(.init(running), ["state": "running"])
        out.single("imaged_accounts", .gauge, "Accounts.", .init(state.accounts.count))
        out.single(
            "imaged_changes_total", .counter,
            "Changes of the state since the data directory was made.", .init(newestSequence))
        var response = MetricsResponse()
        response.requestID = requestID()
        response.text = out.text
        return response
    }
}
