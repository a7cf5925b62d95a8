// The commands of sluice-switch.
#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "examples/programs/lab.hpp"
#include "ofmsg/text.hpp"

namespace sluice::programs {

using namespace ofmsg;
using namespace std::chrono_literals;

namespace {

double milliseconds(Time time) { return std::chrono::duration<double, std::milli>{time}.count(); }

}  // namespace

std::string_view commands_help() {
  return R"(Commands, one on a line; each is answered by lines, the last of which is "ok" or "error: ...":

  ping HOST HOST|ADDRESS [COUNT]   sends pings (3 unless told otherwise), one after the other
  spoof HOST HOST|ADDRESS VLAN|none  lets a host ask for an address in a VLAN that is not its own
  show                             switches and hosts, with what they counted
  flows SWITCH                     the flow tables of a switch
  heard HOST                       the hosts whose packets have reached this host
  cut SWITCH:PORT                  cuts the wire at a port
  join SWITCH:PORT                 joins it again
  until up [SECONDS]               waits until every switch is connected to its controller
  wait SECONDS                     waits
  quit                             ends the program
)";
}

// --- commands that take time ---------------------------------------------------------------------------------------

struct Lab::PingTask : Task {
  static constexpr Time patience = 1s;  // for one answer

  std::string from, name;
  net::Ipv4 to;
  std::uint64_t count = 0;
  std::uint64_t sent = 0, answered = 0;
  std::uint16_t number = 0;
  Time sent_at{}, total{};

  bool step(Lab& lab, Time now) override {
    if (sent > 0) {
      const auto answer = lab.network_.find_host(from)->answered(number);
      if (!answer && now < sent_at + patience) return false;
      if (answer) {
        ++answered;
        total += *answer;
      }
    }
    if (sent < count) {
      ++sent;
      sent_at = now;
      number = lab.network_.ping(from, to, now);
      return false;
    }
    std::string line = fmt::format("{} -> {}: {} of {} answered", from, name, answered, count);
    // Wires take no time, so what takes none at all has not waited for a controller.
    if (answered > 0 && total == Time{}) line += ", by the switches' flows alone";
    if (total > Time{}) line += fmt::format(", {:.2f} ms", milliseconds(total) / static_cast<double>(answered));
    lab.print_(line);
    lab.finish("ok");
    return true;
  }
};

struct Lab::UpTask : Task {
  Time until{};

  bool step(Lab& lab, Time now) override {
    const auto is_up = [&](const auto& link) { return lab.network_.find_switch(link.first)->up(); };
    if (std::all_of(lab.links_.begin(), lab.links_.end(), is_up)) {
      lab.finish("ok");
      return true;
    }
    if (now < until) return false;
    for (const auto& link : lab.links_) {
      if (!is_up(link)) lab.print_(link.first + " is not connected to " + net::text(link.second.address));
    }
    lab.finish("error: not all switches are connected in time");
    return true;
  }
};

struct Lab::WaitTask : Task {
  Time until{};

  bool step(Lab& lab, Time now) override {
    if (now < until) return false;
    lab.finish("ok");
    return true;
  }
};

// --- running -------------------------------------------------------------------------------------------------------

void Lab::command(std::string line) {
  commands_.push_back(std::move(line));
  run_commands();
  flush();
}

void Lab::run_commands() {
  const Time now = net::clock_now();
  while (!finished_) {
    if (task_) {
      if (!task_->step(*this, now)) return;
      task_.reset();
    }
    if (commands_.empty()) return;
    const Words words = net::words_of(commands_.front());
    commands_.pop_front();
    if (!words.empty()) run(words);
  }
}

void Lab::finish(const std::string& last) { print_(last); }

void Lab::run(const Words& words) {
  const std::string& verb = words[0];
  const auto seconds = [&](std::size_t at, std::uint64_t otherwise) {
    constexpr std::uint64_t most = 3600;
    return words.size() > at ? net::parse_number(words[at], most) : std::optional{otherwise};
  };
  if (verb == "ping" && (words.size() == 3 || words.size() == 4)) return ping(words);
  if (verb == "spoof" && words.size() == 4) return spoof(words);
  if (verb == "cut" && words.size() == 2) return wire(words, flow_switch::Link::down);
  if (verb == "join" && words.size() == 2) return wire(words, flow_switch::Link::up);
  if (verb == "flows" && words.size() == 2) return show_flows(words);
  if (verb == "heard" && words.size() == 2) return show_heard(words);
  if (verb == "show" && words.size() == 1) return show();
  if (verb == "until" && words.size() >= 2 && words.size() <= 3 && words[1] == "up" && seconds(2, 10)) {
    auto task = std::make_unique<UpTask>();
    task->until = net::clock_now() + std::chrono::seconds{*seconds(2, 10)};
    task_ = std::move(task);
    return;
  }
  if (verb == "wait" && words.size() == 2 && seconds(1, 0)) {
    auto task = std::make_unique<WaitTask>();
    task->until = net::clock_now() + std::chrono::seconds{*seconds(1, 0)};
    task_ = std::move(task);
    return;
  }
  if (verb == "help") {
    print_(std::string{commands_help()});
    return finish("ok");
  }
  if (verb == "quit" && words.size() == 1) {
    finished_ = true;
    return finish("ok");
  }
  finish("error: that is no command, or not all of one; \"help\" tells what there is");
}

