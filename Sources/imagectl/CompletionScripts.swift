import System

/// What the shells run: each asks `imagectl __complete` and shows what it says.
enum CompletionScripts {
    static let scripts = ["bash": bash, "zsh": zsh, "fish": fish]

    /// Readline cuts words at `=` and `:`, so what stands before the last of these is left out of
    /// the candidates by the program, which is told where it cuts.
    private static let bash = #"""
        # bash completion for imagectl: source <(imagectl completion bash)
        _imagectl() {
            local candidate
            COMPREPLY=()
            while IFS= read -r candidate; do
                case $candidate in
                :files)
                    compopt -o default 2>/dev/null
                    return
                    ;;
                *=) compopt -o nospace 2>/dev/null ;;
                esac
                COMPREPLY+=("$(printf '%q' "$candidate")")
            done < <("${1:-imagectl}" __complete bash "$COMP_WORDBREAKS" \
                "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
        }
        complete -F _imagectl imagectl
        """#

    private static let zsh = #"""
        #compdef imagectl
        # zsh completion for imagectl: imagectl completion zsh > DIR/_imagectl, DIR being in $fpath;
        # or source <(imagectl completion zsh)
        _imagectl() {
            local line
            local -a values shown lines
            lines=("${(@f)$("${(Q)words[1]}" __complete words \
                "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
            for line in $lines; do
                if [[ $line == :files ]]; then
                    compset -P '--*='
                    _files
                    return
                fi
                [[ -n $line ]] || continue
                values+=("${line%%$'\t'*}")
                shown+=("${line/$'\t'/  -- }")
            done
            if [[ ${#values} -eq 1 && ${values[1]} == *= ]]; then
                compadd -Q -S '' -a values
            else
                compadd -l -d shown -a values
            fi
        }
        if [[ ${funcstack[1]} == _imagectl ]]; then
            _imagectl "$@"
        else
            compdef _imagectl imagectl
        fi
        """#

    private static let fish = #"""
        # fish completion for imagectl:
        # imagectl completion fish > ~/.config/fish/completions/imagectl.fish
        function __imagectl_complete
            set -l words (commandline -opc)
            set -l program $words[1]
            set -e words[1]
            set -l current (commandline -ct)
            set -l lines (command $program __complete words $words "$current" 2>/dev/null)
            if test "$lines[1]" = :files
                __fish_complete_path (string replace -r '^--[^=]*=' '' -- "$current")
                return
            end
            string join \n -- $lines
        end
        complete -c imagectl -f -a '(__imagectl_complete)'
        """#

    /// Answers what a script asks: `words WORD ...`, the last one being unfinished, or `bash BREAKS
    /// LINE`, the line up to the cursor.
    static func answer(_ arguments: ArraySlice<String>) async -> ExitCode {
        var words = Array(arguments.dropFirst())
        var breaks = ""
        if arguments.first == "bash", words.count == 2 {
            breaks = words[0]
            words = Array(Self.words(of: words[1]).dropFirst())
        }
        let last = words.popLast() ?? ""
        let completion = Completion(Command.all, words)
        switch await completion.answer(for: last) {
        case .files: try? StandardStream.output.write(":files\n")
        case .candidates(let candidates):
            let cut = last.lastIndex { "=:".contains($0) && breaks.contains($0) }
            let start = cut.map { last.distance(from: last.startIndex, to: $0) + 1 } ?? 0
            let isBash = arguments.first == "bash"
            let lines = candidates.map { candidate in
                let text = printable(String(candidate.text.dropFirst(start)))
                let note = printable(Self.short(candidate.note))
                return isBash || note.isEmpty ? text : "\(text)\t\(note)"
            }
            try? StandardStream.output.write(lines.map { "\($0)\n" }.joined())
        }
        return .done
    }

    /// As much of a meaning as stands beside a candidate: its first sentence, if that is short.
    private static func short(_ note: String) -> String {
        let sentence = note.firstRange(of: ". ").map { note[..<$0.lowerBound] } ?? note[...]
        return sentence.count <= 64 ? String(sentence) : sentence.prefix(63) + "…"
    }

    /// The words of a shell's line, the last one as far as it is typed, without their quotes.
    static func words(of line: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isWord = false
        var quote: Character?
        var isEscaped = false
        for letter in line {
            if isEscaped {
                word.append(letter)
                isEscaped = false
            } else if letter == "\\" && quote != "'" {
                (isEscaped, isWord) = (true, true)
            } else if letter == quote {
                quote = nil
            } else if quote == nil && (letter == "'" || letter == "\"") {
                (quote, isWord) = (letter, true)
            } else if quote == nil && (letter == " " || letter == "\t") {
                if isWord { words.append(word) }
                (word, isWord) = ("", false)
            } else {
                word.append(letter)
                isWord = true
            }
        }
        return words + [word]
    }
}
