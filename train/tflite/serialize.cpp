#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <map>
#include <type_traits>

#include "integrad/tensor/error.h"
#include "integrad/train/tflite/model.h"

namespace integrad::tflite {

namespace {

using Offset = flatbuffers::Offset<void>;
using Tables = std::vector<Offset>;

// Micro interpreters read constants where they lie in the file.
constexpr std::size_t kConstantAlignment = 16;

// A flatbuffer's offsets have 31 bits; the rest is room for what is not constants.
constexpr std::size_t kLargestConstants = (std::size_t{1} << 31) - (std::size_t{1} << 26);

flatbuffers::voffset_t field(Slot slot) {
  return flatbuffers::FieldIndexToOffset(slot);
}

class Writer {
 public:
  Writer() { builder_.ForceDefaults(true); }  // no need to restate each field's default

  std::vector<std::uint8_t> file(const Model& model) {
    const Offset codes = operator_codes(model);
    const Offset graph = subgraph(model), graphs = list(Tables{graph});
    const Offset buffers = list(buffers_), description = text(model.description);
    const Offset root = table([&] {
      builder_.AddElement(field(slot::model::version), kSchemaVersion, 0u);
      add(slot::model::operator_codes, codes);
      add(slot::model::subgraphs, graphs);
      add(slot::model::description, description);
      add(slot::model::buffers, buffers);
    });
    builder_.Finish(flatbuffers::Offset<flatbuffers::Table>(root.o), kFileIdentifier);
    return {builder_.GetBufferPointer(), builder_.GetBufferPointer() + builder_.GetSize()};
  }

 private:
  template <class Fields>
  Offset table(Fields fields) {
    const flatbuffers::uoffset_t start = builder_.StartTable();
    fields();
    return Offset(builder_.EndTable(start));
  }
  void add(Slot slot, Offset offset) { builder_.AddOffset(field(slot), offset); }
  template <class T>
  void add_number(Slot slot, T value) {
    builder_.AddElement(field(slot), value, T{0});
  }
  template <class T>
  Offset list(const std::vector<T>& values) {
    return Offset(builder_.CreateVector(values).o);
  }
  Offset text(const std::string& value) { return Offset(builder_.CreateString(value).o); }

  using Key = std::pair<std::int32_t, std::int32_t>;
  static Key key(const OperatorEntry& entry) { return {entry.kind.code, entry.kind.version}; }
  // One entry for each (code, version); remembers their numbers.
  Offset operator_codes(const Model& model) {
    Tables entries;
    for (const OperatorEntry& op : model.operators) {
      const auto number = static_cast<std::uint32_t>(entries.size());
      if (!code_numbers_.try_emplace(key(op), number).second) continue;
      entries.push_back(table([&] {
        add_number(slot::operator_code::code_in_a_byte,
                   static_cast<std::int8_t>(std::min(op.kind.code, 127)));
        add_number(slot::operator_code::version, op.kind.version);
        add_number(slot::operator_code::code, op.kind.code);
      }));
    }
    return list(entries);
  }

  Offset subgraph(const Model& model) {
    buffers_ = {table([] {})};  // buffer 0 stays empty: tensors without constants name it
    Tables tensors, operators;
    for (const TensorEntry& entry : model.tensors) tensors.push_back(tensor(entry));
    for (const OperatorEntry& entry : model.operators) operators.push_back(operation(entry));
    const Offset tensor_list = list(tensors), operator_list = list(operators);
    const Offset inputs = list(model.inputs), outputs = list(model.outputs), name = text("main");
    return table([&] {
      add(slot::subgraph::tensors, tensor_list);
      add(slot::subgraph::inputs, inputs);
      add(slot::subgraph::outputs, outputs);
      add(slot::subgraph::operators, operator_list);
      add(slot::subgraph::name, name);
    });
  }

  std::uint32_t buffer(const std::vector<std::uint8_t>& constant) {
    if (constant.empty()) return 0;
    builder_.ForceVectorAlignment(constant.size(), 1, kConstantAlignment);
    const Offset data = list(constant);
    buffers_.push_back(table([&] { add(slot::buffer::data, data); }));
    return static_cast<std::uint32_t>(buffers_.size() - 1);
  }

  Offset tensor(const TensorEntry& entry) {
    const std::uint32_t constant = buffer(entry.constant);
    const Offset shape = list(entry.shape), name = text(entry.name);
    const TensorQuantization& q = entry.quantization;
    Offset quantization;
    if (!q.scales.empty()) {
      const Offset scales = list(q.scales), zero_points = list(q.zero_points);
      quantization = table([&] {
        add(slot::quantization::scale, scales);
        add(slot::quantization::zero_point, zero_points);
        add_number(slot::quantization::dimension, q.dimension);
      });
    }
    return table([&] {
      add(slot::tensor::shape, shape);
      add_number(slot::tensor::type, static_cast<std::int8_t>(entry.type));
      add_number(slot::tensor::buffer, constant);
      add(slot::tensor::name, name);
      if (!q.scales.empty()) add(slot::tensor::quantization, quantization);
    });
  }

  Offset options(const std::vector<OptionField>& fields) {
    std::vector<Offset> lists;  // what a table points to is written before it
    for (const OptionField& f : fields)
      if (const auto* values = std::get_if<std::vector<std::int32_t>>(&f.value))
        lists.push_back(list(*values));
    return table([&] {
      auto next = lists.begin();
      for (const OptionField& f : fields)
        std::visit(
            [&](const auto& value) {
              if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(value)>>)
                add_number(f.slot, value);
              else
                add(f.slot, *next++);
            },
            f.value);
    });
  }

  Offset operation(const OperatorEntry& entry) {
    const Offset inputs = list(entry.inputs), outputs = list(entry.outputs);
    const bool has_options = entry.kind.options != 0;
    const Offset chosen = has_options ? options(entry.options) : Offset();
    return table([&] {
      add_number(slot::operation::code_index, code_numbers_.at(key(entry)));
      add(slot::operation::inputs, inputs);
      add(slot::operation::outputs, outputs);
      add_number(slot::operation::options_type, entry.kind.options);
      if (has_options) add(slot::operation::options, chosen);
    });
  }

  flatbuffers::FlatBufferBuilder builder_;
  Tables buffers_;
  std::map<Key, std::uint32_t> code_numbers_;
};

}  // namespace

std::vector<std::uint8_t> serialize(const Model& model) {
  std::size_t constants = 0;
  for (const TensorEntry& entry : model.tensors) {
    constants += entry.constant.size() + entry.quantization.scales.size() * 12;
    require(constants <= kLargestConstants,
            "tflite: a file holds less than 2 GB; the constants up "
            "to '",
            entry.name, "' take ", constants, " bytes");
  }
  return Writer().file(model);
}

}  // namespace integrad::tflite
