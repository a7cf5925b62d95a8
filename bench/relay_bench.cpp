// packet_in in, flow_mod out: what sluiced costs beside a TCP relay that looks at nothing. See
// README.md.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>
#include <vector>

#include <cxxopts.hpp>
#include <fmt/format.h>
#include <limits.h>

#include "bench/children.hpp"
#include "bench/parties.hpp"
#include "bench/traffic.hpp"

namespace {

using namespace sluice;
using namespace sluice::bench;

struct Load {
  std::size_t switches;
  std::size_t window;  // packet_ins outstanding for each switch
};

constexpr Load loads[] = {{1, 1}, {1, 16}, {1, 256}, {16, 1}, {16, 16}};

constexpr std::size_t slices = 3;  // in the daemon's slice file

struct Settings {
  std::string sluiced;
  unsigned rounds = 5;
  std::chrono::duration<double> duration{0.4};  // of one measurement
};

// One measurement of one relay.
struct Figures {
  double pairs = 0;                            // per second
  double p50 = 0, p90 = 0, p99 = 0, p999 = 0;  // microseconds
  double processor = 0;                        // microseconds of the relay for each message
};

double percentile(const std::vector<std::uint32_t>& sorted, double part) {
  const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1] / 1000.0;
}

Figures measure(Field& field, const Child& relay, std::size_t window, std::chrono::nanoseconds duration) {
  const auto used = relay.processor_time();
  const auto start = Clock::now();
  field.run(window, duration);
  const std::chrono::duration<double> took = Clock::now() - start;
  const std::chrono::duration<double, std::micro> processor = relay.processor_time() - used;
  std::vector<std::uint32_t> latencies = field.latencies();
  if (latencies.empty()) throw Failure{"not one pair was answered"};
  std::sort(latencies.begin(), latencies.end());
  const auto count = static_cast<double>(latencies.size());
  return {count / took.count(),        percentile(latencies, 0.5),   percentile(latencies, 0.9),
          percentile(latencies, 0.99), percentile(latencies, 0.999), processor.count() / (2 * count)};
}

double median(const std::vector<Figures>& rounds, double Figures::*what) {
  std::vector<double> values;
  values.reserve(rounds.size());
  for (const Figures& round : rounds) values.push_back(round.*what);
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

constexpr double Figures::*columns[] = {&Figures::pairs, &Figures::p50,  &Figures::p90,
                                        &Figures::p99,   &Figures::p999, &Figures::processor};

Figures medians(const std::vector<Figures>& rounds) {
  Figures result;
  for (const auto column : columns) result.*column = median(rounds, column);
  return result;
}

void print_row(std::string_view where, std::string_view name, const Figures& f) {
  fmt::print("{:<22}{:<13}{:>10.0f}{:>11.0f}{:>10.1f}{:>9.1f}{:>9.1f}{:>9.1f}{:>10.2f}\n", where, name, f.pairs,
             2 * f.pairs, f.p50, f.p90, f.p99, f.p999, f.processor);
}

void compare(const Settings& settings, const Ammunition& ammunition, std::size_t prefixes, const Load& load) {
  std::string folder = "/tmp/relay_bench-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) throw Failure{"cannot make a folder in /tmp"};
  std::vector<Figures> ours, plain, ratios;
  {
    Field through_sluice{ammunition, load.switches};
    Field through_relay{ammunition, load.switches};
    const Child sluiced = start_sluiced(settings.sluiced, folder, load.switches, prefixes, through_sluice.port());
    const Child relay = start_byte_relay(through_relay.port());
    through_sluice.connect(sluiced.port());
    through_relay.connect(relay.port());
    const auto duration = std::chrono::duration_cast<std::chrono::nanoseconds>(settings.duration);
    // The first flow of each kind costs memory; every later one takes its place.
    through_sluice.run(load.window, duration / 2);
    through_relay.run(load.window, duration / 4);
    for (unsigned round = 0; round < settings.rounds; ++round) {
      ours.push_back(measure(through_sluice, sluiced, load.window, duration));
      plain.push_back(measure(through_relay, relay, load.window, duration));
      Figures ratio;
      for (const auto column : columns) ratio.*column = ours.back().*column / plain.back().*column;
      ratios.push_back(ratio);
    }
  }
  for (const char* file : {"slices.json", "sluiced.log", "ctl"}) ::unlink(fmt::format("{}/{}", folder, file).c_str());
  ::rmdir(folder.c_str());

  print_row(fmt::format("{} {:>5} {:>8}", text(ammunition.version), load.switches, load.window), "sluiced",
            medians(ours));
  print_row("", "plain relay", medians(plain));
  const Figures r = medians(ratios);
  fmt::print("{:<22}{:<13}{:>10.2f}{:>11.2f}{:>10.2f}{:>9.2f}{:>9.2f}{:>9.2f}{:>10.2f}\n", "", "ratio", r.pairs,
             r.pairs, r.p50, r.p90, r.p99, r.p999, r.processor);
  std::fflush(stdout);
}

std::string load_average() {
  double averages[1] = {0};
  return ::getloadavg(averages, 1) == 1 ? fmt::format("{:.2f}", averages[0]) : "?";
}

// <build>/bench/relay_bench measures <build>/proxy/sluiced.
std::string daemon_beside_us() {
  char path[PATH_MAX] = {};
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path - 1);
  if (size <= 0) return "sluiced";
  std::string folder{path, static_cast<std::size_t>(size)};
  for (int i = 0; i < 2; ++i) folder.resize(folder.rfind('/'));
  return folder + "/proxy/sluiced";
}

