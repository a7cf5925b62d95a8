// Flow tables as a whole: table_mod, table descriptions, table features, table statistics.
#pragma once

#include <array>
#include <cstdint>

#include "ofmsg/messages/stats_header.hpp"
#include "ofmsg/property.hpp"

namespace sluice::ofmsg {

// --- configuration -------------------------------------------------------------------------------------------------

struct TableModEviction {
  static constexpr std::array tlvs{Tlv{"eviction", 2, since(v1_4)}};

  std::uint32_t flags = 0;

  friend bool operator==(const TableModEviction&, const TableModEviction&) = default;
};

template <class W, of_type<TableModEviction> P>
void layout(W& w, P& p) {
  w("flags", p.flags);
}

// Percent of the table.
struct TableModVacancy {
  static constexpr std::array tlvs{Tlv{"vacancy", 3, since(v1_4)}};

  std::uint8_t vacancy_down = 0, vacancy_up = 0;
  std::uint8_t vacancy = 0;  // told by the switch, zero in table_mod

  friend bool operator==(const TableModVacancy&, const TableModVacancy&) = default;
};

template <class W, of_type<TableModVacancy> P>
void layout(W& w, P& p) {
  w("vacancy_down", p.vacancy_down);
  w("vacancy_up", p.vacancy_up);
  w("vacancy", p.vacancy);
  w.pad(1);
}

using TableModProperties = Properties<TableModEviction, TableModVacancy>;

// [OF 1.1 §A.3.3, 1.3.5 §7.3.3, 1.4 §7.3.3]
struct TableMod {
  static constexpr Kind kind = Kind::table_mod;
  static constexpr std::uint32_t deprecated_mask = 3;                      // table-miss modes of 1.1 and 1.2
  static constexpr std::uint32_t eviction = 1U << 2U, vacancy = 1U << 3U;  // since 1.4

  std::uint8_t table_id = 0;
  std::uint32_t config = 0;
  TableModProperties properties;  // since 1.4

  friend bool operator==(const TableMod&, const TableMod&) = default;
};

template <class W, of_type<TableMod> M>
void layout(W& w, M& m) {
  w("table_id", m.table_id);
  w.pad(3);
  w("config", m.config);
  w("properties", m.properties, since(v1_4));
}

// [OF 1.4 §7.3.5.18]
struct TableDesc {
  std::uint8_t table_id = 0;
  std::uint32_t config = 0;
  TableModProperties properties;
  friend bool operator==(const TableDesc&, const TableDesc&) = default;
};

template <class W, of_type<TableDesc> M>
void layout(W& w, M& m) {
  w.framed("length", 0, [&] {
    w("table_id", m.table_id);
    w.pad(1);
    w("config", m.config);
    w("properties", m.properties);
  });
}

struct TableDescRequest {
  static constexpr Kind kind = Kind::table_desc_request;
  std::uint16_t flags = 0;
  friend bool operator==(const TableDescRequest&, const TableDescRequest&) = default;
};

template <class W, of_type<TableDescRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
}

struct TableDescReply {
  static constexpr Kind kind = Kind::table_desc_reply;
  std::uint16_t flags = 0;
  std::vector<TableDesc> tables;
  friend bool operator==(const TableDescReply&, const TableDescReply&) = default;
};

template <class W, of_type<TableDescReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("tables", m.tables);
}

enum class TableReason : std::uint8_t { vacancy_down = 3, vacancy_up = 4 };

template <>
inline constexpr std::array<std::string_view, 5> enum_names<TableReason>{"", "", "", "vacancy_down", "vacancy_up"};

// [OF 1.4 §7.4.5]
struct TableStatus {
  static constexpr Kind kind = Kind::table_status;

  TableReason reason = TableReason::vacancy_down;
  TableDesc table;

  friend bool operator==(const TableStatus&, const TableStatus&) = default;
};

template <class W, of_type<TableStatus> M>
void layout(W& w, M& m) {
  w("reason", m.reason);
  w.pad(7);
  w("table", m.table);
}

// --- features ------------------------------------------------------------------------------------------------------

// The type of an action or an instruction, without its body [OF 1.3.5 §7.3.5.5.2]; experimenters say more.
struct TypeId {
  static constexpr std::uint16_t experimenter_type = 0xffff;

  std::uint16_t type = 0;
  Bytes more;  // behind type and length: experimenter and what it says; four zeros where 1.3.0 pads

  friend bool operator==(const TypeId&, const TypeId&) = default;
};

template <class W, of_type<TypeId> P>
void layout(W& w, P& p) {
  w("type", p.type);
  w.framed("len", 2, [&] { w("more", p.more); });
}

struct TableInstructions {
  static constexpr std::array tlvs{Tlv{"instructions", 0, since(v1_3)}, Tlv{"instructions_miss", 1, since(v1_3)}};

