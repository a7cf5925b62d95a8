#include "ctl/ovs_oracle.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "ctl/text_input.hpp"
#include "ofmsg/codec.hpp"
#include "ofmsg/text.hpp"
#include "ofmsg/text_parts.hpp"

namespace sluice::ctl {

namespace {

// Between the messages of one call stand echo requests with numbers, so that it is known what was printed for which.
constexpr std::uint32_t mark_xid = 0xfe000000;
constexpr std::size_t most_at_once = 100000;  // what the xids of the marks have room for, and more than any cases send

void add_mark(ofmsg::Bytes& stream, std::uint32_t number) {
  const std::size_t at = stream.size();
  stream.resize(at + 8);
  ofmsg::store<std::uint32_t>(stream, at, 0x04020008);
  ofmsg::store<std::uint32_t>(stream, at + 4, mark_xid + number);
}

// A file that goes away.
class Temporary {
 public:
  explicit Temporary(const ofmsg::Bytes& content) {
    std::string name = (std::filesystem::temp_directory_path() / "sluicectl-XXXXXX").string();
    const int fd = mkstemp(name.data());
    if (fd < 0) return;
    close(fd);
    path_ = name;
    written_ = write_over(path_, {reinterpret_cast<const char*>(content.data()), content.size()}).empty();
  }

  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  ~Temporary() {
    if (!path_.empty()) unlink(path_.c_str());
  }

  [[nodiscard]] bool good() const { return written_; }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool written_ = false;
};

struct Printed {
  std::string text;
  int code = 0;
};

std::optional<Printed> run(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return std::nullopt;
  Printed printed;
  std::array<char, 65536> block{};
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), pipe)) {
    printed.text.append(block.data(), count);
  }
  const int status = pclose(pipe);
  printed.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return printed;
}

// One line, with one blank between words.
std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t';
    if (!blank) {
      out += c;
    } else if (!out.empty() && !out.ends_with(' ')) {
      out += ' ';
    }
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

// What stands before each mark.
std::vector<std::string> cut_at_marks(const std::string& text) {
  std::vector<std::string> blocks;
  std::string block;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(fmt::format("OFPT_ECHO_REQUEST (OF1.3) (xid=0x{:x})", mark_xid + blocks.size()))) {
      blocks.push_back(std::exchange(block, {}));
    } else {
      block += line + '\n';
    }
  }
  return blocks;
}

std::string without_cookie(const std::string& text) {
  const std::size_t begin = text.find("cookie=");
  if (begin == std::string::npos) return text;
  const std::size_t end = std::min(text.find_first_of(", \n", begin), text.size());
  return text.substr(0, begin) + (end < text.size() ? text.substr(end + 1) : std::string{});
}

// "OFPT_ERROR (OF1.3) (xid=0x8): OFPBRC_BAD_TYPE" without the message that it quotes, which need be none that can be
// read.
std::string without_quotation(std::string_view text) {
  std::size_t end = 0;
  for (int words = 0; words < 4 && end < text.size(); ++words) end = std::min(text.find(' ', end + 1), text.size());
  return std::string{text.substr(0, end)};
}

// Open vSwitch knows no action that copies a TTL, and no vendors but some.
bool is_unknown_to_ovs(const std::string& ours) {
  return ours.find("copy_ttl_") != std::string::npos || ours.find("): experimenter=") != std::string::npos;
}

// For which our own text has the words of JSON.
std::string as_ovs_prints(const ofmsg::QueueStatsRequest& request, ofmsg::Version version, ofmsg::Xid xid) {
  const bool any = request.port_no == ofmsg::port::any || request.port_no == ofmsg::port::all;
  constexpr std::uint32_t all_queues = 0xffffffff;
  return ofmsg::headline(ofmsg::QueueStatsRequest::kind, version, xid) +
         fmt::format(" port={} queue={}", any ? "ANY" : ofmsg::text(request.port_no),
                     request.queue_id == all_queues ? "ALL" : std::to_string(request.queue_id));
}

// Our own reading, and theirs. What follows the first line of a packet_out is the packet, for people.
struct Readings {
  std::string ours, theirs;
};