int run(int argc, char** argv) {
  cxxopts::Options options{"relay_bench", "packet_in in, flow_mod out: sluiced beside a plain TCP relay\n"};
  options.add_options()("sluiced", "the daemon to measure", cxxopts::value<std::string>(), "FILE")(
      "rounds", "measurements of each load, medians are printed", cxxopts::value<unsigned>()->default_value("5"))(
      "seconds", "length of one measurement", cxxopts::value<double>()->default_value("0.4"))(
      "only", "one load instead of all: version, switches and window", cxxopts::value<std::string>(), "1.3,1,256")(
      "rules", "rules in the slice file, a multiple of three; several numbers are measured one after the other",
      cxxopts::value<std::vector<std::size_t>>()->default_value("3"), "10,1000,10000")("h,help", "this text");
  const auto given = options.parse(argc, argv);
  if (given.count("help") > 0) {
    fmt::print("{}", options.help());
    return 0;
  }
  Settings settings;
  settings.sluiced = given.count("sluiced") > 0 ? given["sluiced"].as<std::string>() : daemon_beside_us();
  settings.rounds = std::max(1U, given["rounds"].as<unsigned>());
  settings.duration = std::chrono::duration<double>{given["seconds"].as<double>()};
  const bool split = split_processors();
  fmt::print(
      "packet_in ({} bytes of packet) in, flow_mod out; medians of {} interleaved rounds of {:g} "
      "s\n"
      "{}; load average {}\n\n",
      packet_size, settings.rounds, settings.duration.count(),
      split ? "relays on one processor, switches and controllers on another"
            : "ONE PROCESSOR for everything: figures include the load itself",
      load_average());
  fmt::print(
      "{:<22}{:<13}{:>10}{:>11}{:>10}{:>9}{:>9}{:>9}{:>10}\n{:<22}{:<13}{:>10}{:>11}{:>10}{:>9}{:>"
      "9}{:>9}{:>10}\n",
      "OF  SWITCHES  WINDOW", "RELAY", "PAIRS/S", "MESSAGES/S", "P50", "P90", "P99", "P99.9", "CPU", "", "", "", "",
      "us", "us", "us", "us", "us/msg");
  const std::string only = given.count("only") > 0 ? given["only"].as<std::string>() : std::string{};
  bool any = false;
  for (const std::size_t rules : given["rules"].as<std::vector<std::size_t>>()) {
    // A VLAN for each slice is enough for three.
    const std::size_t prefixes = rules <= slices ? 0 : (rules + slices - 1) / slices;
    if (given.count("rules") > 0)
      fmt::print("{} rules in the slice file\n", slices * std::max<std::size_t>(1, prefixes));
    for (const ofmsg::Version version : {ofmsg::v1_0, ofmsg::v1_3}) {
      const Ammunition ammunition{version, prefixes};
      for (const Load& load : loads) {
        if (!only.empty() && only != fmt::format("{},{},{}", text(version), load.switches, load.window)) continue;
        compare(settings, ammunition, prefixes, load);
        any = true;
      }
    }
  }
  if (!any) throw Failure{"there is no load " + only};
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fflush(stdout);
    fmt::print(stderr, "relay_bench: {}\n", error.what());
    return 1;
  }
}
