// Model files that are damaged, hostile or another model's.
#include <doctest/doctest.h>

#include <limits>

#include "integrad/tests/support/program.h"
#include "integrad/tests/support/trained_run.h"
#include "integrad/train/safetensors.h"

using namespace integrad;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A file with this header and so many bytes of data.
std::string safetensors(const std::string& header, std::size_t data_bytes) {
  std::string bytes;
  for (int i = 0; i < 8; ++i)
    bytes += static_cast<char>(static_cast<std::uint64_t>(header.size()) >> (8 * i) & 255);
  return bytes + header + std::string(data_bytes, '\0');
}

std::string tensor(const std::string& shape, const std::string& offsets) {
  return R"({"head/weight":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets +
         "}}";
}

}  // namespace

TEST_CASE("a truncated, oversized or hostile model file is refused, naming it") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  const std::string whole = content(run.int8_model());
  const std::pair<std::string, std::string> files[] = {
      {"empty", ""},
      {"header only", whole.substr(0, 100)},
      {"half", whole.substr(0, whole.size() / 2)},
      {"trailing bytes", whole + "more"},
      {"header beyond the file", std::string("\xff\xff\xff\xff\xff\xff\xff\x7f", 8) + "{}"},
      {"no JSON", safetensors("]]]", 0)},
      {"nested", safetensors(std::string(100000, '['), 0)},
      {"beyond the data", safetensors(tensor("[4]", "[0,16]"), 8)},
      {"backwards", safetensors(tensor("[4]", "[16,0]"), 16)},
      {"overflowing", safetensors(tensor("[4294967296,4294967296,4294967296]", "[0,0]"), 0)},
      {"negative", safetensors(tensor("[-4]", "[0,16]"), 16)},
      {"overlap", safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                              R"("b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
                              12)},
      {"of another program", safetensors(tensor("[4]", "[0,16]"), 16)},
  };
  for (const auto& file : files) {
    const std::string &what = file.first, &bytes = file.second;
    CAPTURE(what);
    const std::string model = (folder / "model.safetensors").string();
    const std::string out = (folder / "device").string();
    write_text(model, bytes);
    CHECK(has(error_of(run_integrad({"info", "--model", model})), model));
    CHECK(has(error_of(run_integrad({"export", "--model", model, "--out", out})), model));
    CHECK_FALSE(std::filesystem::exists(out));
  }
}

TEST_CASE("a model file of another model, or with other tensors, is refused") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  const TensorFile good = load_safetensors(run.float_model());
  const std::string path = (folder / "model.safetensors").string();
  const auto error_with = [&](auto&& change) {
    TensorFile file = good;
    change(file);
    save_safetensors(path, file);
    return error_of(run_integrad({"eval", "--model", path, "--data", run.data()}));
  };
  CHECK(has(error_with([](TensorFile& f) { f.metadata["model"] = "unet"; }), "unet"));
  CHECK(has(error_with([](TensorFile& f) { f.metadata["height"] = "-8"; }), "height"));
  CHECK(has(error_with([](TensorFile& f) { f.metadata["width"] = "99999999999999999999"; }),
            "width"));
  CHECK(has(error_with([](TensorFile& f) { f.metadata["stage"] = "quantized"; }), path));
  const std::string name = good.tensors.front().name;
  CHECK(has(error_with([](TensorFile& f) { f.tensors.erase(f.tensors.begin()); }), name));
  CHECK(has(error_with([](TensorFile& f) { f.tensors.front().value = Tensor<float>({3}); }), name));
  CHECK(has(error_with([](TensorFile& f) {
              std::get<Tensor<float>>(f.tensors.front().value)[0] =
                  std::numeric_limits<float>::quiet_NaN();
            }),
            name));
}

TEST_CASE("a model of the wrong stage is refused with the way out") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  const std::string out = (folder / "out").string();
  CHECK(has(error_of(run_integrad({"verify", "--model", run.float_model(), "--data", run.data()})),
            "integrad quantize"));
  CHECK(has(error_of(run_integrad({"export", "--model", run.float_model(), "--out", out})),
            "quantize"));
  CHECK(has(error_of(run_integrad(
                {"quantize", "--model", run.int8_model(), "--data", run.data(), "--out", out})),
            "float model"));
  CHECK(has(error_of(run_integrad({"eval", "--model", run.int8_model(), "--float", run.int8_model(),
                                   "--data", run.data()})),
            "--float"));
  CHECK_FALSE(std::filesystem::exists(out));
}