Readings readings(ofmsg::FrameView frame, const std::string& printed) {
  const auto message = ofmsg::decode(frame);
  const auto version = ofmsg::version_of(frame.wire_version());
  if (!message || !version) return {"a message that Sluice itself cannot read", squeezed(printed)};
  std::string ours = ofmsg::text(*message, *version, frame.xid());
  std::string theirs = printed;
  if (std::holds_alternative<ofmsg::PacketOut>(*message)) {
    ours.resize(std::min(ours.find('\n'), ours.size()));
    theirs.resize(std::min(theirs.find('\n'), theirs.size()));
  }
  if (const auto* queues = std::get_if<ofmsg::QueueStatsRequest>(&*message)) {
    ours = as_ovs_prints(*queues, *version, frame.xid());
  }
  // Whose flows are asked for, it does not print.
  if (std::holds_alternative<ofmsg::FlowStatsRequest>(*message) ||
      std::holds_alternative<ofmsg::AggregateRequest>(*message)) {
    ours = without_cookie(ours);
  }
  if (std::holds_alternative<ofmsg::Error>(*message)) {
    return {without_quotation(squeezed(ours)), without_quotation(squeezed(theirs))};
  }
  return {squeezed(ours), squeezed(theirs)};
}

}  // namespace

ofmsg::Result<std::vector<std::string>, std::string> ovs_prints(const std::vector<ofmsg::ByteView>& messages) {
  using Failure = ofmsg::Failure<std::string>;
  constexpr int not_found = 127;
  std::vector<std::string> all;
  all.reserve(messages.size());
  while (all.size() < messages.size()) {
    const std::size_t first = all.size(), count = std::min(most_at_once, messages.size() - first);
    ofmsg::Bytes stream;
    for (std::size_t i = 0; i < count; ++i) {
      stream.insert(stream.end(), messages[first + i].begin(), messages[first + i].end());
      add_mark(stream, static_cast<std::uint32_t>(i));
    }
    const Temporary file{stream};
    if (!file.good()) return Failure{"a temporary file cannot be written: " + last_error()};
    const auto printed = run("ovs-ofctl ofp-parse '" + file.path() + "' 2>/dev/null");
    if (!printed) return Failure{"ovs-ofctl cannot be run: " + last_error()};
    if (printed->code == not_found) return Failure{"there is no ovs-ofctl; it comes with Open vSwitch"};
    for (std::string& block : cut_at_marks(printed->text)) {
      if (all.size() < first + count) all.push_back(std::move(block));
    }
    // The one that it died of has no answer.
    if (all.size() < first + count) all.emplace_back();
  }
  return all;
}

ofmsg::Result<std::size_t, std::string> judge_by_ovs(std::vector<Ran>& all) {
  struct Question {
    Ran* ran;
    const slicing::replay::Witness::Heard* heard;
  };

  std::vector<Question> questions;
  std::vector<ofmsg::ByteView> messages;
  for (Ran& ran : all) {
    for (const auto& heard : ran.outcome.witness.heard) {
      if (!heard.party.slice.empty()) continue;
      questions.push_back({&ran, &heard});
      messages.emplace_back(heard.bytes);
    }
  }
  const auto printed = ovs_prints(messages);
  if (!printed) return ofmsg::Failure<std::string>{printed.error()};
  for (std::size_t i = 0; i < questions.size(); ++i) {
    auto& outcome = questions[i].ran->outcome;
    const auto frame = ofmsg::FrameView::of(questions[i].heard->bytes);
    if (outcome.failure || !frame) continue;
    const std::string& text = (*printed)[i];
    auto [ours, theirs] = readings(*frame, text);
    const bool unreadable = text.empty() || text.find("***decode error") != std::string::npos;
    if ((!unreadable && ours == theirs) || is_unknown_to_ovs(ours)) continue;
    slicing::replay::Failure failure;
    failure.at = questions[i].ran->test->at;
    failure.what = fmt::format("ovs-ofctl {} what {} was sent: expected is Sluice's reading, got that of ovs-ofctl",
                               unreadable ? "cannot read" : "reads otherwise", questions[i].heard->party.switch_name);
    failure.expected = std::move(ours);
    failure.got = theirs.empty() ? "nothing" : std::move(theirs);
    failure.got_bytes = questions[i].heard->bytes;
    outcome.failure = std::move(failure);
  }
  return messages.size();
}

}  // namespace sluice::ctl
