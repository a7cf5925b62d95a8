#include "bench/children.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sched.h>

#include "bench/byte_relay.hpp"
#include "bench/traffic.hpp"

namespace sluice::bench {

namespace {

// The processors that we may use, as they were before we pinned anything; inherited by children.
const std::vector<std::size_t>& processors() {
  static const std::vector<std::size_t> all = [] {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    sched_getaffinity(0, sizeof allowed, &allowed);
    std::vector<std::size_t> found;
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &allowed)) found.push_back(cpu);
    }
    return found;
  }();
  return all;
}

bool pin_to(std::size_t cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  return sched_setaffinity(0, sizeof one, &one) == 0;
}

void become_child() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (processors().size() > 1) static_cast<void>(pin_to(processors()[0]));
}

std::string slice_file(std::size_t switches, std::size_t prefixes, std::uint16_t controller) {
  std::string names, ports;
  for (std::size_t n = 1; n <= switches; ++n) {
    names += fmt::format("{}\"s{}\": {{\"dpid\": \"{:016x}\"}}", n > 1 ? ", " : "", n, n);
    ports += fmt::format("{}\"s{}\": [1, 2]", n > 1 ? ", " : "", n);
  }
  std::string slices;
  for (const auto& [name, vlan, port] :
       {std::tuple{"measured", measured_vlan, unsigned{controller}}, std::tuple{"other", std::size_t{20}, 1U},
        std::tuple{"third", std::size_t{30}, 1U}}) {
    slices += fmt::format("{}\"{}\": {{\"controllers\": [\"tcp:127.0.0.1:{}\"], \"flowspace\": [{}]}}",
                          slices.empty() ? "" : ",\n  ", name, port, rules_of(vlan, prefixes, "{" + ports + "}"));
  }
  return fmt::format(
      "{{\"version\": 1, \"proxy\": {{\"listen\": [\"ptcp:0:127.0.0.1\"]}},\n \"switches\": "
      "{{{}}},\n "
      "\"slices\": {{\n  {}}}}}\n",
      names, slices);
}

std::string read_file(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// The port in `event=listening … at=127.0.0.1:4711`; 0 while the line is not there.
std::uint16_t logged_port(const std::string& log) {
  constexpr std::string_view key = " at=127.0.0.1:";
  const std::size_t line = log.find("event=listening");
  const std::size_t at = line == std::string::npos ? line : log.find(key, line);
  if (at == std::string::npos || log.find('\n', at) == std::string::npos) return 0;
  return static_cast<std::uint16_t>(std::stoi(log.substr(at + key.size())));
}

}  // namespace

Child::Child(Child&& other) noexcept : pid_{std::exchange(other.pid_, -1)}, port_{other.port_} {}

Child::~Child() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::chrono::nanoseconds Child::processor_time() const {
  std::ifstream file{fmt::format("/proc/{}/schedstat", pid_)};
  std::int64_t ran = 0;
  if (file >> ran) return std::chrono::nanoseconds{ran};
  throw Failure{fmt::format("/proc/{}/schedstat cannot be read: did the process end?", pid_)};
}

bool split_processors() { return processors().size() > 1 && pin_to(processors()[1]); }

Child start_sluiced(const std::string& program, const std::string& folder, std::size_t switches, std::size_t prefixes,
                    std::uint16_t controller) {
  const std::string config = folder + "/slices.json";
  const std::string log = folder + "/sluiced.log";
  std::ofstream{config} << slice_file(switches, prefixes, controller);
  const pid_t pid = ::fork();
  if (pid < 0) throw Failure{fmt::format("cannot fork: {}", std::strerror(errno))};
  if (pid == 0) {
    become_child();
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::execl(program.c_str(), program.c_str(), "-c", config.c_str(), "--ctl", (folder + "/ctl").c_str(), nullptr);
    ::_exit(127);
  }
  for (int tries = 0; tries < 1000; ++tries) {
    if (const std::uint16_t port = logged_port(read_file(log)); port != 0) return Child{pid, port};
    if (::waitpid(pid, nullptr, WNOHANG) == pid) break;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  throw Failure{fmt::format("{} did not start:\n{}", program, read_file(log))};
}

Child start_byte_relay(std::uint16_t controller) {
  int ends[2];
  if (::pipe(ends) != 0) throw Failure{fmt::format("cannot make a pipe: {}", std::strerror(errno))};
  const pid_t pid = ::fork();
  if (pid < 0) throw Failure{fmt::format("cannot fork: {}", std::strerror(errno))};
  if (pid == 0) {
    become_child();
    ::close(ends[0]);
    run_byte_relay(controller, [&ends](std::uint16_t port) {
      static_cast<void>(!::write(ends[1], &port, sizeof port));
      ::close(ends[1]);
    });
  }
  ::close(ends[1]);
  std::uint16_t port = 0;
  const bool told = ::read(ends[0], &port, sizeof port) == static_cast<ssize_t>(sizeof port);
  ::close(ends[0]);
  Child child{pid, port};
  if (!told) throw Failure{"the plain relay did not start"};
  return child;
}

}  // namespace sluice::bench
