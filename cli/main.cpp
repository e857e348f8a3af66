#include "integrad/cli/command.h"

int main(int argc, char** argv) {
  using namespace integrad::cli;
  std::vector<std::unique_ptr<Command>> commands;
  for (auto make :
       {make_data_synthetic, make_data_show, make_train, make_quantize, make_eval, make_predict,
        make_export, make_verify, make_report, make_info, make_golden, make_gradcheck})
    commands.push_back(make());
  return run_program(argc, argv, commands);
}
