// Groups: group_mod and its buckets, and what a switch says of its groups.
#pragma once

#include <array>
#include <cstdint>

#include "ofmsg/messages/stats_header.hpp"
#include "ofmsg/property.hpp"

namespace sluice::ofmsg {

enum class GroupType : std::uint8_t { all, select, indirect, fast_failover };

template <>
inline constexpr std::array<std::string_view, 4> enum_names<GroupType>{"all", "select", "indirect", "ff"};

// `insert_bucket` and `remove_bucket` since 1.5; 4 is not assigned.
enum class GroupModCommand : std::uint16_t { add, modify, delete_, insert_bucket, unassigned, remove_bucket };

template <>
inline constexpr std::array<std::string_view, 6> enum_names<GroupModCommand>{
    "add", "modify", "delete", "insert_bucket", "", "remove_bucket"};

// --- buckets -------------------------------------------------------------------------------------------------------

struct BucketWeight {
  static constexpr std::array tlvs{Tlv{"weight", 0, since(v1_5)}};

  std::uint16_t weight = 0;

  friend bool operator==(const BucketWeight&, const BucketWeight&) = default;
};

template <class W, of_type<BucketWeight> P>
void layout(W& w, P& p) {
  w("weight", p.weight);
  w.pad(2);
}

struct BucketWatchPort {
  static constexpr std::array tlvs{Tlv{"watch_port", 1, since(v1_5)}};

  PortNo port = port::any;

  friend bool operator==(const BucketWatchPort&, const BucketWatchPort&) = default;
};

template <class W, of_type<BucketWatchPort> P>
void layout(W& w, P& p) {
  w("watch", p.port);
}

struct BucketWatchGroup {
  static constexpr std::array tlvs{Tlv{"watch_group", 2, since(v1_5)}};

  GroupId group;

  friend bool operator==(const BucketWatchGroup&, const BucketWatchGroup&) = default;
};

template <class W, of_type<BucketWatchGroup> P>
void layout(W& w, P& p) {
  w("watch", p.group);
}

// [OF 1.3.5 §7.3.4.2, 1.5.1 §7.3.4.3]. `max_id` and below are ids of buckets; the commands of 1.5 know three more.
struct Bucket {
  static constexpr std::uint32_t max_id = 0xffffff00, first = 0xfffffffd, last = 0xfffffffe, all = 0xffffffff;

  std::uint16_t weight = 0;       // until 1.4; after in `properties`, as the next two
  PortNo watch_port = port::any;  // until 1.4
  GroupId watch_group;            // until 1.4
  std::uint32_t bucket_id = 0;    // since 1.5
  Actions actions;
  Properties<BucketWeight, BucketWatchPort, BucketWatchGroup> properties;  // since 1.5

  friend bool operator==(const Bucket&, const Bucket&) = default;
};

template <class W, of_type<Bucket> B>
void layout(W& w, B& b) {
  w.framed(
      "len", 0,
      [&] {
        if (w.version() >= v1_5) {
          const auto actions_len = w.length("action_array_len");
          w("bucket_id", b.bucket_id);
          w.within(actions_len, [&] { w("actions", b.actions); });
          w("properties", b.properties);
        } else {
          w("weight", b.weight);
          w("watch_port", b.watch_port);
          w("watch_group", b.watch_group);
          w.pad(4);
          w("actions", b.actions);
        }
      },
      Reason::bad_bucket_length, 8);
}

// --- group_mod -----------------------------------------------------------------------------------------------------

// [OF 1.1 §A.3.4.2, 1.3.5 §7.3.4.2, 1.5.1 §7.3.4.3]
struct GroupMod {
  static constexpr Kind kind = Kind::group_mod;

  GroupModCommand command = GroupModCommand::add;
  GroupType type = GroupType::all;
  GroupId group_id;
  std::uint32_t command_bucket_id = Bucket::all;  // since 1.5
  std::vector<Bucket> buckets;
  Properties<> properties;  // since 1.5

  friend bool operator==(const GroupMod&, const GroupMod&) = default;
};

template <class W, of_type<GroupMod> M>
void layout(W& w, M& m) {
  w("command", m.command);
  w("group_type", m.type);
  w.pad(1);
  w("group_id", m.group_id);
  if (w.version() >= v1_5) {
    const auto buckets_len = w.length("bucket_array_len");
    w.pad(2);
    w("command_bucket_id", m.command_bucket_id);
    w.within(buckets_len, [&] { w("buckets", m.buckets); });
    w("properties", m.properties);
  } else {
    w("buckets", m.buckets);
  }
}

// --- what a switch says --------------------------------------------------------------------------------------------

struct GroupStatsRequest {
  static constexpr Kind kind = Kind::group_stats_request;
  std::uint16_t flags = 0;
  GroupId group_id{GroupId::all};
  friend bool operator==(const GroupStatsRequest&, const GroupStatsRequest&) = default;
};

template <class W, of_type<GroupStatsRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("group_id", m.group_id);
  w.pad(4);
}

