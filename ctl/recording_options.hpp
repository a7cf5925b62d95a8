// Options of the commands about recordings, for the table in ctl/commands.
#pragma once

#include <cxxopts.hpp>

#include "ctl/program.hpp"

namespace sluice::ctl {

void add_record_options(cxxopts::OptionAdder&& add);
void read_record_options(const cxxopts::ParseResult& parsed, Settings& settings);
void add_capture_options(cxxopts::OptionAdder&& add);
void read_capture_options(const cxxopts::ParseResult& parsed, Settings& settings);
void add_replay_options(cxxopts::OptionAdder&& add);
void read_replay_options(const cxxopts::ParseResult& parsed, Settings& settings);
// Of `test`.
void add_from_options(cxxopts::OptionAdder&& add);
void read_from_options(const cxxopts::ParseResult& parsed, Settings& settings);

inline constexpr std::string_view record_help =
    "Records everything that the daemon hears and says from now on, with the slice file and what stands at this\n"
    "moment, until Ctrl-C. FILE must be new; in a folder it is named after the time. Only you may read it.\n"
    "`sluiced --record FILE` records from the first moment on: only such a recording is replayed to the byte.";

inline constexpr std::string_view capture_help =
    "Shows the messages at both sides of the proxy as they pass, one on a line, with -v also what was done with each;\n"
    "KIND (such as flow_mod or packet_in) chooses. With -o writes them for Wireshark (pcapng), each with a comment "
    "that\n"
    "says what was done with it. --from takes them from a recording instead of the daemon.";

inline constexpr std::string_view replay_help =
    "Plays a recording to this program's own core: by the same slice file, and says where it would now say something\n"
    "else; or with -c by another one, and says where that would have made a difference (--diff: each of them).\n"
    "With -o writes a new recording of what it has played: shortened (--until, --slice), without whose it is\n"
    "(--anonymise), or by another slice file (-c).\n"
    "Exit code 0: no difference; 1: there are some; 2: wrong usage, or a file that cannot be read.";

}  // namespace sluice::ctl
