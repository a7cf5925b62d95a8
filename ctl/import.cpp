// `sluicectl import`: the configuration of another slicer becomes a slice file.
#include <algorithm>
#include <array>
#include <ostream>

#include <fmt/format.h>

#include "ctl/importer.hpp"
#include "ctl/program.hpp"
#include "ctl/text_input.hpp"
#include "policy/document.hpp"
#include "policy/lint.hpp"

namespace sluice::ctl {

namespace {

struct Importer {
  std::string_view name;
  ImportResult (*import_text)(const ImportSource& source);
};

constexpr std::array<Importer, 3> importers{
    {{"flowvisor", import_flowvisor}, {"fvctl", import_fvctl}, {"fsfw", import_fsfw}}};

constexpr std::size_t largest_file = std::size_t{64} << 20U;

ExitCode refuse(Io& io, const std::string& why) {
  io.err << "sluicectl: " << one_line(why) << '\n';
  return ExitCode::usage;
}

// What `check` would say of the text.
ExitCode checked(const std::string& text, const std::string& name, const Settings& settings, Io& io) {
  const policy::Document document = policy::parse(text, name);
  const policy::Compiled compiled = policy::compile_and_lint(document);
  if (!compiled.snapshot || !settings.quiet) {
    io.err << policy::render(compiled.findings, document.texts, settings.coloured(io));
  }
  return compiled.snapshot ? ExitCode::good : ExitCode::no;
}

}  // namespace

std::string line_and_column(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t begin = before.rfind('\n') + 1;  // 0 if there is none
  return fmt::format("line {}, column {}", lines + 1, before.size() - begin + 1);
}

ExitCode import_slices(const Settings& settings, Io& io) {
  constexpr std::string_view next = "sluicectl help import";
  if (settings.words.size() < 2) {
    return wrong_usage(io, "import needs a format (flowvisor, fvctl or fsfw) and a file", next);
  }
  const std::string& format = settings.words[0];
  const auto* importer =
      std::find_if(importers.begin(), importers.end(), [&format](const Importer& i) { return i.name == format; });
  if (importer == importers.end()) {
    return wrong_usage(io, fmt::format("\"{}\" is not flowvisor, fvctl or fsfw", format), next);
  }
  const std::string& path = settings.words[1];
  const auto text = read_text(path, io, largest_file);
  if (!text) return refuse(io, fmt::format("{}: {}", path, text.error()));
  const std::span<const std::string> dpids = std::span{settings.words}.subspan(2);
  ImportResult imported = importer->import_text({*text, path == "-" ? "standard input" : path, dpids});
  if (!imported) return refuse(io, fmt::format("{}: {}", path, imported.error()));

  drop_empty_slices(*imported);
  keep_priorities(*imported);
  const std::string file = slice_file(*imported);
  if (!settings.output) {
    io.out << file;
  } else if (const std::string why = write_new(*settings.output, file); !why.empty()) {
    return refuse(io, fmt::format("{}: {}", *settings.output, why));
  }
  if (!settings.quiet) {
    for (const std::string& line : imported->notes.lines()) io.err << "note: " << one_line(line) << '\n';
  }
  return checked(file, settings.output.value_or("imported slice file"), settings, io);
}

}  // namespace sluice::ctl
