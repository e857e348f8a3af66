#include "integrad/train/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>

#include "integrad/tensor/files.h"
#include "integrad/train/json.h"

namespace integrad {

static_assert(std::endian::native == std::endian::little, "the format's numbers are little-endian");

namespace {

/// A model of this library needs some ten KB; the format itself would allow 100 MB.
constexpr std::uint64_t kMaxHeaderBytes = std::uint64_t{1} << 22;
constexpr const char* kMetadata = "__metadata__";
/// By the variant's alternatives.
constexpr std::array<const char*, 6> kTypeNames{"F32", "F64", "I8", "U8", "I32", "I64"};
constexpr std::array<std::uint64_t, 6> kTypeBytes{4, 8, 1, 1, 4, 8};

std::string named(std::string_view name) {
  return "tensor '" + std::string(name) + "'";
}

/// A tensor as the header describes it.
struct Entry {
  std::string name;
  std::size_t type;
  Shape shape;
  std::uint64_t begin, end;
};

/// A tensor of the variant's given alternative, with elements still to be written.
template <std::size_t I = 0>
AnyTensor make_tensor(std::size_t type, const Shape& shape) {
  if constexpr (I + 1 < std::variant_size_v<AnyTensor>) {
    if (type != I) return make_tensor<I + 1>(type, shape);
  }
  return std::variant_alternative_t<I, AnyTensor>::uninitialized(shape);
}

/// The header as JSON. Depth is limited and repeated keys are refused while parsing: a later key
/// would silently replace an earlier one.
JsonInput parse_header(std::string_view text) {
  std::vector<std::set<std::string>> keys;
  auto watch = [&](int depth, JsonInput::parse_event_t event, JsonInput& parsed) {
    require(depth <= 3, "the header is nested too deeply");
    const auto level = static_cast<std::size_t>(depth);
    if (event == JsonInput::parse_event_t::object_start) {
      keys.resize(level + 1);
      keys.emplace_back();
    } else if (event == JsonInput::parse_event_t::key) {
      require(keys[level].insert(parsed.get<std::string>()).second, "the header's key '",
              parsed.get<std::string>(), "' is repeated");
    }
    return true;
  };
  try {
    return parse_valid_json(text, watch);
  } catch (const JsonInput::exception& error) {
    fail("the header is not valid JSON: ", error.what());
  }
}

std::uint64_t unsigned_number(const JsonInput& value, const char* what) {
  require(value.is_number_unsigned(), "its ", what, " must hold integers from 0 up; got ",
          value.dump());
  return value.get<std::uint64_t>();
}

Entry parse_entry(const std::string& name, const JsonInput& json, std::uint64_t data_bytes) {
  require(json.is_object() && json.size() == 3 && json.contains("dtype") &&
              json.contains("shape") && json.contains("data_offsets"),
          "must be described by dtype, shape and data_offsets");
  const JsonInput &dtype = json["dtype"], &extents = json["shape"], &offsets = json["data_offsets"];
  Entry entry{name, 0, {}, 0, 0};
  require(dtype.is_string(), "its dtype must be text");
  const auto type = std::find(kTypeNames.begin(), kTypeNames.end(), dtype.get<std::string>());
  require(type != kTypeNames.end(), "its dtype ", dtype.dump(),
          " is not one of F32, F64, I8, U8, I32, I64");
  entry.type = static_cast<std::size_t>(type - kTypeNames.begin());

  require(extents.is_array() && extents.size() <= Shape::kMaxRank,
          "its shape must be a list of at most ", Shape::kMaxRank, " extents");
  std::vector<Index> shape;
  for (const JsonInput& extent : extents)
    shape.push_back(narrow<Index>(unsigned_number(extent, "shape")));
  entry.shape = Shape(shape);  // checks each extent and their product

  require(offsets.is_array() && offsets.size() == 2, "its data_offsets must be two numbers");
  entry.begin = unsigned_number(offsets[0], "data_offsets");
  entry.end = unsigned_number(offsets[1], "data_offsets");
  require(entry.begin <= entry.end && entry.end <= data_bytes, "its data_offsets [", entry.begin,
          ",", entry.end, "] lie outside the data's ", data_bytes, " bytes");
  // At most 2^48 elements of 8 bytes: no overflow.
  const std::uint64_t needed =
      static_cast<std::uint64_t>(entry.shape.elements()) * kTypeBytes[entry.type];
  require(entry.end - entry.begin == needed, "a shape of ", entry.shape, " in ",
          kTypeNames[entry.type], " takes ", needed, " bytes, its data_offsets hold ",
          entry.end - entry.begin);
  return entry;
}

void check_coverage(const std::vector<Entry>& entries, std::uint64_t data_bytes) {
  std::uint64_t at = 0;
  for (const Entry& entry : entries) {
    require(entry.begin >= at, named(entry.name), ": its data overlaps another tensor's at offset ",
            entry.begin);
    require(entry.begin == at, named(entry.name), ": the data has a gap before it, at offset ", at);
    at = entry.end;
  }
  require(at == data_bytes, "the data has ", data_bytes - at, " bytes that belong to no tensor");
}

}  // namespace

const AnyTensor* TensorFile::find(std::string_view name) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const NamedTensor& t) { return t.name == name; });
  return found == tensors.end() ? nullptr : &found->value;
}

