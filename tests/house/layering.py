#!/usr/bin/env python3
"""Checks who may include whom.

All folders share one include root, so neither compiler nor linker notices when a lower folder uses a higher one. This
program does: it reads every #include of the tree and compares it with the tables below. docs/architecture.md gives the
reasons; a change here is a change of the architecture.

    layering.py <root of the source tree>    exit code 1 and file:line: for every violation
    layering.py --selftest                   proves that each rule finds a violation
"""

import fnmatch
import os
import re
import sys
import tempfile

# Which folders of the project a folder may include. The longest matching path wins.
PROJECT = {
    "ofmsg": ["ofmsg"],
    "policy": ["policy", "ofmsg"],
    "slicing": ["slicing", "policy", "ofmsg"],
    "admin": ["admin", "slicing", "policy", "ofmsg"],
    "proxy": ["proxy", "admin", "slicing", "policy", "ofmsg"],
    "ctl": ["ctl", "admin", "slicing", "policy", "ofmsg"],
    # Built on the message library alone, so that they can judge the rest.
    "examples": ["examples", "ofmsg"],
    "examples/embed": ["slicing", "policy", "ofmsg"],
    "bench": ["bench", "examples", "ctl", "admin", "slicing", "policy", "ofmsg"],
    "bindings": ["bindings", "slicing", "policy", "ofmsg"],
    "tests": ["tests", "bench", "examples", "ctl", "proxy", "admin", "slicing", "policy", "ofmsg"],
    "tests/fuzz": ["tests", "examples", "ctl", "admin", "slicing", "policy", "ofmsg"],
}

# The pure part of the house: bytes and time come in as arguments.
PURE = ("ofmsg", "policy", "slicing", "admin")

# Which files may include a foreign header. The first row whose header pattern fits decides; "!" before a file pattern
# takes back what an earlier pattern of the row allowed.
FOREIGN = [
    ("libuv", ["uv.h", "uv/*"], ["proxy/*", "bench/*", "examples/*", "tests/*"]),
    ("OpenSSL", ["openssl/*"], ["proxy/tls.cpp", "tests/proxy/*"]),
    ("libpcap", ["pcap.h", "pcap/*"], ["ctl/capture.cpp", "examples/print_capture/*"]),
    ("nlohmann/json", ["nlohmann/*"],
     ["ofmsg/json*", "policy/document*.cpp", "admin/answer_json.*", "ctl/*", "tests/*"]),
    ("cxxopts", ["cxxopts.hpp"], ["proxy/options.cpp", "ctl/*", "examples/*", "bench/*"]),
    ("pugixml", ["pugixml.hpp"], ["ctl/import_fsfw.cpp"]),
    ("spdlog", ["spdlog/*"], ["proxy/log.cpp"]),
    ("fmt", ["fmt/*"], ["*", "!ofmsg/*.hpp", "!policy/*.hpp", "!slicing/*.hpp"]),
    ("tl::expected", ["tl/expected.hpp"], ["ofmsg/result.hpp"]),
    ("Boost", ["boost/*"], ["*.cpp"]),
    ("doctest", ["doctest/*", "doctest.h"], ["tests/*"]),
    ("rapidcheck", ["rapidcheck*"], ["tests/*"]),
    ("DPDK", ["rte_*.h"], ["bench/rte_acl.cpp"]),
    ("google-benchmark", ["benchmark/*"], ["bench/*"]),
    ("threads, randomness, files and terminals",
     ["thread", "mutex", "shared_mutex", "condition_variable", "future", "semaphore", "latch", "barrier", "stop_token",
      "random", "ctime", "time.h", "fstream", "iostream", "filesystem"],
     ["*"] + [f"!{folder}/*" for folder in PURE] + ["policy/document_load.cpp"]),
    ("the standard library", ["assert.h", "stdint.h", "stddef.h", "string.h", "limits.h", "errno.h", "stdlib.h",
                              "stdio.h"], ["*"]),
    ("the operating system", ["*.h"], ["*"] + [f"!{folder}/*" for folder in PURE] + ["policy/document_load.cpp"]),
]

SUFFIXES = (".hpp", ".cpp", ".h", ".cc", ".ipp")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# Formatting into memory (std::snprintf) is fine; these reach out into the world.
WORLD = re.compile(r"\b(?:steady|system|high_resolution|utc|file)_clock::now\b|\bstd::(?:rand|time|getenv)\s*\("
                   r"|\b(?:printf|fprintf|puts|fputs|putchar|perror|fopen|popen|system)\s*\(")