void Lab::ping(const Words& words) {
  constexpr std::uint64_t most = 1000;
  const net::Host* from = network_.find_host(words[1]);
  const net::Host* to = network_.find_host(words[2]);
  const auto address = to != nullptr ? std::optional{to->settings().ip} : net::parse_ipv4(words[2]);
  const auto count = words.size() > 3 ? net::parse_number(words[3], most) : std::optional<std::uint64_t>{3};
  if (from == nullptr) return finish("error: there is no host " + words[1]);
  if (!address) return finish("error: " + words[2] + " is neither a host nor an IPv4 address");
  if (!count || *count == 0) return finish("error: " + words[3] + " is no number of pings from 1 to 1000");
  auto task = std::make_unique<PingTask>();
  task->from = words[1];
  task->name = words[2];
  task->to = *address;
  task->count = *count;
  task_ = std::move(task);
}

void Lab::spoof(const Words& words) {
  constexpr std::uint64_t most_vlan = 4095;
  const net::Host* to = network_.find_host(words[2]);
  const auto address = to != nullptr ? std::optional{to->settings().ip} : net::parse_ipv4(words[2]);
  const auto vlan = net::parse_number(words[3], most_vlan);
  if (network_.find_host(words[1]) == nullptr) return finish("error: there is no host " + words[1]);
  if (!address) return finish("error: " + words[2] + " is neither a host nor an IPv4 address");
  if (!vlan && words[3] != "none") return finish("error: " + words[3] + " is no VLAN; write 0 to 4095, or none");
  std::optional<std::uint16_t> tag;
  if (vlan) tag = static_cast<std::uint16_t>(*vlan);
  network_.spoof(words[1], *address, tag, net::clock_now());
  finish("ok");
}

void Lab::wire(const Words& words, flow_switch::Link state) {
  const auto at = net::parse_socket(words[1]);
  if (!at) return finish("error: " + at.error());
  const auto done = network_.link(*at, state, net::clock_now());
  finish(done ? "ok" : "error: " + done.error());
}

// --- looking -------------------------------------------------------------------------------------------------------

void Lab::show() const {
  for (const std::string& name : network_.switches()) {
    const flow_switch::Switch& device = *network_.find_switch(name);
    const flow_switch::Datapath& datapath = device.datapath();
    std::size_t flows = 0;
    for (std::uint8_t table = 0; table < datapath.tables().count(); ++table)
      flows += datapath.tables().flows(table).size();
    const auto link = links_.find(name);
    const std::string target = link == links_.end() ? "no controller" : net::text(link->second.address);
    print_(fmt::format("switch {:<6} dpid {}  {}  {}  {} flows", name, text(datapath.settings().datapath_id),
                       device.up() ? "OpenFlow " + std::string{text(device.version())} : "down        ", target,
                       flows));
  }
  for (const std::string& name : network_.hosts()) {
    const net::Host& host = *network_.find_host(name);
    const net::HostCounters& count = host.counters();
    const auto vlan = host.settings().vlan;
    print_(fmt::format("host   {:<6} {:<15} {:<9} received {} ({} of another VLAN, {} to other hosts)", name,
                       net::text(host.settings().ip), vlan ? fmt::format("vlan {}", *vlan) : "untagged", count.received,
                       count.wrong_vlan, count.not_for_us));
  }
  if (network_.storms() > 0)
    print_(fmt::format("{} packets went round in circles and were given up", network_.storms()));
  print_("ok");
}

void Lab::show_flows(const Words& words) const {
  const flow_switch::Switch* device = network_.find_switch(words[1]);
  if (device == nullptr) return print_("error: there is no switch " + words[1]);
  const flow_switch::FlowTables& tables = device->datapath().tables();
  for (std::uint8_t table = 0; table < tables.count(); ++table) {
    for (const flow_switch::Flow& flow : tables.flows(table)) {
      const std::string match = text(flow.match);
      print_(fmt::format("table={} priority={} cookie=0x{:x} packets={} {} {}", table, flow.priority, flow.cookie,
                         flow.packets, match.empty() ? "any" : match, text(flow.instructions)));
    }
  }
  print_("ok");
}

void Lab::show_heard(const Words& words) const {
  const net::Host* host = network_.find_host(words[1]);
  if (host == nullptr) return print_("error: there is no host " + words[1]);
  for (const auto& [mac, count] : host->heard()) print_(fmt::format("{} {}", network_.name_of(mac), count));
  print_("ok");
}

}  // namespace sluice::programs
