// The .tflite file itself, read back field by field; no interpreter is needed.
#include <doctest/doctest.h>
#include <flatbuffers/flatbuffers.h>

#include <cstring>

#include "integrad/tests/support/quantized_model.h"
#include "integrad/tests/support/temporary_folder.h"
#include "integrad/train/tflite/export.h"
#include "integrad/train/tflite/program.h"
#include "integrad/train/tflite/window.h"

using namespace integrad;
namespace slot = tflite::slot;

namespace {

using Table = flatbuffers::Table;
template <class T>
using List = flatbuffers::Vector<T>;
using Tables = List<flatbuffers::Offset<Table>>;

flatbuffers::voffset_t at(tflite::Slot slot) {
  return flatbuffers::FieldIndexToOffset(slot);
}
template <class T>
const T* part(const Table* table, tflite::Slot slot) {
  return table->GetPointer<const T*>(at(slot));
}
template <class T>
T number(const Table* table, tflite::Slot slot) {
  REQUIRE(table->CheckField(at(slot)));
  return table->GetField<T>(at(slot), T{});
}
template <class T>
std::vector<T> values(const List<T>* list) {
  REQUIRE(list != nullptr);
  return {list->begin(), list->end()};
}

QuantizedModel with_ranges(const Graph& graph, Quantization inner = {0.05f, 3}) {
  std::vector<Quantization> q(static_cast<std::size_t>(graph.size()), inner);
  q[0] = kImageQuantization;
  return {{graph, initialize<float>(graph, 7)}, q};
}

QuantizedModel one_layer(const Shape& input, Layer layer, Quantization inner = {0.05f, 3}) {
  Graph graph;
  graph.layer("one", std::move(layer), {graph.input(input)});
  return with_ranges(graph, inner);
}

std::vector<std::string_view> operators(const QuantizedModel& model) {
  std::vector<std::string_view> names;
  for (const auto& entry : tflite::program_as_model(model.program()).operators)
    names.push_back(entry.kind.name);
  return names;
}
using Names = std::vector<std::string_view>;

std::string refusal(const QuantizedModel& model, const char* target = "cmsis-nn") {
  return message_of<Error>([&] { tflite_model(model.program(target)); });
}

}  // namespace

