#include "integrad/tests/support/tflite_peer.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "integrad/quant/process.h"
#include "integrad/quant/runner.h"
#include "integrad/tensor/files.h"
#include "integrad/train/tflite/export.h"

namespace integrad {

namespace {

const std::string kSource = INTEGRAD_SOURCE_DIR;

std::string python() {
  if (const char* other = std::getenv("INTEGRAD_PEER_PYTHON")) return other;
  return kSource + "/build/venv/bin/python3";
}

ProgramResult run_python(const std::vector<std::string>& arguments) {
  std::vector<std::string> command{python()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_command(command);
}

}  // namespace

bool have_tflite_peers() {
  static const bool have =
      std::filesystem::exists(python()) &&
      run_python({"-c", "import ai_edge_litert.interpreter, tflite_micro"}).exit_code == 0;
  if (!have)
    MESSAGE(
        "skipped: no python3 with tflite-micro and ai-edge-litert in build/venv "
        "(scripts/test --all makes it)");
  return have;
}

void TflitePeers::add(const std::string& name, const QGraph& program,
                      const Tensor<std::int8_t>& images) {
  const std::vector<std::uint8_t> model = tflite_model(program);
  const auto values = run(program, images, Keep::all);
  std::ostringstream layers;
  for (const QNode& node : program.nodes) {
    layers << node.name << "\t";
    for (const int from : node.inputs) layers << from << " ";
    layers << "\n";
  }
  std::string codes;
  for (Index image = 0; image < images.shape()[0]; ++image)
    for (const Tensor<std::int8_t>& value : values) {
      const Index size = value.size() / images.shape()[0];
      codes.append(reinterpret_cast<const char*>(value.data() + image * size),
                   static_cast<std::size_t>(size));
    }
  const std::filesystem::path folder = root_ / name;
  std::filesystem::create_directory(folder);
  write_file_atomically(folder / "model.tflite", model);
  write_file_atomically(folder / "layers.txt", layers.str());
  write_file_atomically(folder / "codes.bin", codes);
  folders_.push_back(folder.string());
}

ProgramResult TflitePeers::check() const {
  std::vector<std::string> arguments{kSource + "/tests/peers/tflite_check.py"};
  arguments.insert(arguments.end(), folders_.begin(), folders_.end());
  return run_python(arguments);
}

}  // namespace integrad
