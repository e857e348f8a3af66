#include "integrad/train/verify_json.h"

#include "integrad/train/json.h"

namespace integrad {

namespace {

constexpr const char* kVerificationFormat = "integrad verification 1";
/// With counts of at most 2^53 each, sums over them stay within Index.
constexpr std::size_t kMostLayers = 512;

const JsonInput& field(const JsonInput& object, const char* name) {
  require(object.is_object() && object.contains(name), "field '", name, "' is missing");
  return object[name];
}

std::string text(const JsonInput& object, const char* name) {
  const JsonInput& value = field(object, name);
  require(value.is_string(), "field '", name, "' must be text");
  return value.get<std::string>();
}

Index whole(const JsonInput& value, const char* name) {
  require(value.is_number_unsigned() && value.get<std::uint64_t>() <= (std::uint64_t{1} << 53),
          "field '", name, "' must be a whole number from 0 to 2^53");
  return value.get<Index>();
}

Index count(const JsonInput& object, const char* name) {
  return whole(field(object, name), name);
}

int code(const JsonInput& object, const char* name) {
  const JsonInput& value = field(object, name);
  require(value.is_number_integer() && value >= -128 && value <= 127, "field '", name,
          "' must be a whole number from -128 to 127");
  return value.get<int>();
}

const JsonInput& list(const JsonInput& object, const char* name, std::size_t most) {
  const JsonInput& value = field(object, name);
  require(value.is_array() && value.size() <= most, "field '", name, "' must be a list of at most ",
          most);
  return value;
}

LayerTally read_layer(const JsonInput& json) {
  std::vector<Index> extents;
  for (const JsonInput& extent : list(json, "shape", Shape::kMaxRank)) {
    require(extent.is_number_unsigned() && extent.get<std::uint64_t>() < (std::uint64_t{1} << 31),
            "field 'shape' must hold whole numbers below 2^31");
    extents.push_back(extent.get<Index>());
  }
  return {text(json, "name"),   text(json, "operation"),    Shape(extents),
          count(json, "bytes"), count(json, "differences"), count(json, "macs")};
}

InstructionCount read_count(const JsonInput& json, std::size_t layers) {
  InstructionCount result{text(json, "path"), {}};
  for (const JsonInput& entry : list(json, "instructions", kMostLayers))
    result.layers.push_back(whole(entry, "instructions"));
  require(result.layers.size() == layers, "field 'instructions' must hold one number for each of ",
          layers, " layers; got ", result.layers.size());
  return result;
}

}  // namespace

std::string to_json(const VerifyReport& report) {
  JsonOutput json;
  json["format"] = kVerificationFormat;
  json["paths"] = report.paths;
  json["images"] = report.images;
  json["bytes"] = report.bytes;
  json["differences"] = report.differences;
  json["layers"] = JsonOutput::array();
  for (const LayerTally& tally : report.layers) {
    const auto extents = tally.shape.extents();
    json["layers"].push_back({{"name", tally.name},
                              {"operation", tally.operation},
                              {"shape", std::vector<Index>(extents.begin(), extents.end())},
                              {"bytes", tally.bytes},
                              {"differences", tally.differences},
                              {"macs", tally.macs}});
  }
  for (const InstructionCount& of_device : report.counts)
    json["counts"].push_back({{"path", of_device.path}, {"instructions", of_device.layers}});
  if (report.first) {
    const Divergence& first = *report.first;
    json["first"] = {{"path", first.path},
                     {"layer", first.layer},
                     {"image", first.image},
                     {"y", first.y},
                     {"x", first.x},
                     {"channel", first.channel},
                     {"expected", first.expected},
                     {"got", first.got}};
  }
  // A compiler's or layer's name may hold any bytes; those that are not UTF-8 are replaced.
  return json.dump(2, ' ', false, JsonOutput::error_handler_t::replace) + "\n";
}

VerifyReport verify_report_from_json(std::string_view source) {
  const JsonInput json = parse_json(source);
  require(!json.is_discarded(), "a verification must be valid JSON");
  require(text(json, "format") == kVerificationFormat, "field 'format' must be '",
          kVerificationFormat, "'");
  VerifyReport report;
  for (const JsonInput& path : list(json, "paths", 1000)) {
    require(path.is_string(), "field 'paths' must hold texts");
    report.paths.push_back(path.get<std::string>());
  }
  report.images = count(json, "images");
  report.bytes = count(json, "bytes");
  report.differences = count(json, "differences");
  Index bytes = 0, differences = 0;
  for (const JsonInput& entry : list(json, "layers", kMostLayers)) {
    report.layers.push_back(read_layer(entry));
    bytes += report.layers.back().bytes;
    differences += report.layers.back().differences;
  }
  require(bytes == report.bytes, "field 'bytes' must be the sum of the layers', ", bytes, "; got ",
          report.bytes);
  require(differences == report.differences, "field 'differences' must be the sum of the layers', ",
          differences, "; got ", report.differences);
  if (json.contains("counts"))
    for (const JsonInput& entry : list(json, "counts", 1000))
      report.counts.push_back(read_count(entry, report.layers.size()));
  if (json.contains("first")) {
    const JsonInput& first = json["first"];
    report.first = Divergence{
        text(first, "path"), text(first, "layer"),    count(first, "image"),   count(first, "y"),
        count(first, "x"),   count(first, "channel"), code(first, "expected"), code(first, "got")};
  }
  require(!report.first || differences > 0, "field 'first' must not be there without differences");
  return report;
}

}  // namespace integrad