TEST_CASE("a file holds the program's tensors, scales and weights") {
  const QuantizedModel model = one_layer(
      {1, 5, 6, 2},
      layer::Conv2d{3, WindowSpec::square(3, 2, Padding::same()), 1, true, Activation::relu});
  const QGraph program = model.program();
  const LinearTables& tables = *tables_of(program.node(1).operation);
  const std::vector<std::uint8_t> file = tflite_model(program);
  REQUIRE(flatbuffers::BufferHasIdentifier(file.data(), "TFL3"));
  const Table* root = flatbuffers::GetRoot<Table>(file.data());
  CHECK(number<std::uint32_t>(root, slot::model::version) == 3);
  CHECK(part<flatbuffers::String>(root, slot::model::description)->str() ==
        "integrad, int8, target cmsis-nn");

  const Tables* graphs = part<Tables>(root, slot::model::subgraphs);
  REQUIRE(graphs->size() == 1);
  const Table* graph = graphs->Get(0);
  const Tables* tensors = part<Tables>(graph, slot::subgraph::tensors);
  const Tables* buffers = part<Tables>(root, slot::model::buffers);
  REQUIRE(tensors->size() == 4);
  CHECK(values(part<List<std::int32_t>>(graph, slot::subgraph::inputs)) ==
        std::vector<std::int32_t>{0});
  CHECK(values(part<List<std::int32_t>>(graph, slot::subgraph::outputs)) ==
        std::vector<std::int32_t>{3});

  struct Expected {
    const char* name;
    std::int8_t type;
    std::vector<std::int32_t> shape;
    std::vector<float> scales;
    std::int64_t zero_point;
    const void* data;
    std::size_t bytes;
  };
  std::vector<float> bias_scales;
  for (const float s : tables.weight_scales) bias_scales.push_back(kImageQuantization.scale * s);
  const Expected expected[] = {
      {"input", 9, {1, 5, 6, 2}, {kImageQuantization.scale}, -128, nullptr, 0},
      {"one/weight", 9, {3, 3, 3, 2}, tables.weight_scales, 0, tables.weight.data(), 54},
      {"one/bias", 2, {3}, bias_scales, 0, tables.bias.data(), 12},
      {"one", 9, {1, 3, 3, 3}, {0.05f}, 3, nullptr, 0}};
  for (flatbuffers::uoffset_t i = 0; i < 4; ++i) {
    const Expected& e = expected[i];
    CAPTURE(e.name);
    const Table* tensor = tensors->Get(i);
    CHECK(part<flatbuffers::String>(tensor, slot::tensor::name)->str() == e.name);
    CHECK(number<std::int8_t>(tensor, slot::tensor::type) == e.type);
    CHECK(values(part<List<std::int32_t>>(tensor, slot::tensor::shape)) == e.shape);
    const Table* q = part<Table>(tensor, slot::tensor::quantization);
    CHECK(values(part<List<float>>(q, slot::quantization::scale)) == e.scales);
    CHECK(values(part<List<std::int64_t>>(q, slot::quantization::zero_point)) ==
          std::vector<std::int64_t>(e.scales.size(), e.zero_point));
    CHECK(number<std::int32_t>(q, slot::quantization::dimension) == 0);
    const Table* buffer = buffers->Get(number<std::uint32_t>(tensor, slot::tensor::buffer));
    const auto* data = part<List<std::uint8_t>>(buffer, slot::buffer::data);
    REQUIRE((data != nullptr) == (e.data != nullptr));
    if (data == nullptr) continue;
    REQUIRE(data->size() == e.bytes);
    CHECK(std::memcmp(data->data(), e.data, e.bytes) == 0);
    CHECK((data->data() - file.data()) % 16 == 0);
  }
}

TEST_CASE("a file holds each operator's code, version and options") {
  const QuantizedModel model = one_layer(
      {1, 9, 8, 2},
      layer::DepthwiseConv2d{{3, 2, 2, 1, 1, 3, Padding::same()}, 4, true, Activation::relu6});
  const std::vector<std::uint8_t> file = tflite_model(model.program());
  const Table* root = flatbuffers::GetRoot<Table>(file.data());
  const Table* graph = part<Tables>(root, slot::model::subgraphs)->Get(0);
  const Table* weight = part<Tables>(graph, slot::subgraph::tensors)->Get(1);
  CHECK(number<std::int32_t>(part<Table>(weight, slot::tensor::quantization),
                             slot::quantization::dimension) == 3);
  const Table* entry = part<Tables>(graph, slot::subgraph::operators)->Get(0);
  const Table* code = part<Tables>(root, slot::model::operator_codes)
                          ->Get(number<std::uint32_t>(entry, slot::operation::code_index));
  CHECK(number<std::int32_t>(code, slot::operator_code::code) == 4);
  CHECK(number<std::int8_t>(code, slot::operator_code::code_in_a_byte) == 4);
  CHECK(number<std::int32_t>(code, slot::operator_code::version) == 3);
  CHECK(values(part<List<std::int32_t>>(entry, slot::operation::inputs)) ==
        std::vector<std::int32_t>{0, 1, 2});
  CHECK(number<std::uint8_t>(entry, slot::operation::options_type) == 2);
  const Table* options = part<Table>(entry, slot::operation::options);
  CHECK(number<std::int8_t>(options, 0) == 0);   // padding SAME
  CHECK(number<std::int32_t>(options, 1) == 1);  // stride in x
  CHECK(number<std::int32_t>(options, 2) == 2);  // and y
  CHECK(number<std::int32_t>(options, 3) == 4);  // channel multiplier
  CHECK(number<std::int8_t>(options, 4) == 3);   // ReLU6
  CHECK(number<std::int32_t>(options, 5) == 3);  // dilation in x
  CHECK(number<std::int32_t>(options, 6) == 1);  // and y
}