  std::uint16_t type = 0;
  std::vector<TypeId> instruction_ids;

  friend bool operator==(const TableInstructions&, const TableInstructions&) = default;
};

template <class W, of_type<TableInstructions> P>
void layout(W& w, P& p) {
  w("instruction_ids", p.instruction_ids);
}

struct TableActions {
  static constexpr std::array tlvs{Tlv{"write_actions", 4, since(v1_3)}, Tlv{"write_actions_miss", 5, since(v1_3)},
                                   Tlv{"apply_actions", 6, since(v1_3)}, Tlv{"apply_actions_miss", 7, since(v1_3)}};

  std::uint16_t type = 4;
  std::vector<TypeId> action_ids;

  friend bool operator==(const TableActions&, const TableActions&) = default;
};

template <class W, of_type<TableActions> P>
void layout(W& w, P& p) {
  w("action_ids", p.action_ids);
}

struct TableNext {
  static constexpr std::array tlvs{Tlv{"next_tables", 2, since(v1_3)}, Tlv{"next_tables_miss", 3, since(v1_3)},
                                   Tlv{"table_sync_from", 16, since(v1_4)}};

  std::uint16_t type = 2;
  std::vector<std::uint8_t> table_ids;

  friend bool operator==(const TableNext&, const TableNext&) = default;
};

template <class W, of_type<TableNext> P>
void layout(W& w, P& p) {
  w("table_ids", p.table_ids);
}

struct TableFields {
  static constexpr std::array tlvs{Tlv{"match", 8, since(v1_3)},
                                   Tlv{"wildcards", 10, since(v1_3)},
                                   Tlv{"write_setfield", 12, since(v1_3)},
                                   Tlv{"write_setfield_miss", 13, since(v1_3)},
                                   Tlv{"apply_setfield", 14, since(v1_3)},
                                   Tlv{"apply_setfield_miss", 15, since(v1_3)},
                                   Tlv{"write_copyfield", 18, since(v1_5)},
                                   Tlv{"write_copyfield_miss", 19, since(v1_5)},
                                   Tlv{"apply_copyfield", 20, since(v1_5)},
                                   Tlv{"apply_copyfield_miss", 21, since(v1_5)}};

  std::uint16_t type = 8;
  std::vector<OxmHeader> oxm_ids;

  friend bool operator==(const TableFields&, const TableFields&) = default;
};

template <class W, of_type<TableFields> P>
void layout(W& w, P& p) {
  w("oxm_ids", p.oxm_ids);
}

// The values of packet_type that the table takes, as match fields [OF 1.5.1 §7.3.5.18.2].
struct TablePacketTypes {
  static constexpr std::array tlvs{Tlv{"packet_types", 22, since(v1_5)}};

  Bytes oxm_values;

  friend bool operator==(const TablePacketTypes&, const TablePacketTypes&) = default;
};

template <class W, of_type<TablePacketTypes> P>
void layout(W& w, P& p) {
  w("oxm_values", p.oxm_values);
}

struct TableExperimenter {
  static constexpr std::array tlvs{Tlv{"experimenter", 0xfffe, since(v1_3)},
                                   Tlv{"experimenter_miss", 0xffff, since(v1_3)}};

  std::uint16_t type = 0xfffe;
  std::uint32_t experimenter = 0, exp_type = 0;
  Bytes data;

  friend bool operator==(const TableExperimenter&, const TableExperimenter&) = default;
};

template <class W, of_type<TableExperimenter> P>
void layout(W& w, P& p) {
  w("experimenter", p.experimenter);
  w("exp_type", p.exp_type);
  w("data", p.data);
}

using TableFeatureProperties = TlvList<Reason::bad_table_features_length, TailPadding::to_8, TableInstructions,
                                       TableNext, TableActions, TableFields, TablePacketTypes, TableExperimenter>;

// Since 1.5.
enum class TableFeaturesCommand : std::uint8_t { replace, modify, enable, disable };

template <>
inline constexpr std::array<std::string_view, 4> enum_names<TableFeaturesCommand>{"replace", "modify", "enable",
                                                                                  "disable"};

// [OF 1.3.5 §7.3.5.5, 1.5.1 §7.3.5.18]
struct TableFeatures {
  std::uint8_t table_id = 0;
  TableFeaturesCommand command = TableFeaturesCommand::replace;  // since 1.5
  std::uint32_t features = 0;                                    // since 1.5
  Text<32> name;
  std::uint64_t metadata_match = 0, metadata_write = 0;
  std::uint32_t capabilities = 0;  // called config in 1.3
  std::uint32_t max_entries = 0;
  TableFeatureProperties properties;
  friend bool operator==(const TableFeatures&, const TableFeatures&) = default;
};

