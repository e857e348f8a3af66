#include "integrad/train/safetensors.h"

#include <doctest/doctest.h>

#include <cstring>

#include "integrad/tensor/files.h"
#include "integrad/tests/support/temporary_folder.h"

using namespace integrad;

namespace {

std::vector<std::uint8_t> file_of(const std::string& header, std::size_t data_bytes) {
  std::vector<std::uint8_t> bytes(8 + header.size() + data_bytes);
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  return bytes;
}

TensorFile sample() {
  TensorFile file;
  file.metadata = {{"format", "test"}, {"a", "\u00e9"}};
  file.add("codes", Tensor<std::int8_t>(Shape{3}, {-128, 0, 127}));
  file.add("weight", Tensor<float>(Shape{2, 2}, {1, -2, 0.5f, 1e-40f}));
  file.add("nothing", Tensor<std::uint8_t>(Shape{0, 4}));
  file.add("step", Tensor<std::int64_t>(Shape{}, std::int64_t{1} << 40));
  return file;
}

}  // namespace

TEST_CASE("tensors and metadata come back bit for bit") {
  const TensorFile back = decode_safetensors(encode_safetensors(sample()));
  CHECK(back.metadata == sample().metadata);
  REQUIRE(back.tensors.size() == 4);
  CHECK(back.get<std::int8_t>("codes")[0] == -128);
  CHECK(back.get<float>("weight").shape() == Shape{2, 2});
  CHECK(back.get<float>("weight")[3] == 1e-40f);
  CHECK(back.get<std::uint8_t>("nothing").shape() == Shape{0, 4});
  CHECK(back.get<std::int64_t>("step")[0] == std::int64_t{1} << 40);
  CHECK(back.get<std::int64_t>("step").shape() == Shape{});
  CHECK_THROWS_WITH_AS(back.get<float>("codes"), "tensor 'codes' has another element type", Error);
  CHECK_THROWS_WITH_AS(back.get<float>("bias"), "tensor 'bias' is missing", Error);
}

TEST_CASE("the bytes are those of the format") {
  TensorFile file;
  file.metadata = {{"k", "v"}};
  file.add("x", Tensor<std::uint8_t>(Shape{2}, {7, 9}));
  const std::string header =
      R"({"__metadata__":{"k":"v"},"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})";
  auto expected = file_of(header + std::string(8 - header.size() % 8, ' '), 2);
  expected[expected.size() - 2] = 7;
  expected[expected.size() - 1] = 9;
  CHECK(encode_safetensors(file) == expected);
}

TEST_CASE("wider elements come first, so that every tensor is aligned") {
  const TensorFile back = decode_safetensors(encode_safetensors(sample()));
  CHECK(back.tensors[0].name == "step");
  CHECK(back.tensors[1].name == "weight");
  CHECK(encode_safetensors(back) == encode_safetensors(sample()));
}

TEST_CASE("the writer refuses what a reader could not accept") {
  TensorFile file = sample();
  file.add("codes", Tensor<float>(Shape{1}));
  CHECK_THROWS_WITH_AS(encode_safetensors(file), "tensor 'codes': the name is used twice", Error);
  file = {};
  file.add("__metadata__", Tensor<float>(Shape{1}));
  CHECK_THROWS_AS(encode_safetensors(file), Error);
  file = {};
  file.add("empty", Tensor<float>());
  CHECK_THROWS_AS(encode_safetensors(file), Error);
  file = {};
  file.add("\xff", Tensor<float>(Shape{1}));
  CHECK_THROWS_AS(encode_safetensors(file), Error);
}

