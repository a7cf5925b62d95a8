#include "ofmsg/oxs.hpp"

#include "ofmsg/walk.hpp"

namespace sluice::ofmsg {

namespace {

constexpr std::uint32_t oxs_basic = 0x8002;  // OFPXSC_OPENFLOW_BASIC

void read_stat(Reader& r, Stats& stats) {
  const ByteView whole = r.peek(r.left());
  const auto header = r.number<std::uint32_t>();
  const std::size_t size = header & 0xffU;
  if (r.failed()) return;
  if (size > r.left()) return r.fail(Reason::bad_length, size, r.left());
  const auto field = static_cast<StatField>(header >> 9U & 0x7fU);
  const std::size_t known = header >> 16U == oxs_basic ? size_of(field) : 0;
  if (known != size || size == 0 || (header >> 8U & 1U) != 0) {
    r.pad(size);
    stats.items.emplace_back(UnknownStat{Bytes{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(4 + size)}});
    return;
  }
  const std::uint64_t value = known == 8 ? r.number<std::uint64_t>() : r.number<std::uint32_t>();
  stats.items.emplace_back(Stat{field, value});
}

}  // namespace

std::optional<std::uint64_t> Stats::find(StatField field) const {
  for (const auto& item : items) {
    if (const Stat* stat = std::get_if<Stat>(&item); stat != nullptr && stat->field == field) return stat->value;
  }
  return std::nullopt;
}

// struct ofp_stats: two reserved bytes, a length without the padding behind, the fields, zeros up to a multiple of 8.
void wire(Reader& r, Stats& stats) {
  r.pad(2);
  const std::size_t length = r.length("stats length");
  if (r.failed()) return;
  const std::size_t padded = (length + 7) / 8 * 8;
  if (length < 4 || padded - 4 > r.left()) return r.fail(Reason::bad_length, 4, length);
  r.within(length - 4, [&] {
    while (!r.failed() && r.left() > 0) read_stat(r, stats);
  });
  r.pad(padded - length);
}

void wire(Writer& w, const Stats& stats) {
  w.pad(2);
  const std::size_t start = w.offset() - 2;
  w.framed("stats length", 2, [&] {
    for (const auto& item : stats.items) {
      if (const auto* unknown = std::get_if<UnknownStat>(&item)) {
        w.bytes(unknown->bytes);
        continue;
      }
      const Stat& stat = std::get<Stat>(item);
      const std::size_t size = size_of(stat.field);
      if (size == 0 || (size == 4 && stat.value > 0xffffffff)) return w.fail(Reason::bad_value);
      w.number(oxs_basic << 16U | static_cast<std::uint32_t>(stat.field) << 9U | static_cast<std::uint32_t>(size));
      if (size == 8) {
        w.number(stat.value);
      } else {
        w.number(static_cast<std::uint32_t>(stat.value));
      }
    }
  });
  w.pad((8 - (w.offset() - start) % 8) % 8);
}

}  // namespace sluice::ofmsg