def sources(root):
    """Yields the path of every C++ file below root, relative to it and in order; builds and hidden folders are left out."""
    for folder, below, files in os.walk(root):
        if folder == root:
            below[:] = [name for name in below if not name.startswith((".", "build", "cmake-build"))]
        below.sort()
        for name in sorted(files):
            if name.endswith(SUFFIXES):
                yield os.path.relpath(os.path.join(folder, name), root)


def allowed_folders(path):
    """The folders that the file may include, or None if no row of PROJECT covers it."""
    rows = [row for row in PROJECT if path.startswith(row + "/")]
    return PROJECT[max(rows, key=len)] if rows else None


def permitted(path, patterns):
    verdict = False
    for pattern in patterns:
        if pattern.startswith("!"):
            verdict = verdict and not fnmatch.fnmatch(path, pattern[1:])
        else:
            verdict = verdict or fnmatch.fnmatch(path, pattern)
    return verdict


def place(patterns):
    """The patterns of a row in words."""
    inside = " ".join(pattern for pattern in patterns if not pattern.startswith("!"))
    outside = " ".join(pattern[1:] for pattern in patterns if pattern.startswith("!"))
    if inside == "*":
        return f"not in {outside}"
    return f"only in {inside}" + (f", but not in {outside}" if outside else "")


def judge(path, bracket, header):
    """None if the file may include the header, else the rule that forbids it."""
    folders = allowed_folders(path)
    first = header.split("/")[0]
    if "/" in header and first in PROJECT:
        if first in folders:
            return None
        return f"{path.split('/')[0]}/ may use only {', '.join(folders)}"
    if bracket == '"':
        return "project headers are written from the root of the repository, as in \"ofmsg/frame.hpp\""
    for name, headers, files in FOREIGN:
        if any(fnmatch.fnmatch(header, pattern) for pattern in headers):
            return None if permitted(path, files) else f"{name}: {place(files)}"
    if "." not in header and "/" not in header:
        return None  # the C++ standard library
    return "no row of FOREIGN in tests/house/layering.py names this header"