TEST_CASE("hostile headers are refused with the rule they break") {
  struct Case {
    std::string header;
    std::size_t data;
    std::string rule;
  };
  const std::string one = R"("dtype":"U8","shape":[1],"data_offsets":)";
  const std::vector<Case> cases{
      {"", 0, "not valid JSON"},
      {"{", 0, "not valid JSON"},
      {"[]", 0, "must be a JSON object"},
      {"{\"\xff\":1}", 0, "not valid JSON"},
      {std::string(100000, '['), 0, "nested too deeply"},
      {R"({"x":{"a":{"b":{"c":{"d":1}}}}})", 0, "nested too deeply"},
      {R"({"x":1})", 0, "tensor 'x': must be described by"},
      {R"({"x":{"dtype":"U8","shape":[0]}})", 0, "must be described by"},
      {"{\"x\":{" + one + "[0,1],\"more\":1}}", 1, "must be described by"},
      {R"({"x":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}})", 2, "dtype \"F16\" is not"},
      {R"({"x":{"dtype":4,"shape":[1],"data_offsets":[0,2]}})", 2, "dtype must be text"},
      {R"({"x":{"dtype":"U8","shape":1,"data_offsets":[0,1]}})", 1, "list of at most 4"},
      {R"({"x":{"dtype":"U8","shape":[1,1,1,1,1],"data_offsets":[0,1]}})", 1, "list of at most 4"},
      {R"({"x":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1, "integers from 0 up"},
      {R"({"x":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", 1, "integers from 0 up"},
      {R"({"x":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,1]}})", 1,
       "tensor 'x'"},
      {R"({"x":{"dtype":"F64","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}})",
       8, "tensor 'x'"},
      {R"({"x":{"dtype":"F32","shape":[65536,65536],"data_offsets":[0,0]}})", 0,
       "takes 17179869184 bytes"},
      {"{\"x\":{" + one + "[0]}}", 1, "must be two numbers"},
      {"{\"x\":{" + one + "[1,0]}}", 1, "outside"},
      {"{\"x\":{" + one + "[0,2]}}", 1, "outside"},
      {"{\"x\":{" + one + "[18446744073709551615,18446744073709551615]}}", 1, "outside"},
      {"{\"x\":{" + one + "[0,2]}}", 2, "takes 1 bytes"},
      {"{\"x\":{" + one + "[0,1]}}", 2, "1 bytes that belong to no tensor"},
      {"{\"x\":{" + one + "[1,2]}}", 2, "gap before it, at offset 0"},
      {"{\"x\":{" + one + "[0,1]},\"y\":{" + one + "[0,1]}}", 1, "overlaps"},
      {"{\"x\":{" + one + "[0,1]},\"x\":{" + one + "[1,2]}}", 2, "key 'x' is repeated"},
      {R"({"x":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}})", 1, "repeated"},
      {R"({"__metadata__":{"a":1}})", 0, "__metadata__ 'a' must be text"},
      {R"({"__metadata__":"a"})", 0, "__metadata__ must be"},
      {"{}", 3, "belong to no tensor"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.header.substr(0, 100));
    const auto bytes = file_of(c.header, c.data);
    const std::string message = message_of<Error>([&] { decode_safetensors(bytes); });
    CAPTURE(message);
    CHECK(message.find(c.rule) != std::string::npos);
  }
}

TEST_CASE("headers of very many keys are refused without long work, larger ones unread") {
  // With a search through all earlier keys at each one this takes minutes.
  std::string many = "{";
  for (int i = 0; i < 300000; ++i) many += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":1";
  const auto refused = [](const std::string& header) {
    const auto bytes = file_of(header, 0);
    return message_of<Error>([&] { decode_safetensors(bytes); });
  };
  CHECK(refused(many + "}").find("must be described by") != std::string::npos);
  CHECK(refused(many + ",\"7\":1}").find("key '7' is repeated") != std::string::npos);
  CHECK(refused(std::string((1 << 22) + 1, ' ')) == "its header of 4194305 bytes exceeds 4194304");

  TensorFile file;
  file.metadata = {{"text", std::string(1 << 22, 'x')}};
  CHECK_THROWS_AS(encode_safetensors(file), Error);
}

TEST_CASE("a file cut anywhere is refused, and lengths beyond it are not followed") {
  const auto whole = encode_safetensors(sample());
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK_THROWS_AS(decode_safetensors(std::span(whole).first(length)), Error);
  auto longer = whole;
  longer.push_back(0);
  CHECK_THROWS_AS(decode_safetensors(longer), Error);
  for (std::uint64_t length :
       {std::uint64_t{1} << 63, ~std::uint64_t{0}, std::uint64_t{90'000'000}}) {
    auto lying = whole;
    std::memcpy(lying.data(), &length, 8);
    CHECK_THROWS_AS(decode_safetensors(lying), Error);
  }
}

TEST_CASE("errors on files name the file") {
  const TemporaryFolder folder;
  save_safetensors(folder / "a.safetensors", sample());
  CHECK(load_safetensors(folder / "a.safetensors").tensors.size() == 4);
  write_file_atomically(folder / "b.safetensors", "short");
  const auto message = message_of<Error>([&] { load_safetensors(folder / "b.safetensors"); });
  CHECK(message.find("b.safetensors") != std::string::npos);
  CHECK_THROWS_AS(load_safetensors(folder / "a.safetensors", 10), Error);
}
