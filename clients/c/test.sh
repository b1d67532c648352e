#!/bin/sh
# Builds the C client in a temporary directory, with each compiler that is there, and runs its
# tests.
#
#     IMAGED=.build/debug/imaged sh clients/c/test.sh [NAME ...]
#
# IMAGED is the daemon's binary; without it the tests that need one are skipped. With names only
# tests whose names contain one of them are run. Ends with 0 if all went well.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
protocol=$here/../../protocol
work=$(mktemp -d "${TMPDIR:-/tmp}/imaged-c-build-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
strict="-std=c11 -Wall -Wextra -Werror -pedantic -pthread"
tests="tests.c vectors.c fake.c tests_codec.c tests_frames.c tests_tables.c tests_fuzz.c
    tests_calls.c tests_connection.c tests_time.c tests_events.c tests_threads.c tests_daemon.c
    world.c tests_programs.c"
cd "$here"

if [ -n "${IMAGED:-}" ]; then
    case $IMAGED in /*) ;; *) IMAGED=$OLDPWD/$IMAGED ;; esac
    export IMAGED
fi

fail() {
    echo "failed: $*"
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1 || {
        echo "skipped: $1 is not there"
        return 1
    }
}

# The programs of README.md: the first blocks of C below these headings.
program() {
    awk -v heading="## $1" '$0 == heading { found = 1 } /^```$/ && inside { exit } inside
        /^```c$/ && found { inside = 1 }' README.md
}
program "First call" >"$work/example.c"
program "Events" >"$work/events.c"

# Every compiler, without a warning; and what is run below, under the sanitizers. All at once.
jobs=
compilers=
begin() {
    "$@" &
    jobs="$jobs $!"
}
for compiler in gcc clang; do
    have $compiler || continue
    compilers="$compilers $compiler"
    begin $compiler $strict -O2 -fno-pie -c imaged.c -o "$work/imaged-$compiler.o"
    for file in conformance.c "$work/example.c" "$work/events.c" $tests; do
        begin $compiler $strict -I. -fsyntax-only "$file"
    done
done
[ -n "$compilers" ] || fail "no compiler"
first=${compilers# }
first=${first%% *}
sanitize="-g -fno-omit-frame-pointer -fno-sanitize-recover=all -I."
address="$first $strict $sanitize -fsanitize=address,undefined"
begin $address -O1 -c imaged.c -o "$work/imaged-address.o"
for file in $tests conformance.c "$work/example.c" "$work/events.c"; do
    name=${file##*/}
    begin $address -c "$file" -o "$work/${name%.c}.o"
done
begin $first $strict $sanitize -fsanitize=thread $tests imaged.c -o "$work/tests-races"
for job in $jobs; do
    wait "$job" || fail "building"
done
for program in conformance example events; do
    $address "$work/$program.o" "$work/imaged-address.o" -o "$work/$program"
done
objects=
for file in $tests; do
    objects="$objects ${file%.c}.o"
done
(cd "$work" && $address $objects imaged-address.o -o tests-address)

# No global state, and no name but its own.
if have nm; then
    for compiler in $compilers; do
        if nm "$work/imaged-$compiler.o" | grep ' [BbCDd] '; then
            fail "imaged.c has writable data"
        fi
        if nm -g --defined-only "$work/imaged-$compiler.o" | grep -v ' imaged_'; then
            fail "imaged.c defines other names than imaged_..."
        fi
    done
fi

# The header and its inline functions, from C++.
if have g++; then
    cat >"$work/plus.cc" <<'END'
#include "imaged.h"
#include <cstdio>
int main() {
    imaged_options options = {};
    imaged_arena arena = {};
    imaged_client *client = nullptr;
    imaged_error error = {};
    imaged_create_image_request request = {};
    const imaged_string region = IMAGED_STRING("cn-hangzhou");
    request.region_id = region;
    options.socket = "/nowhere/imaged.sock";
    if (imaged_connect(&options, &arena, &client, &error) != IMAGED_NOT_SENT) {
        imaged_create_image_response response;
        imaged_create_image(client, &request, nullptr, &arena, &response, &error);
        return 1;
    }
    imaged_arena_clear(&arena);
    return imaged_is(request.region_id, "cn-hangzhou")
            && error.reason == IMAGED_REASON_NO_DAEMON ? 0 : 1;
}
END
    for standard in 11 20; do
        g++ -std=c++$standard -Wall -Wextra -Werror -pedantic -I. -no-pie -pthread "$work/plus.cc" \
            "$work/imaged-$first.o" -o "$work/plus"
        "$work/plus" || fail "the program in C++$standard"
    done
fi

# All tests; and those with threads again, under the sanitizer for races.
IMAGED_EXAMPLE=$work/example IMAGED_EVENTS=$work/events IMAGED_CONFORMANCE=$work/conformance \
    "$work/tests-address" "$protocol" "$@" || fail "tests"
if [ $# -eq 0 ]; then
    "$work/tests-races" "$protocol" thread many cancel watch sent left "run out" daemon: \
        >"$work/races" 2>&1 || {
        cat "$work/races"
        fail "tests under the sanitizer for races"
    }
    echo "under the sanitizer for races: $(tail -n 1 "$work/races")"
fi
