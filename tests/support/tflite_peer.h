#pragma once
#include <string>
#include <vector>

#include "integrad/quant/qgraph.h"
#include "integrad/tests/support/program.h"
#include "integrad/tests/support/temporary_folder.h"

namespace integrad {

/// Whether the interpreters of tests/peers/tflite_check.py are installed (scripts/test --all puts
/// them into build/venv; the variable INTEGRAD_PEER_PYTHON names another python3); says so on
/// standard output when not.
bool have_tflite_peers();

/// Programs with images, written as tflite_check.py reads them.
class TflitePeers {
 public:
  /// `images`: codes [n,h,w,c]. Expects what run() computes. Throws Error when the export refuses.
  void add(const std::string& name, const QGraph& program, const Tensor<std::int8_t>& images);
  int size() const { return static_cast<int>(folders_.size()); }
  std::string folder(int number) const { return folders_[static_cast<std::size_t>(number)]; }
  /// Runs the check on all of them.
  ProgramResult check() const;

 private:
  TemporaryFolder root_;
  std::vector<std::string> folders_;
};

}  // namespace integrad