struct BucketCounter {
  std::uint64_t packet_count = 0, byte_count = 0;
  friend bool operator==(const BucketCounter&, const BucketCounter&) = default;
};

template <class W, of_type<BucketCounter> B>
void layout(W& w, B& b) {
  w("packet_count", b.packet_count);
  w("byte_count", b.byte_count);
}

// [OF 1.1 §A.3.5.6, 1.3.5 §7.3.5.9]
struct GroupStats {
  GroupId group_id;
  std::uint32_t ref_count = 0;
  std::uint64_t packet_count = 0, byte_count = 0;
  std::uint32_t duration_sec = 0, duration_nsec = 0;  // since 1.3
  std::vector<BucketCounter> buckets;
  friend bool operator==(const GroupStats&, const GroupStats&) = default;
};

template <class W, of_type<GroupStats> M>
void layout(W& w, M& m) {
  w.framed("length", 0, [&] {
    w.pad(2);
    w("group_id", m.group_id);
    w("ref_count", m.ref_count);
    w.pad(4);
    w("packet_count", m.packet_count);
    w("byte_count", m.byte_count);
    w("duration_sec", m.duration_sec, since(v1_3));
    w("duration_nsec", m.duration_nsec, since(v1_3));
    w("bucket_stats", m.buckets);
  });
}

struct GroupStatsReply {
  static constexpr Kind kind = Kind::group_stats_reply;
  std::uint16_t flags = 0;
  std::vector<GroupStats> groups;
  friend bool operator==(const GroupStatsReply&, const GroupStatsReply&) = default;
};

template <class W, of_type<GroupStatsReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("groups", m.groups);
}

struct GroupDescRequest {
  static constexpr Kind kind = Kind::group_desc_request;
  std::uint16_t flags = 0;
  GroupId group_id{GroupId::all};  // since 1.5; before, all groups are told
  friend bool operator==(const GroupDescRequest&, const GroupDescRequest&) = default;
};

template <class W, of_type<GroupDescRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  if (w.version() >= v1_5) {
    w("group_id", m.group_id);
    w.pad(4);
  }
}

// [OF 1.1 §A.3.5.7, 1.3.5 §7.3.5.10, 1.5.1 §7.3.5.11]
struct GroupDesc {
  GroupType type = GroupType::all;
  GroupId group_id;
  std::vector<Bucket> buckets;
  Properties<> properties;  // since 1.5
  friend bool operator==(const GroupDesc&, const GroupDesc&) = default;
};

template <class W, of_type<GroupDesc> M>
void layout(W& w, M& m) {
  w.framed("length", 0, [&] {
    w("group_type", m.type);
    w.pad(1);
    w("group_id", m.group_id);
    if (w.version() >= v1_5) {
      const auto buckets_len = w.length("bucket_array_len");
      w.pad(6);
      w.within(buckets_len, [&] { w("buckets", m.buckets); });
      w("properties", m.properties);
    } else {
      w("buckets", m.buckets);
    }
  });
}

struct GroupDescReply {
  static constexpr Kind kind = Kind::group_desc_reply;
  std::uint16_t flags = 0;
  std::vector<GroupDesc> groups;
  friend bool operator==(const GroupDescReply&, const GroupDescReply&) = default;
};

template <class W, of_type<GroupDescReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("groups", m.groups);
}

struct GroupFeaturesRequest {
  static constexpr Kind kind = Kind::group_features_request;
  std::uint16_t flags = 0;
  friend bool operator==(const GroupFeaturesRequest&, const GroupFeaturesRequest&) = default;
};

template <class W, of_type<GroupFeaturesRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
}

// [OF 1.2 §A.3.5.8, 1.3.5 §7.3.5.11]; arrays have one entry for each group type.
struct GroupFeaturesReply {
  static constexpr Kind kind = Kind::group_features_reply;
  std::uint16_t flags = 0;
  std::uint32_t types = 0, capabilities = 0;
  std::array<std::uint32_t, 4> max_groups{};
  std::array<std::uint32_t, 4> actions{};  // bit n: action number n
  friend bool operator==(const GroupFeaturesReply&, const GroupFeaturesReply&) = default;
};

template <class W, of_type<GroupFeaturesReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("types", m.types);
  w("capabilities", m.capabilities);
  w("max_groups", m.max_groups);
  w("actions", m.actions);
}

}  // namespace sluice::ofmsg
