// sluicectl as a function: arguments and streams in, an exit code out.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ofmsg/version.hpp"

namespace sluice::ctl {

// What scripts may rely on.
enum class ExitCode : std::uint8_t {
  good = 0,
  no = 1,           // the answer is "no", "failed" or "different"
  usage = 2,        // or an input that cannot be read
  unreachable = 3,  // no daemon
  not_permitted = 4,
  timed_out = 5,
  internal = 70,
};

enum class Colour : std::uint8_t { automatic, always, never };

// The world outside, as far as the commands know it.
struct Io {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false;
  bool colour_wanted = false;  // the output is a terminal, and NO_COLOR is not set
};

struct Settings {
  std::optional<std::string> target;  // the daemon's socket
  std::chrono::milliseconds timeout{10000};
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool gcc = false;  // check: one line for each finding, as compilers write them
  std::optional<std::string> switch_name;
  std::optional<std::string> slice_name;  // rewrite
  std::optional<std::string> config;      // trace, flowspace: the slice file
  std::optional<std::string> flows;       // trace: a file of flows
  std::optional<std::string> output;      // import: the file to write
  bool fmt_write = false;                 // fmt: rewrite the files
  bool fmt_check = false;                 // fmt: only name those that would change
  bool markdown = false;                  // schema
  bool overlaps = false;                  // flowspace: only where slices meet
  bool free = false;                      // flowspace: what nobody may write
  bool wait = false;                      // reload
  bool dry_run = false;                   // reload
  // test
  bool update = false;     // write what came as what is expected
  bool list = false;       // only name the cases
  bool tap = false;        // as TAP
  bool fail_fast = false;  // stop after the first failure
  std::optional<std::string> filter;
  std::optional<std::string> junit;  // the file to write
  std::uint64_t seed = 1;
  // record, capture, replay
  std::optional<std::chrono::milliseconds> duration;  // how long; nothing: until interrupted
  std::optional<std::string> from;                    // a recording instead of the daemon
  std::string side = "both";
  std::optional<std::string> compat;
  bool diff = false;  // replay: tell every difference
  std::string speed = "max";
  std::optional<std::uint64_t> until;  // replay: so many inputs
  bool anonymise = false;
  bool convert = false;                // print the other form of a case file
  bool coverage = false;               // tell what no case has come upon
  std::optional<unsigned> fail_under;  // percent
  bool mutate = false;                 // change slice files, and tell what no case notices
  std::optional<std::string> oracle;   // who else is to read what goes to switches
  unsigned jobs = 1;
  // decode
  bool validate = false;    // say what is wrong with values
  bool roundtrip = false;   // decode, encode, compare
  bool hex = false;         // also print our own encoding
  bool lines = false;       // every line of the input is one message
  bool version_of = false;  // print the versions only
  // encode
  ofmsg::Version version = ofmsg::v1_3;
  bool version_given = false;  // trace, rewrite
  std::uint32_t xid = 0;
  Colour colour = Colour::automatic;
  std::vector<std::string> words;  // what follows the command

  [[nodiscard]] bool coloured(const Io& io) const {
    return colour == Colour::always || (colour == Colour::automatic && io.colour_wanted);
  }
};

// Arguments without the program's name.
[[nodiscard]] ExitCode run(std::span<const std::string> arguments, Io& io);

// Tells why a command cannot be carried out as it was given, and what to try.
ExitCode wrong_usage(Io& io, std::string_view why, std::string_view next);

// One function for each kind of command.
[[nodiscard]] ExitCode check(const Settings& settings, Io& io);
[[nodiscard]] ExitCode diff(const Settings& settings, Io& io);
[[nodiscard]] ExitCode flowspace(const Settings& settings, Io& io);
[[nodiscard]] ExitCode schema(const Settings& settings, Io& io);
[[nodiscard]] ExitCode record(const Settings& settings, Io& io);
[[nodiscard]] ExitCode capture(const Settings& settings, Io& io);
[[nodiscard]] ExitCode replay_recording(const Settings& settings, Io& io);
[[nodiscard]] ExitCode rewrite(const Settings& settings, Io& io);
[[nodiscard]] ExitCode test(const Settings& settings, Io& io);
[[nodiscard]] ExitCode cases_of_recording(const Settings& settings, Io& io);
[[nodiscard]] ExitCode help(const Settings& settings, Io& io);
[[nodiscard]] ExitCode version(const Settings& settings, Io& io);
[[nodiscard]] ExitCode format(const Settings& settings, Io& io);
[[nodiscard]] ExitCode show(const Settings& settings, Io& io);
[[nodiscard]] ExitCode trace(const Settings& settings, Io& io);
[[nodiscard]] ExitCode explain(const Settings& settings, Io& io);
[[nodiscard]] ExitCode import_slices(const Settings& settings, Io& io);
[[nodiscard]] ExitCode decode(const Settings& settings, Io& io);
[[nodiscard]] ExitCode encode(const Settings& settings, Io& io);
[[nodiscard]] ExitCode live(std::string_view verb, const Settings& settings, Io& io);

}  // namespace sluice::ctl