TEST_CASE("padding in numbers becomes a word where one places the same windows, else a PAD") {
  const auto conv = [](WindowSpec w) {
    return operators(one_layer({1, 8, 7, 2}, layer::Conv2d{2, w}));
  };
  CHECK(conv(WindowSpec::square(3)) == Names{"CONV_2D"});
  CHECK(conv(WindowSpec::square(3, 1, Padding::same())) == Names{"CONV_2D"});
  CHECK(conv(WindowSpec::square(3, 1, Padding::fixed(1))) == Names{"CONV_2D"});  // SAME in numbers
  // SAME pads an even number of rows for stride 2 below only.
  CHECK(conv({3, 3, 2, 2, 1, 1, Padding::fixed(0, 1, 1, 1)}) == Names{"CONV_2D"});
  CHECK(conv(WindowSpec::square(3, 2, Padding::fixed(1))) == Names{"PAD", "CONV_2D"});
  const WindowSpec uneven = WindowSpec::square(3, 1, Padding::fixed(2, 0, 1, 1));
  CHECK(conv(uneven) == Names{"PAD", "CONV_2D"});
  CHECK(operators(one_layer({1, 8, 7, 2}, layer::MaxPool{uneven}, kImageQuantization)) ==
        Names{"PAD", "MAX_POOL_2D"});  // zero point -128, which is what PAD fills with
  QuantizedModel pool = one_layer({1, 8, 7, 2}, layer::MaxPool{uneven});
  pool.quantizations[0] = pool.quantizations[1];
  CHECK(operators(pool) == Names{"PADV2", "MAX_POOL_2D"});
}

TEST_CASE("a transposed convolution's output is cut out where no word says its padding") {
  const auto transposed = [](WindowSpec w, Activation activation = Activation::none) {
    return operators(one_layer({1, 4, 4, 2}, layer::TransposedConv2d{2, w, 0, true, activation}));
  };
  CHECK(transposed(WindowSpec::square(2, 2)) == Names{"TRANSPOSE_CONV"});
  CHECK(transposed(WindowSpec::square(4, 2, Padding::same())) == Names{"TRANSPOSE_CONV"});
  CHECK(transposed(WindowSpec::square(2, 2), Activation::relu6) ==
        Names{"TRANSPOSE_CONV", "RELU6"});
  CHECK(transposed(WindowSpec::square(4, 2, Padding::fixed(2)), Activation::relu) ==
        Names{"TRANSPOSE_CONV", "SLICE", "RELU"});
}

TEST_CASE("a vector's one output is computed by a convolution, whose multiplier has one rule") {
  const auto dense = [](Index outputs) {
    Graph graph;
    const Value x = graph.layer("flat", layer::Reshape{{1, 8}}, {graph.input({1, 2, 2, 2})});
    graph.layer("dense", layer::FullyConnected{outputs}, {x});
    QuantizedModel model = with_ranges(graph);
    model.quantizations[1] = model.quantizations[0];
    return operators(model);
  };
  CHECK(dense(2) == Names{"RESHAPE", "FULLY_CONNECTED"});
  CHECK(dense(1) == Names{"RESHAPE", "RESHAPE", "CONV_2D", "RESHAPE"});
}