def violations(root):
    found = []
    for path in sources(root):
        if allowed_folders(path) is None:
            found.append(f"{path}:1: may not exist (no row of PROJECT in tests/house/layering.py names its folder)")
            continue
        own = path.removesuffix(".cpp") + ".hpp"
        first = path.endswith(".cpp") and os.path.exists(os.path.join(root, own))
        with open(os.path.join(root, path), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                match = INCLUDE.match(line)
                if match:
                    if first and match.group(2) != own:
                        found.append(f"{path}:{number}: may not include {match.group(2)} before its own header "
                                     "(which is compiled alone there)")
                    first = False
                    rule = judge(path, *match.groups())
                    if rule:
                        found.append(f"{path}:{number}: may not include {match.group(2)} ({rule})")
                elif path.startswith(tuple(folder + "/" for folder in PURE)):
                    call = WORLD.search(line.split("//")[0])
                    if call:
                        found.append(f"{path}:{number}: may not call {call.group(0)} (bytes and time are arguments here)")
    return found


# Path, line, and whether it is allowed.
EXAMPLES = [
    ("ofmsg/frame.cpp", '#include "ofmsg/frame.hpp"', True),
    ("ofmsg/frame.cpp", '#include "policy/ids.hpp"', False),
    ("ofmsg/frame.cpp", '#include <slicing/domain.hpp>', False),
    ("ofmsg/frame.cpp", '#include "frame.hpp"', False),
    ("policy/compile.cpp", '#include "ofmsg/match.hpp"', True),
    ("policy/compile.cpp", '#include "slicing/domain.hpp"', False),
    ("slicing/domain.hpp", '#include "admin/verbs.hpp"', False),
    ("admin/verbs.cpp", '  #  include "proxy/server.hpp"', False),
    ("ctl/live.cpp", '#include "proxy/server.hpp"', False),
    ("proxy/server.cpp", '#include "ctl/client.hpp"', False),
    ("proxy/server.cpp", '#include "slicing/domain.hpp"', True),
    ("examples/demo/switch.cpp", '#include "slicing/flow_ledger.hpp"', False),
    ("examples/embed/main.cpp", '#include "slicing/domain.hpp"', True),
    ("bench/relay_bench.cpp", '#include "proxy/server.hpp"', False),
    ("tests/fuzz/decode_fuzz.cpp", '#include "proxy/server.hpp"', False),
    ("tests/proxy/server_test.cpp", '#include "proxy/server.hpp"', True),
    ("proxy/uv.hpp", "#include <uv.h>", True),
    ("slicing/domain.cpp", "#include <uv.h>", False),
    ("proxy/tls.cpp", "#include <openssl/ssl.h>", True),
    ("proxy/server.cpp", "#include <openssl/ssl.h>", False),
    ("ctl/capture.cpp", "#include <pcap/pcap.h>", True),
    ("ctl/decode.cpp", "#include <pcap/pcap.h>", False),
    ("tests/ctl/capture_test.cpp", "#include <pcap.h>", False),
    ("ofmsg/json.cpp", "#include <nlohmann/json.hpp>", True),
    ("ofmsg/text.cpp", "#include <nlohmann/json.hpp>", False),
    ("policy/document.cpp", "#include <nlohmann/json.hpp>", True),
    ("policy/document.hpp", "#include <nlohmann/json.hpp>", False),
    ("admin/answer.hpp", "#include <nlohmann/json.hpp>", False),
    ("proxy/admin.cpp", "#include <nlohmann/json.hpp>", False),
    ("proxy/main.cpp", "#include <cxxopts.hpp>", False),
    ("ctl/import_fsfw.cpp", "#include <pugixml.hpp>", True),
    ("ctl/import.cpp", "#include <pugixml.hpp>", False),
    ("proxy/server.cpp", "#include <spdlog/spdlog.h>", False),
    ("ofmsg/text.cpp", "#include <fmt/format.h>", True),
    ("ofmsg/messages/flow.hpp", "#include <fmt/format.h>", False),
    ("ofmsg/result.hpp", "#include <tl/expected.hpp>", True),
    ("ofmsg/codec.hpp", "#include <tl/expected.hpp>", False),
    ("slicing/domain.hpp", "#include <boost/container/small_vector.hpp>", False),
    ("slicing/domain.cpp", "#include <boost/container/small_vector.hpp>", True),
    ("slicing/domain.cpp", "#include <doctest/doctest.h>", False),
    ("slicing/domain.cpp", "#include <rapidcheck.h>", False),
    ("tests/slicing/domain_test.cpp", "#include <benchmark/benchmark.h>", False),
    ("bench/rte_acl.cpp", "#include <rte_acl.h>", True),
    ("bench/policy_bench.cpp", "#include <rte_acl.h>", False),
    ("slicing/domain.cpp", "#include <random>", False),
    ("policy/document_load.cpp", "#include <fstream>", True),
    ("policy/document.cpp", "#include <fstream>", False),
    ("slicing/domain.cpp", "#include <sys/socket.h>", False),
    ("slicing/domain.cpp", "#include <chrono>", True),
    ("slicing/domain.cpp", "auto now = std::chrono::steady_clock::now();", False),
    ("slicing/domain.cpp", "// never steady_clock::now", True),
    ("slicing/domain.cpp", 'std::fprintf(stderr, "lost");', False),
    ("ofmsg/text.cpp", 'std::snprintf(digits, 3, "%02x", byte);', True),
    ("proxy/server.cpp", "auto now = std::chrono::steady_clock::now();", True),
    ("proxy/server.cpp", "#include <unistd.h>", True),
    ("proxy/server.cpp", "#include <curl/curl.hpp>", False),
    ("slicing/own.cpp", '#include "slicing/own.hpp"', True),
    ("slicing/own.cpp", '#include "slicing/domain.hpp"', False),
    ("util/strings.cpp", "", False),
    ("build/dev/generated.cpp", '#include "anything.hpp"', True),
]


def selftest():
    wrong = 0
    for path, line, expected in EXAMPLES:
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, os.path.dirname(path)))
            if path.endswith("/own.cpp"):
                with open(os.path.join(root, path.replace(".cpp", ".hpp")), "w", encoding="utf-8"):
                    pass
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(f"// An example.\n{line}\n")
            found = violations(root)
            if bool(found) == expected:
                wrong += 1
                print(f"{path}: {line!r} should be {'allowed' if expected else 'refused'}; found {found}")
            elif found and line and not found[0].startswith(f"{path}:2: may not "):
                wrong += 1
                print(f"{path}: {line!r} is reported at the wrong place: {found[0]}")
    print(f"{len(EXAMPLES)} examples, {wrong} wrong")
    return 1 if wrong else 0


def main(arguments):
    if arguments == ["--selftest"]:
        return selftest()
    if len(arguments) != 1 or not os.path.isdir(arguments[0]):
        print(__doc__, file=sys.stderr)
        return 2
    if not any(True for _ in sources(arguments[0])):
        print(f"{arguments[0]}: holds no C++ source; is this the root of the repository?", file=sys.stderr)
        return 2
    found = violations(arguments[0])
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
