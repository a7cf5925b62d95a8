// What two cores say to the same people, compared as it comes.
//
// The cores are of one kind but not of one mind: numbers that each chooses for itself (xids to switches, entries in
// cookies, buffers) do not count, nor does what keeps a connection alive or looks after things (hellos, echoes,
// requests to switches). What one says and the other does not, not even a little later, is a difference; differences
// are told by the turn that they come from.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ofmsg/frame.hpp"
#include "ofmsg/kind.hpp"
#include "slicing/replay/link_names.hpp"

namespace sluice::slicing::replay {

// One message that only one of them has said.
struct OneSided {
  FarEnd to;
  ofmsg::Frame frame;
};

// What came of one turn, where it is not the same.
struct Difference {
  std::uint64_t turn = 0;  // counted from 1
  Time at{};
  FarEnd from;                        // who said what it comes from; empty for anything but a message
  std::optional<ofmsg::Frame> cause;  // the message
  std::vector<OneSided> first, second;
  std::vector<std::string> first_why, second_why;  // refusals of this turn: "code=E0201 … why=…"
};

enum class Side : std::uint8_t { first, second };

class Comparison {
 public:
  // How much later the other may say the same.
  static constexpr Time patience = std::chrono::seconds{2};

  // Two messages that were found to be the same, or that stand for each other because they are of one kind and come
  // from one turn.
  struct Pair {
    FarEnd to;
    ofmsg::Frame first, second;
  };

  // Everything until the end of the turn belongs to it. `number` is for people.
  void begin_turn(std::uint64_t number, const Turn& turn, const FarEnd* from);
  void said(Side side, const FarEnd& to, ofmsg::FrameView frame);
  void refused(Side side, std::string why);
  // Finds what is the same, among what was said in this turn and a little before.
  [[nodiscard]] std::vector<Pair> end_turn();

  // Differences that are certain by now.
  [[nodiscard]] std::vector<Difference> take();
  // Nothing more will be said: all that is left is certain.
  void finish();

  // Messages that were the same.
  [[nodiscard]] std::uint64_t same() const { return same_; }

 private:
  struct Item {
    std::uint64_t turn = 0;
    Side side = Side::first;
    FarEnd to;
    ofmsg::Frame frame;
    ofmsg::Bytes normal;
    bool own = false;  // between the core and the switch alone; paired, not told
  };

  struct Open {
    Difference difference;
    std::size_t items = 0;  // that are still waiting
  };

  // What has been said to one party and not yet by both.
  struct Waiting {
    std::deque<Item> items;
    std::size_t bytes = 0;
  };

  [[nodiscard]] static std::size_t size_of(const Item& item);  // bytes
  // What the item would be the same as; the end if there is nothing.
  [[nodiscard]] std::deque<Item>::iterator partner(std::deque<Item>& among, const Item& item) const;
  // What one has said in this turn stands for what the other has, if it is of the same kind.
  void pair_by_kind(const Waiting& waiting, std::vector<Pair>& pairs) const;
  void settle(const Item& item);
  void tell(Item item);
  void tell_first(Waiting& waiting);
  void expire(Time before);

  std::uint64_t turn_ = 0;              // counts calls of begin_turn
  std::map<std::uint64_t, Open> open_;  // by that
  std::vector<Item> fresh_;
  std::map<FarEnd, Waiting> waiting_;
  Time oldest_ = Time::max();  // nothing that waits is older
  std::vector<Difference> certain_;
  std::uint64_t same_ = 0;
  Time now_{};
};

// The message without the numbers that each core chooses for itself.
[[nodiscard]] ofmsg::Bytes normal_form(ofmsg::FrameView frame, bool to_switch);

// What the message is, if that can be told.
[[nodiscard]] std::optional<ofmsg::Kind> kind_if_any(ofmsg::FrameView frame);

// Where an OpenFlow message that has one keeps its buffer id, its cookie; nothing if it has none.
[[nodiscard]] std::optional<std::size_t> buffer_offset(ofmsg::FrameView frame);
[[nodiscard]] std::optional<std::size_t> cookie_offset(ofmsg::FrameView frame);

}  // namespace sluice::slicing::replay