TEST_CASE("a ReLU6 that stands alone is rescaled first, and sums must not be too fine for TFLM") {
  const auto pointwise = [](layer::Pointwise::Function function, Quantization out) {
    return operators(one_layer({1, 4, 4, 2}, layer::Pointwise{function}, out));
  };
  using Function = layer::Pointwise::Function;
  CHECK(pointwise(Function::relu6, {0.1f, -100}) == Names{"QUANTIZE", "RELU6"});
  CHECK(pointwise(Function::relu, {0.1f, -100}) == Names{"RELU"});
  CHECK(pointwise(Function::relu, {0.1f, -128}) == Names{"QUANTIZE"});  // the clamp of int8 itself

  Graph sum;
  const Value x = sum.input({1, 2, 2, 1});
  sum.layer("sum", layer::Arithmetic{layer::Arithmetic::Function::sub}, {x, x});
  const float limit = kImageQuantization.scale * 0x1p-19f;
  CHECK(refusal(with_ranges(sum, {limit * 1.001f, 0})).empty());
  CHECK(
      refusal(with_ranges(sum, {limit, 0}))
          .find(
              "layer 'sum': tflite: TFLM needs an output scale above 2^-19 of the larger input") ==
      0);
}

TEST_CASE("what the format cannot say is refused, naming layer and reason") {
  const WindowSpec uneven = WindowSpec::square(3, 1, Padding::fixed(2, 0, 1, 1));
  const auto has = [](const std::string& text, const char* part) {
    CAPTURE(text);
    CHECK(text.find(part) != std::string::npos);
  };
  const QuantizedModel conv = one_layer({1, 8, 8, 2}, layer::Conv2d{2, WindowSpec::square(1)});
  has(refusal(conv, "cmsis-nn-single"), "target cmsis-nn-single rounds once");
  CHECK(refusal(conv).empty());
  has(refusal(one_layer({1, 8, 8, 2}, layer::AveragePool{uneven}, kImageQuantization)),
      "layer 'one': tflite: an average pool's padding has to be that of VALID or SAME");
  has(refusal(one_layer({1, 8, 8, 2}, layer::MaxPool{{2, 2, 1, 1, 2, 1, {}}}, kImageQuantization)),
      "layer 'one': tflite: the format's pools have no dilation; got 2x1");
  has(refusal(
          one_layer({1, 8, 8, 2}, layer::AveragePool{{2, 2, 1, 1, 1, 3, {}}}, kImageQuantization)),
      "the format's pools have no dilation; got 1x3");

  for (const WindowSpec& window :
       {WindowSpec::square(2, 3), WindowSpec{2, 3, 2, 3, 1, 1, {}}, WindowSpec::square(12, 12),
        WindowSpec::square(3, 3, Padding::fixed(1))}) {
    Graph graph;
    const Value pool = graph.layer("pool", layer::MaxPool{window}, {graph.input({1, 24, 24, 1})});
    graph.max_unpool("unpool", pool, pool);
    has(refusal(with_ranges(graph, kImageQuantization)),
        "layer 'pool': tflite: unpooling is put together for square windows");
  }

  has(refusal(one_layer({1, 4, 4, 2}, layer::TransposedConv2d{2, {2, 2, 1, 1, 2, 1, {}}})),
      "layer 'one': tflite: the format's transposed convolution has no dilation; got 2x1");
  QuantizedModel shares = one_layer({1, 1, 1, 512}, layer::Softmax{}, {1.0f / 256.0f, -128});
  has(refusal(shares), "layer 'one': the integer softmax takes at most 511 channels; got 512");
  Graph parts;
  const Value x = parts.input({1, 2, 2, 1});
  parts.layer("parts", layer::Concat{}, std::vector<Value>(11, x));
  has(refusal(with_ranges(parts, kImageQuantization)),
      "layer 'parts': tflite: TFLM concatenates at most 10 parts; got 11");

  // A clamp that no activation has.
  QGraph clamped = conv.program();
  std::get<quantized::Conv2d>(clamped.nodes[1].operation).attributes.stage.low = -5;
  has(message_of<Error>([&] { tflite_model(clamped); }),
      "layer 'one': tflite: the format has no name for the clamp to codes -5 to 127");
  QGraph empty = conv.program();
  empty.nodes.resize(1);
  has(message_of<Error>([&] { tflite_model(empty); }), "a program without layers");
}