std::vector<std::uint8_t> encode_safetensors(const TensorFile& file) {
  std::vector<const NamedTensor*> order;
  for (const NamedTensor& tensor : file.tensors) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(), [](const NamedTensor* a, const NamedTensor* b) {
    return kTypeBytes[a->value.index()] > kTypeBytes[b->value.index()];
  });

  // In the order of the tensors.
  JsonOutput header = JsonOutput::object();
  if (!file.metadata.empty()) header[kMetadata] = file.metadata;
  std::uint64_t data_bytes = 0;
  for (const NamedTensor* tensor : order) {
    require(tensor->name != kMetadata, named(tensor->name), ": the name is reserved");
    require(!header.contains(tensor->name), named(tensor->name), ": the name is used twice");
    std::visit(
        [&](const auto& value) {
          require(value.size() == value.shape().elements(), named(tensor->name),
                  ": was never made");
          const std::uint64_t end =
              data_bytes + static_cast<std::uint64_t>(value.size()) * sizeof(*value.data());
          header[tensor->name] = {{"dtype", kTypeNames[tensor->value.index()]},
                                  {"shape", value.shape().extents()},
                                  {"data_offsets", {data_bytes, end}}};
          data_bytes = end;
        },
        tensor->value);
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const JsonOutput::exception& error) {
    fail("a name or metadata is not UTF-8: ", error.what());
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  require(text.size() <= kMaxHeaderBytes, "the header of ", text.size(), " bytes exceeds ",
          kMaxHeaderBytes);

  std::vector<std::uint8_t> bytes(sizeof(std::uint64_t) + text.size() + data_bytes);
  const std::uint64_t header_bytes = text.size();
  std::memcpy(bytes.data(), &header_bytes, sizeof(header_bytes));
  std::memcpy(bytes.data() + sizeof(header_bytes), text.data(), text.size());
  std::uint8_t* to = bytes.data() + sizeof(header_bytes) + text.size();
  for (const NamedTensor* tensor : order)
    std::visit(
        [&](const auto& value) {
          const std::size_t size = static_cast<std::size_t>(value.size()) * sizeof(*value.data());
          if (size > 0) std::memcpy(to, value.data(), size);
          to += size;
        },
        tensor->value);
  return bytes;
}

TensorFile decode_safetensors(std::span<const std::uint8_t> bytes) {
  std::uint64_t header_bytes = 0;
  require(bytes.size() >= sizeof(header_bytes), "has ", bytes.size(),
          " bytes, too few for a header");
  std::memcpy(&header_bytes, bytes.data(), sizeof(header_bytes));
  bytes = bytes.subspan(sizeof(header_bytes));
  require(header_bytes <= kMaxHeaderBytes, "its header of ", header_bytes, " bytes exceeds ",
          kMaxHeaderBytes);
  require(header_bytes <= bytes.size(), "its header of ", header_bytes,
          " bytes exceeds the file's ", bytes.size(), " remaining");
  const JsonInput header = parse_header(
      {reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(header_bytes)});
  require(header.is_object(), "its header must be a JSON object");
  bytes = bytes.subspan(header_bytes);

  TensorFile file;
  std::vector<Entry> entries;
  for (const auto& item : header.items()) {
    const std::string& name = item.key();
    const JsonInput& value = item.value();
    if (name == kMetadata) {
      require(value.is_object(), "its __metadata__ must be a JSON object");
      for (const auto& [key, text] : value.items()) {
        require(text.is_string(), "its __metadata__ '", key, "' must be text");
        file.metadata[key] = text.get<std::string>();
      }
      continue;
    }
    with_context(named(name), [&] { entries.push_back(parse_entry(name, value, bytes.size())); });
  }
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  check_coverage(entries, bytes.size());
  for (const Entry& entry : entries) {
    AnyTensor tensor = make_tensor(entry.type, entry.shape);
    std::visit(
        [&](auto& value) {
          const auto from = bytes.subspan(entry.begin, entry.end - entry.begin);
          if (!from.empty()) std::memcpy(value.data(), from.data(), from.size());
        },
        tensor);
    file.add(entry.name, std::move(tensor));
  }
  return file;
}

void save_safetensors(const std::filesystem::path& path, const TensorFile& file) {
  with_context("file '" + path.string() + "'",
               [&] { write_file_atomically(path, encode_safetensors(file)); });
}

TensorFile load_safetensors(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const std::vector<std::uint8_t> bytes = read_file(path, max_bytes);
  return with_context("file '" + path.string() + "'", [&] { return decode_safetensors(bytes); });
}

}  // namespace integrad
