#include <unistd.h>

#include <cstdlib>

#include "integrad/cli/command.h"

namespace {

// How long a waiting thread spins before it sleeps. OpenMP's default of many milliseconds wastes
// whole cores where the machine has other work: with other programs on both of two cores a
// small training run took 43 s, and 1.8 s with a fifth of a millisecond. At that, on a quiet
// machine, an integer inference of 64x64 often waited 5 ms for a thread to wake; at a millisecond
// it does not. The runtime reads its settings while it is loaded, before any code of ours, so the
// program starts itself once more with them. A user's own settings stay.
void limit_spinning(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  setenv("GOMP_SPINCOUNT", "20000", 1);  // libgomp: 0.3 ms on Zen 4, about 1 ms on Emerald Rapids
  setenv("KMP_BLOCKTIME", "0", 0);       // libomp
  execv("/proc/self/exe", argv);         // where that fails, we go on and wait as we are
}

}  // namespace

int main(int argc, char** argv) {
  using namespace integrad::cli;
  limit_spinning(argv);
  std::vector<std::unique_ptr<Command>> commands;
  for (auto make : {make_data_synthetic, make_data_show, make_train, make_quantize, make_eval,
                    make_threshold, make_predict, make_export, make_verify, make_report,
                    make_compare, make_info, make_golden, make_gradcheck, make_soak})
    commands.push_back(make());
  return run_program(argc, argv, commands);
}
