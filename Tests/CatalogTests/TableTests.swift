import Testing

@testable import Catalog

/// The tables against the obvious model: a Dictionary and a sort.
struct TableTests {
    /// A table, its model, and copies of both that must stay as they were.
    private struct Pair {
        var table = Table<Int, Int>()
        var model: [Int: Int] = [:]

        func expectEqual(_ random: inout IDSource, _ trace: Comment) {
            let keys = model.keys.sorted()
            #expect(table.count == keys.count, trace)
            #expect(table.map(\.key) == keys, trace)
            #expect(table.map(\.value) == keys.map { model[$0]! }, trace)
            #expect(Array(table.reversed().map(\.key)) == keys.reversed(), trace)
            #expect(table.first?.key == keys.first && table.last?.key == keys.last, trace)
            for _ in 0..<8 {
                let bound = Int.random(in: -2...10_002, using: &random)
                let up = table.ascending(from: bound).map(\.key)
                #expect(up == keys.filter { $0 >= bound }, "\(trace) from \(bound)")
                let down = table.reversed(below: bound).map(\.key)
                #expect(down == keys.filter { $0 < bound }.reversed(), "\(trace) below \(bound)")
            }
        }

        /// One random operation; `growth` in percent are puts.
        mutating func step(_ random: inout IDSource, growth: Int) {
            let key = Int.random(in: 0..<10_000, using: &random)
            let value = Int.random(in: 0..<1_000_000, using: &random)
            switch Int.random(in: 0..<100, using: &random) {
            case ..<growth:
                let (old, expected) = (table.put(key, value), model.updateValue(value, forKey: key))
                #expect(old == expected)
            case ..<(growth + 10):
                let found = table.update(key) { held in
                    held += 1
                    return held
                }
                if let old = model[key] { model[key] = old + 1 }
                #expect(found == model[key])
            default:
                let (old, expected) = (table.remove(key), model.removeValue(forKey: key))
                #expect(old == expected)
            }
            #expect(table[key] == model[key])
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func behavesLikeADictionary(seed: UInt64) {
        var random = IDSource(seed: seed)
        var pair = Pair()
        var copies: [Pair] = []
        // Grow past three levels of nodes, hover, shrink, grow again.
        for (phase, growth) in [85, 45, 5, 60].enumerated() {
            for step in 0..<4000 {
                pair.step(&random, growth: growth)
                if step % 1000 == 999 {
                    pair.expectEqual(&random, "seed \(seed) phase \(phase) step \(step)")
                    copies.append(pair)
                }
            }
        }
        for copy in copies { copy.expectEqual(&random, "a copy, seed \(seed)") }
    }

    @Test(arguments: [false, true])
    func fillsAndEmptiesInOrder(downwards: Bool) {
        var table = Table<Int, String>()
        let keys = downwards ? Array((0..<5000).reversed()) : Array(0..<5000)
        for key in keys { table.put(key, "\(key)") }
        #expect(table.map(\.key) == Array(0..<5000))
        let full = table
        for (done, key) in keys.enumerated() {
            let removed = table.remove(key)
            #expect(removed == "\(key)")
            #expect(table.count == 4999 - done)
        }
        #expect(table.isEmpty && table.first == nil && table.last == nil)
        let (removed, updated) = (table.remove(1), table.update(1) { _ in true })
        #expect(removed == nil && updated == nil)
        #expect(full.count == 5000 && full[2500] == "2500")
    }

    /// The last key of a node that goes is replaced from a child, and nodes borrow and join.
    @Test func everyKeyCanGoFirst() {
        var full = Table<Int, Int>()
        for key in 0..<300 { full.put(key, key) }
        for key in 0..<300 {
            var table = full
            let removed = table.remove(key)
            #expect(removed == key)
            #expect(table.map(\.key) == (0..<300).filter { $0 != key })
        }
        #expect(full.count == 300)
    }

    @Test func aWalkSeesTheTableAsItWas() {
        var table = Table<Int, Int>()
        for key in 0..<1000 { table.put(key, key) }
        var seen: [Int] = []
        for (key, _) in table {
            table.remove(key)
            seen.append(key)
        }
        #expect(seen == Array(0..<1000))
        #expect(table.isEmpty)
    }

    @Test func resourcesAreFoundByIDAndInOrderOfCreation() {
        var table = ResourceTable<ImageRecord>()
        for number in 1...200 {
            var record = ImageRecord()
            record.number = Int64(number)
            record.image.imageID = "m-\(1000 - number)"
            table.put(Boxed(record))
        }
        var changed = table["m-900"]!
        changed.image.imageName = "new"
        let before = table
        table.put(Boxed(changed))
        #expect(table.count == 200 && table["m-900"]?.image.imageName == "new")
        #expect(before["m-900"]?.image.imageName == "")
        #expect(table.records.map(\.key) == (1...200).map(Int64.init))
        table.remove("m-900")
        table.remove("m-none")
        #expect(table.count == 199 && table["m-900"] == nil && table.records[100] == nil)
    }

    @Test func anIndexHoldsSetsOfNumbers() {
        var random = IDSource(seed: 5)
        var index = Index()
        var model: [String: Set<Int64>] = [:]
        for _ in 0..<20_000 {
            let key = "k\(Int.random(in: 0..<50, using: &random))"
            let number = Int64.random(in: 0..<40, using: &random)
            if Bool.random(using: &random) {
                index.insert(key, number)
                model[key, default: []].insert(number)
            } else {
                index.remove(key, number)
                model[key]?.remove(number)
                if model[key]?.isEmpty == true { model[key] = nil }
            }
            #expect(index.count(key) == model[key]?.count ?? 0)
            #expect(index.keyCount == model.count)
        }
        for key in model.keys { #expect(index.numbers(of: key) == model[key]!.sorted()) }
        #expect(index.numbers(of: "none") == [])
    }
}