template <class W, of_type<TableFeatures> M>
void layout(W& w, M& m) {
  w.framed(
      "length", 0,
      [&] {
        w("table_id", m.table_id);
        w.pad(5, until(v1_4));
        w("command", m.command, since(v1_5));
        w("features", m.features, since(v1_5));
        w("name", m.name);
        w("metadata_match", m.metadata_match);
        w("metadata_write", m.metadata_write);
        w("capabilities", m.capabilities);
        w("max_entries", m.max_entries);
        w("properties", m.properties);
      },
      Reason::bad_table_features_length);
}

// Request and reply have the same form; a request with tables sets them.
template <Kind k>
struct TableFeaturesMessage {
  static constexpr Kind kind = k;
  std::uint16_t flags = 0;
  std::vector<TableFeatures> tables;
  friend bool operator==(const TableFeaturesMessage&, const TableFeaturesMessage&) = default;
};

using TableFeaturesRequest = TableFeaturesMessage<Kind::table_features_request>;
using TableFeaturesReply = TableFeaturesMessage<Kind::table_features_reply>;

template <class W, class M>
requires of_type<M, TableFeaturesRequest> || of_type<M, TableFeaturesReply>

void layout(W& w, M& m) {
  multipart_header(w, m);
  w("tables", m.tables);
}

// --- statistics ----------------------------------------------------------------------------------------------------

struct TableStatsRequest {
  static constexpr Kind kind = Kind::table_stats_request;
  std::uint16_t flags = 0;
  friend bool operator==(const TableStatsRequest&, const TableStatsRequest&) = default;
};

template <class W, of_type<TableStatsRequest> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
}

// Match fields as bits: OFPFW_ in 1.0, OFPFMF_ in 1.1 (32 bits both), numbers of OXM fields in 1.2 (64 bits).
struct FieldSet {
  std::uint64_t bits = 0;

  friend bool operator==(const FieldSet&, const FieldSet&) = default;
};

void wire(Reader& r, FieldSet& set);
void wire(Writer& w, const FieldSet& set);

// [OF 1.0 §5.3.5, 1.1 §A.3.5.3, 1.2 §A.3.5.3, 1.3.5 §7.3.5.4]. What is not counters moved to the table features in 1.3.
struct TableStats {
  std::uint8_t table_id = 0;
  Text<32> name;                                           // until 1.2
  FieldSet match, wildcards;                               // `match` 1.1 and 1.2, `wildcards` until 1.2
  std::uint32_t instructions = 0;                          // 1.1 and 1.2
  std::uint32_t write_actions = 0, apply_actions = 0;      // 1.1 and 1.2
  std::uint64_t write_setfields = 0, apply_setfields = 0;  // 1.2
  std::uint64_t metadata_match = 0, metadata_write = 0;    // 1.2
  std::uint32_t config = 0;                                // 1.1 and 1.2
  std::uint32_t max_entries = 0;                           // until 1.2
  std::uint32_t active_count = 0;
  std::uint64_t lookup_count = 0, matched_count = 0;
  friend bool operator==(const TableStats&, const TableStats&) = default;
};

template <class W, of_type<TableStats> M>
void layout(W& w, M& m) {
  w("table_id", m.table_id);
  w.pad(7, between(v1_1, v1_2));
  w.pad(3, until(v1_0));
  w.pad(3, since(v1_3));
  w("name", m.name, until(v1_2));
  if (w.version() == v1_1) {
    w("wildcards", m.wildcards);
    w("match", m.match);
    w("instructions", m.instructions);
  } else {
    w("match", m.match, only(v1_2));
    w("wildcards", m.wildcards, until(v1_2));
  }
  w("write_actions", m.write_actions, between(v1_1, v1_2));
  w("apply_actions", m.apply_actions, between(v1_1, v1_2));
  w("write_setfields", m.write_setfields, only(v1_2));
  w("apply_setfields", m.apply_setfields, only(v1_2));
  w("metadata_match", m.metadata_match, only(v1_2));
  w("metadata_write", m.metadata_write, only(v1_2));
  if (w.version() != v1_1) w("instructions", m.instructions, only(v1_2));
  w("config", m.config, between(v1_1, v1_2));
  w("max_entries", m.max_entries, until(v1_2));
  w("active_count", m.active_count);
  w("lookup_count", m.lookup_count);
  w("matched_count", m.matched_count);
}

struct TableStatsReply {
  static constexpr Kind kind = Kind::table_stats_reply;
  std::uint16_t flags = 0;
  std::vector<TableStats> tables;
  friend bool operator==(const TableStatsReply&, const TableStatsReply&) = default;
};

template <class W, of_type<TableStatsReply> M>
void layout(W& w, M& m) {
  multipart_header(w, m);
  w("tables", m.tables);
}

}  // namespace sluice::ofmsg
